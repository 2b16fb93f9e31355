/** Rigs over one journal on disk, one after the other, as daemons that are killed and started again. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { recover } from '../../src/actors/recovery.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { Store, TaskRecord } from '../../src/store/store.ts'
import { parseStoredFrame } from '../../src/wire/codec.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { rig } from './rig.ts'
import type { Rig, RigOptions } from './rig.ts'

export class Restarts implements Disposable {
  readonly #directory: string
  readonly #options: RigOptions
  #store: Store | undefined
  #starts = 0
  /** Records whose runs' processes were looked for at the last start. */
  ended: readonly TaskRecord[] = []

  constructor(scratch: string, options: RigOptions = {}) {
    this.#directory = mkdtempSync(join(scratch, 'home-'))
    this.#options = options
  }

  /** The store of the next start, without a daemon. */
  open(): Store {
    this.close()
    const opened = openSqliteStore({ directory: this.#directory, durability: 'normal', now: Date.now })
    if (!opened.ok) throw new Error(opened.message)
    this.#store = opened.store
    return opened.store
  }

  /** What lives of the last start is forgotten where it stands; its store is closed, as the kernel would. */
  async start(options: RigOptions = {}): Promise<Rig> {
    const store = this.open()
    const ids = ++this.#starts * 10_000
    const place = rig({ ...this.#options, ...options, store, bind: false, ids })
    this.ended = []
    place.broker.recovered = await recover(place.broker, {
      endLeftovers: (tasks) => {
        this.ended = tasks
        return Promise.resolve(0)
      },
      decodeStored: parseStoredFrame,
    })
    if (options.bind !== false) place.broker.listenersBound()
    return {
      ...place,
      // As clients' own are: unique over all links of a session.
      connect: async (listener) => {
        const client = await place.connect(listener)
        client.prefix = `${client.clientId}-`
        return client
      },
    }
  }

  [Symbol.dispose](): void {
    this.close()
  }

  close(): void {
    this.#store?.close()
    this.#store = undefined
  }
}

/** To be called once by a test file: what it gives is closed after the test that asked for it. */
export function keptRestarts(): (options?: RigOptions) => Restarts {
  const scratch = scratchDirectory()
  const opened: Restarts[] = []
  afterEach(() => {
    for (const one of opened.splice(0)) one.close()
  })
  return (options) => {
    const made = new Restarts(scratch, options)
    opened.push(made)
    return made
  }
}
