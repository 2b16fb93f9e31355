/**
 * Full inspection of one actor, for as long as somebody looks at it: an observer attached late and taken off again, so
 * that no other actor and no other time pays for it. What can happen next is XState's own word.
 */
import { getNextTransitions } from 'xstate'
import type { AnyActorRef, AnyEventObject, AnyMachineSnapshot, AnyTransitionDefinition } from 'xstate'
import type { ActorView, NextTransition, PendingTimer } from './actor-view.ts'
import type { InspectorLimits } from './limits.ts'
import { redactedJson } from './redacted.ts'
import { pathOf } from './state-nodes.ts'
import type { MachineTally } from './tally.ts'

/** One actor that a page looks at. */
export interface Watch extends Disposable {
  /** How it is now; undefined where that is what was last said. */
  news(): ActorView | undefined
}

type WatchLimits = Pick<InspectorLimits, 'frameCharsMax' | 'payloadsMax'>

export class ActorWatch implements Watch {
  readonly #machine: MachineTally
  readonly #id: string
  readonly #limits: WatchLimits
  readonly #now: () => number
  readonly #payloads: { at: number; event: string; json: string }[] = []
  #actor: AnyActorRef | undefined
  #off: (() => void) | undefined
  #shown = ''

  constructor(machine: MachineTally, id: string, limits: WatchLimits, now: () => number) {
    this.#machine = machine
    this.#id = id
    this.#limits = limits
    this.#now = now
    this.#attach()
  }

  /** How it is now; undefined where that is what was last said. An actor of the same id that began again is taken up. */
  news(): ActorView | undefined {
    if (this.#machine.actor(this.#id) !== this.#actor) this.#attach()
    const view = this.#view()
    const shown = JSON.stringify(view)
    if (shown === this.#shown) return undefined
    this.#shown = shown
    return view
  }

  [Symbol.dispose](): void {
    this.#off?.()
    this.#off = undefined
  }

  #attach(): void {
    const actor = this.#machine.actor(this.#id)
    if (actor === undefined) return
    this.#off?.()
    this.#actor = actor
    const subscription = actor.system.inspect({
      next: (inspection) => {
        if (inspection.type === '@xstate.microstep' && inspection.actorRef === actor)
          this.#note(inspection.event)
      },
    })
    this.#off = () => subscription.unsubscribe()
  }

  #note(event: AnyEventObject): void {
    this.#payloads.push({
      at: this.#now(),
      event: event.type,
      json: redactedJson(event, this.#limits.frameCharsMax),
    })
    if (this.#payloads.length > this.#limits.payloadsMax) this.#payloads.shift()
  }

  #view(): ActorView {
    const about = { machine: `callboard/${this.#machine.name}`, id: this.#id, payloads: [...this.#payloads] }
    const snapshot: AnyMachineSnapshot | undefined = this.#actor?.getSnapshot()
    if (this.#actor === undefined || snapshot === undefined)
      return { ...about, alive: false, states: [], context: 'null', next: [], timers: [] }
    const alive = this.#machine.actor(this.#id) === this.#actor
    return {
      ...about,
      alive,
      states: [`${this.#machine.name}.${pathOf(snapshot.value)}`],
      context: redactedJson(snapshot.context, this.#limits.frameCharsMax),
      next: alive ? getNextTransitions(snapshot).map(nextOf) : [],
      timers: alive ? timersOf(this.#actor) : [],
    }
  }
}

function nextOf({ eventType, source, target, guard }: AnyTransitionDefinition): NextTransition {
  return {
    event: eventType,
    source: source.id,
    target: target?.[0]?.id ?? null,
    guard: guard === undefined ? null : nameOf(guard),
  }
}

function nameOf(guard: unknown): string {
  if (typeof guard === 'string') return guard
  return typeof guard === 'object' && guard !== null && 'type' in guard && typeof guard.type === 'string'
    ? guard.type
    : 'inline'
}

function timersOf(actor: AnyActorRef): PendingTimer[] {
  const scheduled = Object.values(actor.system.getSnapshot()._scheduledEvents)
  return scheduled.map(({ event, startedAt, delay }) => ({
    event: event.type,
    endsAt: startedAt + delay,
    delayMs: delay,
  }))
}
