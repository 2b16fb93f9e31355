/**
 * The asks that are open, by id and by task, with their deadlines; and for a while how ended ones ended, so that who
 * answers too late is told who won. Time comes in as an argument. Owner: the broker actor. The trap: an answer's text
 * may be long and secret, so of an ended ask only who ended it and how is kept.
 */
import type { Limits } from '../limits.ts'
import type { Ask, AskOutcome } from '../wire/events.ts'
import { askProblem } from './ask-shape.ts'
import type { Asked, AskShapeLimits } from './ask-shape.ts'

export interface OpenAsk {
  readonly ask: Ask
  /** Its run's own name for it. */
  readonly key: string
}

/** How an ask ended that is remembered. */
export type EndedAsk = Pick<AskOutcome, 'outcome' | 'by' | 'client' | 'automatic'> & { readonly task: string }

export type AsksLimits = AskShapeLimits &
  Pick<Limits, 'asksPerTaskMax' | 'asksRememberedMax' | 'askDeadlineMsMax'>

export type Opened = { readonly ask: Ask } | { readonly problem: string }

export class Asks {
  readonly #limits: AsksLimits
  readonly #byId = new Map<string, OpenAsk>()
  /** Oldest first. */
  readonly #byTask = new Map<string, OpenAsk[]>()
  readonly #ended = new Map<string, EndedAsk>()
  /** Of those that have one. `#earliest` is undefined where it must be looked for. */
  readonly #deadlines = new Map<string, number>()
  #earliest: number | undefined

  constructor(limits: AsksLimits) {
    this.#limits = limits
  }

  get count(): number {
    return this.#byId.size
  }

  /** Why a task may not ask this now, in a sentence; undefined where it may. */
  problem(task: string, key: string, asked: Asked): string | undefined {
    const { asksPerTaskMax } = this.#limits
    const open = this.#byTask.get(task) ?? []
    const problem = askProblem(asked, this.#limits)
    if (problem !== undefined) return problem
    if (open.length >= asksPerTaskMax) return `at most ${asksPerTaskMax} asks of a task are open at once`
    return open.some((one) => one.key === key) ? 'an ask with this name is open already' : undefined
  }

  /** Opens an ask of a task; `id` names it to clients. Refused with a sentence where `problem` has one. */
  open(task: string, key: string, asked: Asked, id: string, now: number): Opened {
    const problem = this.problem(task, key, asked)
    if (problem !== undefined) return { problem }
    const { askDeadlineMsMax } = this.#limits
    const { kind, text, options, fields, deadlineMs } = asked
    const ask: Ask = {
      id,
      task,
      kind,
      text,
      ...(options === undefined ? {} : { options: [...options] }),
      ...(fields === undefined ? {} : { fields: [...fields] }),
      askedAt: now,
      ...(deadlineMs === undefined ? {} : { deadline: now + Math.min(deadlineMs, askDeadlineMsMax) }),
    }
    this.#put({ ask, key }, this.#byTask.get(task)?.length ?? 0)
    return { ask }
  }

  find(id: string): OpenAsk | undefined {
    return this.#byId.get(id)
  }

  /** A task's ask by its run's own name for it. */
  byKey(task: string, key: string): OpenAsk | undefined {
    return this.#byTask.get(task)?.find((one) => one.key === key)
  }

  /** A task's open asks, oldest first. */
  of(task: string): readonly Ask[] {
    return this.#byTask.get(task)?.map(({ ask }) => ask) ?? []
  }

  /** How an ask ended, as long as that is remembered. */
  ended(id: string): EndedAsk | undefined {
    return this.#ended.get(id)
  }

  /** Remembers how an ask ended that was never open here: its task's earlier daemon died. */
  note(id: string, ended: EndedAsk): void {
    this.#remember(id, ended)
  }

  /** Ends an open ask; undefined where none is open by this id. The function given back opens it again. */
  resolve(id: string, how: Omit<EndedAsk, 'task'>): (() => void) | undefined {
    const taken = this.#take(id)
    if (taken === undefined) return undefined
    const { open, at } = taken
    const { outcome, by, client, automatic } = how
    this.#remember(id, {
      task: open.ask.task,
      outcome,
      ...(by === undefined ? {} : { by }),
      ...(client === undefined ? {} : { client }),
      ...(automatic === undefined ? {} : { automatic }),
    })
    return () => {
      this.#ended.delete(id)
      this.#put(open, at)
    }
  }

  /** Takes an ask back that was opened for nothing: it never was. */
  drop(id: string): void {
    this.#take(id)
  }

  /** The earliest deadline of all: milliseconds since the Unix epoch. */
  get nextDeadline(): number | undefined {
    if (this.#deadlines.size === 0) return undefined
    this.#earliest ??= [...this.#deadlines.values()].reduce((one, other) => Math.min(one, other))
    return this.#earliest
  }

  /** Those whose deadline has come, by deadline. */
  due(now: number): readonly OpenAsk[] {
    const late = [...this.#deadlines].filter(([, deadline]) => deadline <= now)
    return late.toSorted(([, one], [, other]) => one - other).flatMap(([id]) => this.#byId.get(id) ?? [])
  }

  #put(open: OpenAsk, at: number): void {
    const { id, task, deadline } = open.ask
    this.#byId.set(id, open)
    const ofTask = this.#byTask.get(task) ?? []
    ofTask.splice(at, 0, open)
    this.#byTask.set(task, ofTask)
    if (deadline === undefined) return
    this.#deadlines.set(id, deadline)
    this.#earliest = undefined
  }

  #take(id: string): { readonly open: OpenAsk; readonly at: number } | undefined {
    const open = this.#byId.get(id)
    if (open === undefined) return undefined
    this.#byId.delete(id)
    const ofTask = this.#byTask.get(open.ask.task) ?? []
    const at = ofTask.indexOf(open)
    ofTask.splice(at, 1)
    if (ofTask.length === 0) this.#byTask.delete(open.ask.task)
    if (this.#deadlines.delete(id)) this.#earliest = undefined
    return { open, at }
  }

  #remember(id: string, ended: EndedAsk): void {
    this.#ended.set(id, ended)
    if (this.#ended.size <= this.#limits.asksRememberedMax) return
    for (const oldest of this.#ended.keys()) {
      this.#ended.delete(oldest)
      return
    }
  }
}
