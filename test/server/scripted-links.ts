/** The clients of an IpcServer over links that a test moves by hand. */
import { SimulatedClock } from 'xstate'
import { vi } from 'vitest'
import { limits as defaults } from '../../src/limits.ts'
import type { Limits } from '../../src/limits.ts'
import { AcceptedClients } from '../../src/server/accepted-clients.ts'
import type { ClientsOwner } from '../../src/server/accepted-clients.ts'
import { libraryLog } from '../../src/server/library-log.ts'
import type { Link, LinkHandlers } from '../../src/transport/transport.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import { frameTextOf } from '../../src/wire/library/frame.ts'
import { started } from './library-pair.ts'

/** One frame of a letter, and a slab of its size. */
export const frameOf = (letter: string): string => frameTextOf(started(letter))
export const slabBytes = Buffer.byteLength(frameOf('a'))

/** A socket that takes everything, or holds what was written last until it is let go on. */
export class ScriptedLink implements Link {
  readonly written: Uint8Array[] = []
  readonly end = vi.fn<() => void>()
  readonly destroy = vi.fn<() => void>()
  readonly pause = vi.fn<() => void>()
  readonly resume = vi.fn<() => void>()
  heldBytes = 0
  handlers: LinkHandlers | undefined
  #isStuck = false

  write(bytes: Uint8Array): boolean {
    this.written.push(bytes)
    if (this.#isStuck) this.heldBytes += bytes.length
    return this.heldBytes === 0
  }

  stick(): void {
    this.#isStuck = true
  }

  goOn(): void {
    this.#isStuck = false
    this.heldBytes = 0
    this.handlers?.drained()
  }
}

/** The clients of a server, what the program was told of them, and what was logged. */
export function accepting(changed: Partial<Limits> = {}, owner: Partial<ClientsOwner> = {}) {
  const told: string[] = []
  const ids: string[] = []
  /** Of each link's machine. */
  const actors: WeakRef<object>[] = []
  const log = vi.fn<(line: unknown) => void>()
  const clients = new AcceptedClients({
    path: '/s',
    codec: canonicalCodec,
    limits: { ...defaults, slabBytes, ...changed },
    log: libraryLog(log),
    owner: {
      connected: (clientId) => {
        ids.push(clientId)
        told.push('connected')
      },
      disconnected: () => told.push('disconnected'),
      commanded: () => true,
      ...owner,
    },
    actors: {
      clock: new SimulatedClock(),
      inspect: ({ type, actorRef }) => {
        if (type === '@xstate.actor') actors.push(new WeakRef(actorRef))
      },
    },
  })
  const accept = (link: ScriptedLink): ScriptedLink => {
    link.handlers = clients.acceptLink(link)
    link.written.length = 0
    return link
  }
  const say = (letter: string, times: number): void => {
    for (let time = 0; time < times; time++) clients.broadcast(frameOf(letter))
  }
  return { clients, told, ids, actors, log, accept, say }
}
