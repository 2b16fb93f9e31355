/** What a client is made with: its options, and what they become once every default is filled in. */
import type { Timers } from '../actors/client-actor.ts'
import { limits } from '../limits.ts'
import type { Limits } from '../limits.ts'
import { nodeIpcTransport } from '../transport/node-ipc.ts'
import type { Transport } from '../transport/transport.ts'

/** The bounds that a client keeps. */
export type ClientLimits = Pick<
  Limits,
  | 'reconnectFirstMs'
  | 'reconnectLastMs'
  | 'clientAckTimeoutMs'
  | 'replyTimeoutMs'
  | 'clientEventsWaiting'
  | 'clientRequestsMax'
  | 'requestIdCharsMax'
  | 'frameInBytesMax'
  | 'lagHighBytes'
  | 'linkDrainMs'
>

export interface CallboardClientOptions {
  readonly socketPath: string
  /** Hello's client.name. */
  readonly name?: string
  readonly version?: string
  readonly role?: 'client' | 'observer'
  /** The value of CALLBOARD_TASK where this program runs inside a task. */
  readonly task?: string | undefined
  readonly transport?: Transport
  /** Attempts in a row before it gives up; null, the default: never; 1: no retry. */
  readonly attemptsMax?: number | null
  /** From 0 to below 1: the jitter of the back-off. */
  readonly random?: () => number
  readonly clock?: Timers
  /** Milliseconds. */
  readonly now?: () => number
  /** Ids of requests: different each time, within `requestIdCharsMax`. */
  readonly newId?: () => string
  readonly limits?: Partial<ClientLimits>
}

export interface ClientSettings {
  readonly socketPath: string
  readonly name: string
  readonly version: string
  readonly role: 'client' | 'observer' | undefined
  readonly task: string | undefined
  readonly transport: Transport
  readonly attemptsMax: number | null
  readonly random: () => number
  readonly clock: Timers
  readonly now: () => number
  readonly newId: () => string
  readonly limits: ClientLimits
}

/** Timers of the program. They are cleared when the client closes; until then they keep it alive, as its link does. */
const systemTimers: Timers = { setTimeout, clearTimeout }

export function clientSettings(options: CallboardClientOptions): ClientSettings {
  return {
    socketPath: options.socketPath,
    name: options.name ?? 'callboard-client',
    version: options.version ?? 'unknown',
    role: options.role,
    task: options.task,
    transport: options.transport ?? nodeIpcTransport,
    attemptsMax: options.attemptsMax ?? null,
    random: options.random ?? Math.random,
    clock: options.clock ?? systemTimers,
    now: options.now ?? (() => performance.now()),
    newId: options.newId ?? (() => crypto.randomUUID()),
    limits: { ...limits, ...options.limits },
  }
}
