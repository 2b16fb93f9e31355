/**
 * What the page needs of the daemon: types only. The daemon gives it (daemon/inspection.ts); the inspector knows no
 * broker, no connection and no task but by this.
 */
import type { Chart } from './chart.ts'
import type { Tally } from './tally.ts'

export interface Identity {
  readonly version: string
  readonly pid: number
  readonly epoch: string
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number
}

/** The daemon in figures. */
export interface Meters {
  readonly state: string
  readonly connections: number
  /** Tasks by state. */
  readonly tasks: Readonly<Record<string, number>>
  readonly head: number
  readonly firstAvailable: number
  /** Events times their readers, since the start. */
  readonly deliveries: number
  readonly lanes: number
  readonly journalBytes: number
  readonly tailBytes: number
  readonly tailBytesMax: number
  readonly durability: string
  readonly rssBytes: number
  readonly heapUsedBytes: number
}

/** One connection, from its acceptance to its end. */
export interface ClientRow {
  readonly clientId: string
  readonly name?: string
  readonly version?: string
  readonly listener: string
  readonly framing: string
  readonly vocabulary: string
  readonly role: string
  readonly native: boolean
  readonly state: string
  readonly since: number
  readonly subscription: string
  /** Everything up to here has been handed over. */
  readonly cursor: number
  readonly lagBytes: number
  readonly lagEvents: number
  readonly outboxBytes: number
  /** Milliseconds since the Unix epoch, while it is congested. */
  readonly congestedSince?: number
  /** Bytes since its beginning, where it goes over a socket. */
  readonly bytesOut?: number
  readonly bytesIn?: number
  readonly currentTask?: string
  readonly refusedFrames: number
}

/** A journaled event; its frame cut to `frameCharsMax`. */
export interface EventRow {
  readonly seq: number
  readonly task: string
  readonly name: string
  readonly at: number
  readonly by?: string
  readonly causedBy?: string
  readonly frame: string
}

export interface EventQuery {
  /** Undefined: of every task. */
  readonly task?: string | undefined
  readonly after: number
  readonly countMax: number
  /** Without them `frame` is empty: reading them is most of the cost. */
  readonly frames: boolean
}

export type CommandReply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } }

export interface Sight {
  readonly identity: Identity
  readonly tally: Tally
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** The journal's last sequence. */
  head(): number
  meters(): Meters
  clients(): readonly ClientRow[]
  /** As ListTasks shows them; of those that do not live the newest. */
  tasks(): readonly unknown[]
  /** In order; what is no longer kept is left out. */
  events(query: EventQuery): readonly EventRow[]
  /** Does a client's command as the client `inspector`. Never rejects. */
  command(command: unknown): Promise<CommandReply>
  /** Closes a connection; false where there is none. */
  close(clientId: string): boolean
}

/** A machine as the page shows it: a daemon's own has the namespace `callboard`. */
export interface ShownMachine {
  readonly key: string
  readonly namespace: string
  readonly chart: Chart
}

/** How often which. `leaves`: who stands where, in the order of the chart's states without states inside. */
export interface Counts {
  readonly key: string
  readonly leaves: readonly number[]
  /** In the order of the chart's transitions, state by state. */
  readonly edges: readonly number[]
  readonly refused: number
}
