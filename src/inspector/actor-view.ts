/** What a page is told of the one actor that it shows. Types alone: the page has them too. */

/** What the page is told of the actor that it shows. */
export interface ActorView {
  readonly machine: string
  readonly id: string
  readonly alive: boolean
  /** Ids of the innermost states it is in. */
  readonly states: readonly string[]
  /** JSON without secrets. */
  readonly context: string
  readonly next: readonly NextTransition[]
  readonly timers: readonly PendingTimer[]
  /** Payloads of the events that came while it was looked at, newest last. */
  readonly payloads: readonly { readonly at: number; readonly event: string; readonly json: string }[]
}

export interface NextTransition {
  readonly event: string
  readonly source: string
  readonly target: string | null
  readonly guard: string | null
}

export interface PendingTimer {
  readonly event: string
  /** Milliseconds since the Unix epoch. */
  readonly endsAt: number
  readonly delayMs: number
}
