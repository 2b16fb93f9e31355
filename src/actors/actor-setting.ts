/**
 * What actors of the server run in: the program's timers and nobody who watches, unless a test gives a simulated clock
 * and notes the edges that are taken.
 */
import type { ActorOptions, AnyActorLogic, AnyStateMachine } from 'xstate'

export interface ActorSetting extends Pick<ActorOptions<AnyActorLogic>, 'clock' | 'inspect'> {
  /** Counts what actors of a machine do. Called once for each machine, with its effects, before any of them is made. */
  readonly count?: (machine: AnyStateMachine) => void
}
