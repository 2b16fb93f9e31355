/**
 * The tool calls of a run: each is one message that is open until the call has ended, and is counted once. What it gave
 * follows as a message of its own where it was a command or another program's tool.
 */
import { limits as defaults } from '../../limits.ts'
import { bounded, cutText, textAt } from './fields.ts'
import { outputOf, titleOf, toolWords } from './tool-words.ts'
import type { Limits } from '../../limits.ts'
import type { TaskMessage, ToolUsage } from '../../wire/events.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import type { RunnerMessage } from '../runner.ts'
import type { Outgoing } from './outgoing.ts'
import type { ToolFields } from './tool-words.ts'

export interface ToolCallsOptions {
  readonly taskId: string
  readonly cwd: string
  readonly limits: Pick<Limits, 'agentToolCharsMax' | 'agentToolCallsKnown'>
  readonly outgoing: Outgoing
  nextTs(): number
}

interface KnownCall {
  fields: ToolFields
  /** Undefined for one of an earlier run: it has been told. */
  readonly ts: number | undefined
  isAsked: boolean
  ended: boolean
}

const kept = ['kind', 'title', 'name', 'status', 'content', 'locations', 'rawInput', 'rawOutput', '_meta']

export class ToolCalls {
  readonly #options: ToolCallsOptions
  readonly #known = new Map<string, KnownCall>()
  readonly #usage = new Map<string, { attempts: number; failures: number }>()

  constructor(options: ToolCallsOptions) {
    this.#options = options
  }

  get usage(): ToolUsage {
    return Object.fromEntries(Array.from(this.#usage, ([tool, counts]) => [tool, { ...counts }]))
  }

  /** A tool_call or tool_call_update. One of a replayed history is remembered, not told. */
  take(update: JsonObject, isReplayed: boolean): void {
    const id = textAt(update, 'toolCallId') ?? ''
    const known = this.#known.get(id)
    const call = known ?? this.#begin(update, isReplayed)
    this.#remember(id, call)
    if (known !== undefined) call.fields = { ...call.fields, ...this.#fieldsOf(update) }
    if (call.ts === undefined || isReplayed || call.ended) return
    if (known !== undefined) this.#options.outgoing.update(this.#message(call), !isEnded(call.fields))
    if (isEnded(call.fields)) this.#end(call)
  }

  /** The message by which somebody is asked whether this call may be done. */
  asked(update: JsonObject): RunnerMessage {
    const id = textAt(update, 'toolCallId') ?? ''
    const known = this.#known.get(id)
    const isNew = known?.ts === undefined
    const call: KnownCall = isNew
      ? { fields: this.#fieldsOf(update), ts: this.#options.nextTs(), isAsked: true, ended: false }
      : known
    if (!isNew) call.fields = { ...call.fields, ...this.#fieldsOf(update) }
    else this.#count(this.#words(call).tool, 'attempts')
    call.isAsked = true
    this.#remember(id, call)
    this.#options.outgoing.forget(call.ts ?? 0)
    return { action: isNew ? 'created' : 'updated', message: { ...this.#message(call), partial: false } }
  }

  /** What a person is told of the call that `update` is about, which need not say it again. */
  titleOf(update: JsonObject): string {
    return titleOf({
      ...this.#known.get(textAt(update, 'toolCallId') ?? '')?.fields,
      ...this.#fieldsOf(update),
    })
  }

  /** No call goes on any more. */
  closeAll(): void {
    for (const call of this.#known.values()) {
      if (call.ended || call.ts === undefined) continue
      call.ended = true
      this.#options.outgoing.update(this.#message(call))
    }
  }

  #begin(update: JsonObject, isReplayed: boolean): KnownCall {
    const ts = isReplayed ? undefined : this.#options.nextTs()
    const call: KnownCall = { fields: this.#fieldsOf(update), ts, isAsked: false, ended: false }
    if (ts === undefined) return call
    this.#count(this.#words(call).tool, 'attempts')
    this.#options.outgoing.create(this.#message(call))
    return call
  }

  #end(call: KnownCall): void {
    const { outgoing, taskId, limits } = this.#options
    call.ended = true
    const { tool, as } = this.#words(call)
    const title = titleOf(call.fields)
    const isFailed = textAt(call.fields, 'status') === 'failed'
    const output = outputOf(call.fields, limits.agentToolCharsMax)
    if (output !== '' && as.type === 'ask' && as.ask !== 'tool') {
      const say = as.ask === 'command' ? 'command_output' : 'mcp_server_response'
      outgoing.create({ ts: this.#options.nextTs(), type: 'say', say, text: output, partial: false })
    }
    if (isFailed) this.#count(tool, 'failures')
    // It may be told of again, but not what it was.
    call.fields = {}
    if (!isFailed) return
    const why = output === '' ? `${title} failed` : cutText(output, defaults.agentWordsCharsMax)
    outgoing.event({ eventName: 'taskToolFailed', payload: [taskId, tool, why] })
  }

  /** What is kept of an update. Null stands for what was not said. */
  #fieldsOf(update: JsonObject): ToolFields {
    const { agentToolCharsMax } = this.#options.limits
    const budget = { chars: agentToolCharsMax * 2 }
    return Object.fromEntries(
      kept.flatMap((key) => {
        const value = update[key]
        return value === undefined || value === null ? [] : [[key, bounded(value, agentToolCharsMax, budget)]]
      }),
    )
  }

  #message(call: KnownCall): TaskMessage {
    const { as, text } = this.#words(call)
    return { ts: call.ts ?? 0, ...as, text, partial: !call.isAsked && !call.ended && !isEnded(call.fields) }
  }

  #words(call: KnownCall): ReturnType<typeof toolWords> {
    const { cwd, limits } = this.#options
    return toolWords(call.fields, cwd, limits.agentToolCharsMax, call.isAsked)
  }

  #count(tool: string, what: 'attempts' | 'failures'): void {
    const counts = this.#usage.get(tool) ?? { attempts: 0, failures: 0 }
    counts[what] += 1
    this.#usage.set(tool, counts)
  }

  /** As the one heard of last. */
  #remember(id: string, call: KnownCall): void {
    this.#known.delete(id)
    this.#known.set(id, call)
    if (this.#known.size <= this.#options.limits.agentToolCallsKnown) return
    const [oldest] = this.#known
    if (oldest === undefined) return
    this.#known.delete(oldest[0])
    const forgotten = oldest[1]
    if (forgotten.ended || forgotten.ts === undefined) return
    forgotten.ended = true
    this.#options.outgoing.update(this.#message(forgotten))
  }
}

function isEnded(call: ToolFields): boolean {
  return call['status'] === 'completed' || call['status'] === 'failed'
}
