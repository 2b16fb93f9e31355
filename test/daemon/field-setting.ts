/**
 * A daemon for unmodified clients of one published version: profiles to choose from, a listener for older ones, and
 * the judgement after each test that every frame was one that the client's own schema takes.
 */
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { published115, published163, published189 } from '../wire/vocabulary/published.ts'
import type { Published } from '../wire/vocabulary/published.ts'
import { startDaemonProcess } from './daemon-process.ts'
import type { DaemonPlace, DaemonProcess } from './daemon-process.ts'
import { RooClient } from './roo-client.ts'

const shell = (script: string): object => ({ runner: 'command', command: ['sh', '-c', script] })
/** Profiles by what they do; a mode that is none of them gets the default one. */
export const config = {
  defaultProfile: 'work',
  profiles: {
    work: shell('echo to stdout; echo to stderr >&2'),
    wait: { runner: 'command', command: ['sleep', '60'] },
    fail: shell('echo wrong; exit 3'),
    talk: { ...shell('read line; echo "heard $line"'), stdin: 'open' },
    again: shell('sleep 0.1; echo again'),
  },
}

export interface Field {
  readonly version: string
  readonly published: Published
  readonly isNewer: boolean
}

export const newest: Field = { version: '1.115.0', published: published115, isNewer: true }
export const fields: readonly Field[] = [
  newest,
  { version: '1.89.0', published: published189, isNewer: false },
  { version: '1.63.0', published: published163, isNewer: false },
]

export const startForField = async (place?: DaemonPlace): Promise<DaemonProcess> =>
  await startDaemonProcess({
    config,
    args: ['--listen', 'node-ipc+roo-1.89:{dir}/old.sock'],
    ...(place === undefined ? {} : { place }),
  })

/** One daemon for the tests of a version; what its clients were sent is judged after each. */
export class FieldSetting {
  readonly #field: Field
  readonly #clients: RooClient[] = []
  #daemon: DaemonProcess | undefined

  constructor(field: Field) {
    this.#field = field
    beforeAll(async () => {
      this.#daemon = await startForField()
    })
    afterEach(() => {
      const refused = this.#clients.flatMap((client) => client.refused)
      for (const client of this.#clients.splice(0)) client.disconnect()
      expect(refused, 'frames that the published schema does not take').toEqual([])
    })
    afterAll(async () => await this.#daemon?.[Symbol.asyncDispose]())
  }

  get daemon(): DaemonProcess {
    if (this.#daemon === undefined) throw new Error('no daemon yet')
    return this.#daemon
  }

  async open(daemon = this.daemon): Promise<RooClient> {
    const client = await RooClient.open(socketOf(this.#field, daemon), this.#field.published)
    this.#clients.push(client)
    return client
  }
}

/** Older clients have a listener of their own. */
export function socketOf({ isNewer }: Field, { place }: DaemonProcess): string {
  return isNewer ? place.socketPath : `${place.dir}/old.sock`
}
