/**
 * What actors of the server run in: the program's timers and nobody who watches, unless a test gives a simulated clock
 * and notes the edges that are taken.
 */
import type { ActorOptions, AnyActorLogic } from 'xstate'

export type ActorSetting = Pick<ActorOptions<AnyActorLogic>, 'clock' | 'inspect'>
