/**
 * From what an agent tells of its session to the events of its task: one case for each kind of update. A kind that is
 * not known here is kept as the agent said it.
 */
import { limits as defaults } from '../../limits.ts'
import { contentOf } from './content.ts'
import { cutText, numberAt, objectAt, objectsAt, textAt } from './fields.ts'
import { AgentOffers } from './offers.ts'
import { Outgoing } from './outgoing.ts'
import { Spoken } from './spoken.ts'
import { ToolCalls } from './tool-calls.ts'
import type { Limits } from '../../limits.ts'
import type { TaskEvent, TokenUsage, ToolUsage } from '../../wire/events.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import type { Clock } from '../clock.ts'
import type { SpokenKind } from './spoken.ts'

export interface UpdatesOptions {
  readonly taskId: string
  readonly cwd: string
  readonly limits: Pick<
    Limits,
    | 'messageUpdateMs'
    | 'agentMessageChars'
    | 'agentToolCharsMax'
    | 'agentToolCallsKnown'
    | 'agentUpdateBytesMax'
    | 'agentOffersMax'
  >
  readonly clock: Clock
  nextTs(): number
  announced(events: readonly TaskEvent[]): void
}

export class Updates {
  readonly outgoing: Outgoing
  readonly calls: ToolCalls
  readonly offers: AgentOffers
  readonly #options: UpdatesOptions
  readonly #spoken: Spoken
  #tokens: TokenUsage = { totalTokensIn: 0, totalTokensOut: 0, totalCost: 0, contextTokens: 0 }
  /** What comes is the history of an earlier run: it has been told. */
  #isReplayed = false

  constructor(options: UpdatesOptions) {
    this.#options = options
    const { taskId, cwd, limits } = options
    const nextTs = (): number => options.nextTs()
    this.outgoing = new Outgoing({ ...options, announced: (events) => options.announced(events) })
    this.#spoken = new Spoken({ limits, outgoing: this.outgoing, nextTs })
    this.calls = new ToolCalls({ taskId, cwd, limits, outgoing: this.outgoing, nextTs })
    this.offers = new AgentOffers(limits.agentOffersMax)
  }

  /** What it took so far. */
  get usage(): { readonly tokens: TokenUsage; readonly tools: ToolUsage } {
    return { tokens: this.#tokens, tools: this.calls.usage }
  }

  /** Until `live`, what comes is history. */
  replay(): void {
    this.#isReplayed = true
  }

  live(): void {
    this.#isReplayed = false
  }

  /** A turn has ended: nothing of it goes on. Its last words, where nothing came after them. */
  endTurn(): { readonly ts: number; readonly text: string } | undefined {
    this.#spoken.close()
    this.calls.closeAll()
    const { last } = this.#spoken
    this.#spoken.interrupt()
    this.outgoing.flush()
    return last
  }

  /** Something else is told now. */
  endSpeech(): void {
    this.#spoken.interrupt()
  }

  /** A sentence of ours. */
  note(say: 'text' | 'error' | 'rooignore_error', text: string): void {
    this.#spoken.interrupt()
    this.outgoing.create({ ts: this.#options.nextTs(), type: 'say', say, text, partial: false })
  }

  /** The `update` of one session/update. */
  take(update: JsonObject): void {
    const kind = textAt(update, 'sessionUpdate')
    switch (kind) {
      case 'agent_message_chunk':
        return this.#say('text', update)
      case 'agent_thought_chunk':
        return this.#say('reasoning', update)
      case 'user_message_chunk':
        // The prompt comes back to us: it is in the journal as what its client sent.
        return
      case 'tool_call':
      case 'tool_call_update':
        if (!this.#isReplayed) this.#spoken.interrupt()
        return this.calls.take(update, this.#isReplayed)
      case 'plan':
        return this.#plan(update)
      case 'available_commands_update':
        return this.offers.takeCommands(update)
      case 'current_mode_update':
        return this.#mode(
          () => this.offers.takeMode(textAt(update, 'currentModeId') ?? ''),
          textAt(update, 'currentModeId'),
        )
      case 'config_option_update':
        return this.#mode(() => this.offers.takeOptions(update))
      case 'usage_update':
        return this.#usage(update)
      default:
        return this.keep(update)
    }
  }

  /** What the answer to a prompt says of its use, where it says something. */
  takeTurnUsage(answer: JsonObject): void {
    const usage = objectAt(answer, 'usage')
    const { totalTokensIn, totalTokensOut, totalCacheReads = 0, totalCacheWrites = 0 } = this.#tokens
    const [reads, writes] = [numberAt(usage, 'cachedReadTokens'), numberAt(usage, 'cachedWriteTokens')]
    this.#tokens = {
      ...this.#tokens,
      totalTokensIn: totalTokensIn + (numberAt(usage, 'inputTokens') ?? 0),
      totalTokensOut: totalTokensOut + (numberAt(usage, 'outputTokens') ?? 0),
      ...(reads === undefined ? {} : { totalCacheReads: totalCacheReads + reads }),
      ...(writes === undefined ? {} : { totalCacheWrites: totalCacheWrites + writes }),
    }
  }

  /** Tells an update that has no other name, as it is. */
  keep(update: JsonObject): void {
    if (this.#isReplayed) return
    const bytes = Buffer.byteLength(JSON.stringify(update))
    const kind = cutText(textAt(update, 'sessionUpdate') ?? '', 200)
    const said = bytes <= this.#options.limits.agentUpdateBytesMax ? update : { sessionUpdate: kind, bytes }
    this.outgoing.event({ eventName: 'agentUpdated', payload: [this.#options.taskId, { ...said }] })
  }

  #say(kind: SpokenKind, update: JsonObject): void {
    if (this.#isReplayed) return
    const { text, image } = contentOf(objectAt(update, 'content'))
    if (image === undefined) return this.#spoken.say(kind, text, textAt(update, 'messageId'))
    this.#spoken.interrupt()
    const ts = this.#options.nextTs()
    this.outgoing.create({ ts, type: 'say', say: 'image', text: '', images: [image], partial: false })
  }

  #plan(update: JsonObject): void {
    if (this.#isReplayed) return
    this.#spoken.interrupt()
    const entries = objectsAt(update, 'entries', defaults.agentListMax) ?? []
    const todos = entries.map((entry, index) => ({
      id: String(index + 1),
      content: cutText(textAt(entry, 'content') ?? '', defaults.agentStepCharsMax),
      status: textAt(entry, 'status') ?? 'pending',
    }))
    const text = JSON.stringify({ tool: 'updateTodoList', todos })
    const ts = this.#options.nextTs()
    this.outgoing.create({ ts, type: 'say', say: 'user_edit_todos', text, partial: false })
  }

  #mode(change: () => void, named?: string): void {
    const before = this.offers.mode
    change()
    const now = this.offers.mode ?? named
    if (this.#isReplayed || now === undefined || now === before) return
    const mode = cutText(now, defaults.agentNameCharsMax)
    this.outgoing.event({ eventName: 'taskModeSwitched', payload: [this.#options.taskId, mode] })
  }

  #usage(update: JsonObject): void {
    this.#tokens = {
      ...this.#tokens,
      contextTokens: numberAt(update, 'used') ?? this.#tokens.contextTokens,
      totalCost: numberAt(objectAt(update, 'cost'), 'amount') ?? this.#tokens.totalCost,
    }
    if (this.#isReplayed) return
    const { tokens, tools } = this.usage
    this.outgoing.event({
      eventName: 'taskTokenUsageUpdated',
      payload: [this.#options.taskId, tokens, tools],
    })
  }
}
