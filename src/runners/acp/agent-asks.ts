/**
 * What an agent waits for somebody to say: permissions and questions, as asks of the run. Every request of the agent is
 * answered exactly once: by a person, by the agent's own withdrawal, or by the end of the turn.
 */
import { limits as defaults } from '../../limits.ts'
import { accepted } from '../../wire/rejection.ts'
import { AgentRefusal, invalidParams } from './failure.ts'
import { cutText, objectAt, objectsAt, textAt } from './fields.ts'
import { questionOf } from './elicitation.ts'
import type { Limits } from '../../limits.ts'
import type { AskOption } from '../../wire/events.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import type { AskAnswer, RunAsk, RunEvents } from '../runner.ts'
import type { Updates } from './updates.ts'

export interface AgentAsksOptions {
  readonly events: Pick<RunEvents, 'asked' | 'withdrew' | 'nextTs'>
  readonly updates: Updates
  readonly limits: Pick<Limits, 'askTextCharsMax' | 'askOptionsMax'>
}

/** `given up`: nobody is asked any more, or could be. */
type Said = AskAnswer | { readonly kind: 'given up' }

export class AgentAsks {
  readonly #options: AgentAsksOptions
  readonly #open = new Map<string, (said: Said) => void>()
  #count = 0
  #isCancelled = false

  constructor(options: AgentAsksOptions) {
    this.#options = options
  }

  /** Answers session/request_permission. After a cancel nobody is asked. */
  async permission(params: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const cancelled = { outcome: { outcome: 'cancelled' } }
    const { updates, limits } = this.#options
    const given = (objectsAt(params, 'options', limits.askOptionsMax) ?? []).filter(
      (one) => 'optionId' in one,
    )
    if (this.#isCancelled || given.length === 0) return cancelled
    const call = objectAt(params, 'toolCall')
    const options = given.map(optionOf)
    const said = await this.#ask(() => {
      const message = updates.calls.asked(call)
      const text = cutText(updates.calls.titleOf(call), limits.askTextCharsMax)
      return { kind: 'approval', text, options, message }
    }, signal)
    const option = said.kind === 'answered' ? said.option : undefined
    const chosen = said.kind === 'expired' ? options.find(({ meaning }) => meaning === 'deny')?.id : option
    return chosen === undefined ? cancelled : { outcome: { outcome: 'selected', optionId: chosen } }
  }

  /** Answers elicitation/create. */
  async elicitation(params: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const { updates, limits, events } = this.#options
    const question = questionOf(params, limits)
    if (question === undefined) throw new AgentRefusal(invalidParams, 'Elicitation is by form or url only')
    if (this.#isCancelled) return { action: 'cancel' }
    const said = await this.#ask(() => {
      updates.endSpeech()
      const message = { ts: events.nextTs(), type: 'ask', ...question.message, partial: false } as const
      return { ...question.ask, message: { action: 'created', message } }
    }, signal)
    return said.kind === 'given up' ? { action: 'cancel' } : question.answered(said)
  }

  answer(key: string, answer: AskAnswer): void {
    this.#settle(key, answer)
  }

  /** Nobody is asked any more: what is open is answered so. */
  cancelAll(): void {
    this.#isCancelled = true
    for (const key of [...this.#open.keys()]) this.#withdraw(key)
  }

  async #ask(make: () => Omit<RunAsk, 'key'>, signal: AbortSignal): Promise<Said> {
    const { events, updates } = this.#options
    const key = String((this.#count += 1))
    const { promise, resolve } = Promise.withResolvers<Said>()
    this.#open.set(key, resolve)
    const ask = make()
    // What was told before it must be in the journal before it.
    updates.outgoing.flush()
    const asked = signal.aborted ? accepted(undefined) : events.asked({ key, ...ask })
    if (!asked.ok) {
      this.#settle(key, { kind: 'given up' })
      updates.note('error', `The agent could not ask: ${asked.error.message}`)
      updates.outgoing.flush()
    }
    const withdraw = (): void => this.#withdraw(key)
    if (signal.aborted) withdraw()
    signal.addEventListener('abort', withdraw, { once: true })
    const said = await promise
    signal.removeEventListener('abort', withdraw)
    if (signal.aborted) throw new DOMException('The agent withdrew its request', 'AbortError')
    return said
  }

  #withdraw(key: string): void {
    if (this.#open.has(key)) this.#options.events.withdrew(key)
    this.#settle(key, { kind: 'given up' })
  }

  #settle(key: string, said: Said): void {
    const resolve = this.#open.get(key)
    this.#open.delete(key)
    resolve?.(said)
  }
}

function optionOf(given: JsonObject): AskOption {
  const id = textAt(given, 'optionId') ?? ''
  const kind = textAt(given, 'kind') ?? ''
  const label = cutText(textAt(given, 'name') ?? id, defaults.agentWordsCharsMax)
  if (kind.startsWith('allow')) return { id, label, meaning: 'allow' }
  return kind.startsWith('reject') ? { id, label, meaning: 'deny' } : { id, label }
}
