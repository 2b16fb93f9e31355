/**
 * What tasks ask, from the run that asks to the run that is answered. An ask and how it ends are journaled and in the
 * task's record before a run hears of it: all here runs in an open transaction. `taskInteractive` comes with the first
 * open ask, `taskActive` when none is left.
 */
import { allowing, denying } from '../broker/ask-shape.ts'
import { Asks } from '../broker/asks.ts'
import type { EndedAsk, OpenAsk } from '../broker/asks.ts'
import type { AskAnswer, RunAsk } from '../runners/runner.ts'
import type { AskOption, AskOutcome } from '../wire/events.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { Broker } from './broker-actor.ts'
import type { Cause, LiveTask } from './live-task.ts'
import * as orders from './task-events.ts'
import { nativeWatches } from './who-watches.ts'

/** An answer as the run gets it. */
type Answered = AskAnswer & { readonly kind: 'answered' }
/** Who answered: a client, or nobody where it was answered by itself. */
export type Answerer = Pick<AskOutcome, 'by' | 'client' | 'automatic'>

export class Asking {
  readonly #broker: Broker
  readonly #asks: Asks

  constructor(broker: Broker) {
    this.#broker = broker
    this.#asks = new Asks(broker.parts.limits)
  }

  find(id: string): OpenAsk | undefined {
    return this.#asks.find(id)
  }

  ended(id: string): EndedAsk | undefined {
    return this.#asks.ended(id)
  }

  /** An ask of a run that an earlier daemon took with it. */
  interrupted(task: string, id: string): void {
    this.#asks.note(id, { task, outcome: 'interrupted' })
  }

  /** The oldest question of a task: text answers it. */
  question(task: string): OpenAsk | undefined {
    const ask = this.#asks.of(task).find(({ kind }) => kind === 'question')
    return ask === undefined ? undefined : this.#asks.find(ask.id)
  }

  get nextDeadline(): number | undefined {
    return this.#asks.nextDeadline
  }

  /** A run asks. `step` does it as a transaction, at once or when the store takes one again. */
  asked(task: LiveTask, ask: RunAsk, step: (work: () => void) => void): Outcome<void> {
    const problem = this.#asks.problem(task.id, ask.key, ask)
    if (problem !== undefined) return refused('limit_exceeded', problem)
    step(() => this.#open(task, ask))
    return accepted(undefined)
  }

  /** A run no longer waits for an answer. */
  withdrew(task: LiveTask, key: string): void {
    const open = this.#asks.byKey(task.id, key)
    if (open !== undefined) this.#end(task, open, { id: open.ask.id, outcome: 'withdrawn' }, {})
  }

  /** Its run has ended, or is about to be given up: nobody waits for what is still open. */
  runEnded(task: LiveTask): void {
    for (const { id } of this.#asks.of(task.id)) {
      const open = this.#asks.find(id)
      if (open !== undefined) this.#resolve(task, open, { id, outcome: 'withdrawn' }, {})
    }
  }

  /** Answers an open ask; the answer fits it: that has been checked. */
  answer(task: LiveTask, open: OpenAsk, said: Omit<Answered, 'kind'>, who: Answerer, cause: Cause): void {
    const { id } = open.ask
    const values = said.values === undefined ? {} : { values: { ...said.values } }
    this.#end(task, open, { id, outcome: 'answered', ...said, ...values, ...who }, cause)
    this.#tell(task, open.key, { kind: 'answered', ...said })
  }

  /** Ends the asks whose deadline has come. */
  expire(now: number): void {
    for (const open of this.#asks.due(now)) {
      const task = this.#broker.tasks.live(open.ask.task)
      if (task === undefined) continue
      this.#end(task, open, { id: open.ask.id, outcome: 'expired' }, {})
      this.#tell(task, open.key, { kind: 'expired' })
    }
  }

  /** Answers what a lease on the task answers by itself; then what the profile says where only legacy clients watch. */
  answerByItself(task: LiveTask): void {
    for (const ask of this.#asks.of(task.id)) {
      const open = this.#asks.find(ask.id)
      const answer = this.#automatic(task, open)
      if (open === undefined || answer === undefined) continue
      const { option, who } = answer
      this.answer(
        task,
        open,
        { option: option.id },
        { ...who, automatic: true },
        who.by === undefined ? {} : { by: who.by },
      )
    }
  }

  #automatic(
    task: LiveTask,
    open: OpenAsk | undefined,
  ): { readonly option: AskOption; readonly who: Answerer } | undefined {
    if (open === undefined) return undefined
    const { ask } = open
    const lease = this.#broker.leases.approving(task.id, ask.kind)
    const allowed = lease === undefined ? undefined : allowing(ask)
    if (lease !== undefined && allowed !== undefined) {
      const { clientId: by, client } = lease
      return { option: allowed, who: { by, ...(client === undefined ? {} : { client }) } }
    }
    const word = task.callboard.legacyAsks ?? 'wait'
    // What a message answers, legacy clients can answer themselves.
    if (word === 'wait' || ask.kind === 'question' || nativeWatches(this.#broker, task)) return undefined
    const option = word === 'allow' ? allowing(ask) : denying(ask)
    return option === undefined ? undefined : { option, who: {} }
  }

  #open(task: LiveTask, asked: RunAsk): void {
    const { transactions, tasks, parts, deadlines } = this.#broker
    const { current } = transactions
    const opened = this.#asks.open(task.id, asked.key, asked, parts.newMessageId(), parts.now())
    // It fitted when it was asked: meanwhile others did too, while the store took nothing.
    if ('problem' in opened) return this.#tell(task, asked.key, { kind: 'expired' })
    const { ask } = opened
    current.undo(task.memento())
    current.undo(() => this.#asks.drop(ask.id))
    task.asks = this.#asks.of(task.id)
    tasks.announce(task, orders.asked(asked.message, ask), {})
    tasks.send(task, { type: 'ask.opened' })
    current.afterCommit(() => deadlines.arm())
    this.answerByItself(task)
  }

  /** Ends an ask and, where it was the last one, the waiting. */
  #end(task: LiveTask, open: OpenAsk, outcome: AskOutcome, cause: Cause): void {
    const { tasks } = this.#broker
    this.#resolve(task, open, outcome, cause)
    if (task.asks.length > 0) return
    const own = task.cause
    tasks.send(task, { type: 'asks.answered' }, cause)
    // What the run does from here on is its own doing.
    task.cause = own
  }

  #resolve(task: LiveTask, open: OpenAsk, outcome: AskOutcome, cause: Cause): void {
    const { transactions, tasks, deadlines } = this.#broker
    const { current } = transactions
    current.undo(task.memento())
    const reopen = this.#asks.resolve(open.ask.id, outcome)
    if (reopen === undefined) return
    current.undo(reopen)
    task.asks = this.#asks.of(task.id)
    tasks.announce(
      task,
      orders.askEnded(open.ask, outcome, () => task.nextTs()),
      cause,
    )
    tasks.touch(task)
    current.afterCommit(() => deadlines.arm())
  }

  #tell(task: LiveTask, key: string, answer: AskAnswer): void {
    this.#broker.tasks.runs.afterCommit(task, () => task.run?.answer(key, answer))
  }
}
