/**
 * Gives machines/client.ts its effects. Owner: the client's session in src/client. The effects are provided once;
 * which client's they are is looked up by its id. They run inside a transition: they must not read the actor's state.
 */
import { createActor } from 'xstate'
import type { Actor, ActorOptions, AnyActorLogic } from 'xstate'
import { clientMachine } from '../../machines/client.ts'
import type { ClientContext, ClientEvent, ClientInput } from '../../machines/client.ts'

/** Timers as XState takes them: those of the program, or a SimulatedClock. */
export type Timers = NonNullable<ActorOptions<AnyActorLogic>['clock']>

export interface ClientEffects {
  dial(): void
  greet(): void
  resumeSession(): void
  suspendRequests(): void
  /** `failures`: attempts that failed in a row before this wait. */
  armBackOff(failures: number): void
  disarmBackOff(): void
  hangUp(): void
  release(): void
  /** One of the above threw. The actor is dead. */
  faulted(error: unknown): void
}

export type ClientState = 'offline' | 'connecting' | 'ready' | 'backingOff' | 'closed'

export interface ClientActor {
  readonly state: ClientState
  /** After the client has closed, nothing. */
  send(event: ClientEvent): void
}

const effectsById = new Map<string, ClientEffects>()

const machine = clientMachine.provide({
  actions: {
    dial: ({ context }) => effectsOf(context)?.dial(),
    greet: ({ context }) => effectsOf(context)?.greet(),
    resumeSession: ({ context }) => effectsOf(context)?.resumeSession(),
    suspendRequests: ({ context }) => effectsOf(context)?.suspendRequests(),
    armBackOff: ({ context }) => effectsOf(context)?.armBackOff(context.failures),
    disarmBackOff: ({ context }) => effectsOf(context)?.disarmBackOff(),
    hangUp: ({ context }) => effectsOf(context)?.hangUp(),
    release: ({ context }) => effectsOf(context)?.release(),
  },
})

function effectsOf(context: ClientContext): ClientEffects | undefined {
  return effectsById.get(context.id)
}

/** Starts a client's machine. Its entry in the table goes when it closes. */
export function startClientActor(input: ClientInput, effects: ClientEffects, clock: Timers): ClientActor {
  effectsById.set(input.id, effects)
  const actor = createActor(machine, { input, clock })
  actor.subscribe({
    complete: () => effectsById.delete(input.id),
    error: (error) => {
      effectsById.delete(input.id)
      effects.faulted(error)
    },
  })
  actor.start()
  return {
    get state() {
      return stateOf(actor)
    },
    send: (event) => {
      if (actor.getSnapshot().status === 'active') actor.send(event)
    },
  }
}

function stateOf(actor: Actor<typeof machine>): ClientState {
  const snapshot = actor.getSnapshot()
  if (snapshot.status === 'error') return 'closed'
  return typeof snapshot.value === 'string' ? snapshot.value : 'connecting'
}
