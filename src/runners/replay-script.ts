/**
 * What a recording tells its player to do, in order: start, tell events, end. What a task's life consists of
 * (taskCreated, taskStarted, taskCompleted, …) is left out: the playing task makes these events itself, in their order.
 * The trap: whether an error or a result is the task's last word shows only in what follows it.
 */
import { LookAhead } from './look-ahead.ts'
import type { ReadEvent } from './recording-file.ts'
import type { RunResult } from './runner.ts'
import type { Exit, TaskEvent, TaskMessage, TokenUsage } from '../wire/events.ts'

/** `t` in milliseconds since the first event, less the time in which the task did not run. */
export type Step =
  | { readonly kind: 'start'; readonly t: number }
  | { readonly kind: 'event'; readonly t: number; readonly event: TaskEvent; readonly bytes: number }
  /** `result.saidTs` is the recorded one. */
  | { readonly kind: 'end'; readonly t: number; readonly result: RunResult }

export interface ScriptLimits {
  /** Of events that are looked at before it is known whether the task ends with them. */
  readonly aheadBytesMax: number
}

/** An end is told in fewer events: an exit, a result or an error, the use, the end. */
const tailEventsMax = 8

/** Made by the playing task, or meant for one client alone. */
const madeByTask: ReadonlySet<string> = new Set([
  'taskCreated',
  'taskStarted',
  'taskCompleted',
  'taskAborted',
  'taskFocused',
  'taskUnfocused',
  'taskResumable',
  'taskIdle',
  'taskExited',
  'commandsResponse',
  'modesResponse',
  'modelsResponse',
  'daemonDraining',
])

/**
 * The steps of a recording. A task that was resumed is played as one run, with its last end. Ends without an `end` step
 * where the recording has none.
 */
export async function* scriptOf(
  recorded: AsyncIterable<ReadEvent>,
  limits: ScriptLimits,
): AsyncGenerator<Step, void> {
  const ahead = new LookAhead(recorded)
  const script = new Script()
  for (let next = await ahead.peek(0); next !== undefined; next = await ahead.peek(0)) {
    const length = await endingLength(ahead, limits.aheadBytesMax)
    if (length === undefined) {
      yield* script.play(ahead.take())
      continue
    }
    const ending = Array.from({ length }, () => ahead.take())
    const { told, lastWord } = script.splitEnding(ending)
    for (const one of told) yield* script.play(one)
    const end = script.endOf(ending, lastWord)
    const resumedAt = await skipToNextRun(ahead, (message) => script.noteCompletion(message))
    if (resumedAt === undefined) {
      yield* script.finish(end)
      return
    }
    if (lastWord !== undefined) yield* script.play(lastWord)
    script.resume(end.t, resumedAt)
  }
}

/** How many events there are up to the end, where nothing but the words of an end comes before it. */
async function endingLength(ahead: LookAhead<ReadEvent>, bytesMax: number): Promise<number | undefined> {
  let bytes = 0
  for (let length = 1; length <= tailEventsMax && bytes <= bytesMax; length++) {
    const one = await ahead.peek(length - 1)
    if (one === undefined) return undefined
    if (isEnd(one.event)) return length
    if (!isLastWords(one.event)) return undefined
    bytes += one.bytes
  }
  return undefined
}

/** Leaves out what comes until the task runs again. Its time; undefined where it does not. */
async function skipToNextRun(
  ahead: LookAhead<ReadEvent>,
  look: (message: TaskMessage) => void,
): Promise<number | undefined> {
  for (let one = await ahead.peek(0); one !== undefined; one = await ahead.peek(0)) {
    if (one.event.eventName === 'taskStarted') return one.t
    const message = messageOf(one.event)
    if (message?.say === 'completion_result') look(message)
    ahead.take()
  }
  return undefined
}

interface RecordedEnd {
  readonly t: number
  readonly ok: boolean
  readonly text: string
  readonly usage: RunResult['usage']
}

class Script {
  #hasStarted = false
  #hadPrompt = false
  #exit: Exit | undefined
  /** The last result that was said, also in part, and whether clients have seen a message of it. */
  #completion: { readonly ts: number; readonly text: string; readonly isTold: boolean } | undefined
  #firstT: number | undefined
  #leftOut = 0

  /** What an ending's events still tell, without what the task will say itself when it ends. */
  splitEnding(ending: readonly ReadEvent[]): {
    readonly told: readonly ReadEvent[]
    readonly lastWord: ReadEvent | undefined
  } {
    const wanted = ending.at(-1)?.event.eventName === 'taskCompleted' ? 'completion_result' : 'error'
    const lastWordAt = ending.findLastIndex(({ event }) => messageOf(event)?.say === wanted)
    const told = ending.filter(({ event }, index) => {
      if (index === lastWordAt || messageOf(event)?.ask === 'completion_result') return false
      return wanted === 'error' || event.eventName !== 'taskTokenUsageUpdated' || index < lastWordAt
    })
    return { told, lastWord: ending[lastWordAt] }
  }

  *play(one: ReadEvent): Generator<Step, void> {
    const { event, bytes } = one
    const t = this.#time(one.t)
    if (event.eventName === 'taskExited') this.#exit = event.payload[1]
    if (event.eventName === 'taskStarted') return yield* this.#start(t)
    if (madeByTask.has(event.eventName) || this.#isBeginning(event)) return
    const message = messageOf(event)
    if (message?.say === 'completion_result') this.#toldCompletion(message)
    yield* this.#start(t)
    yield { kind: 'event', t, event, bytes }
  }

  endOf(ending: readonly ReadEvent[], lastWord: ReadEvent | undefined): RecordedEnd {
    const last = ending.at(-1)
    const t = this.#time(last?.t ?? 0)
    const message = lastWord === undefined ? undefined : messageOf(lastWord.event)
    if (last?.event.eventName !== 'taskCompleted') {
      return { t, ok: false, text: message?.text ?? 'The recording ends aborted.', usage: undefined }
    }
    if (message !== undefined) this.noteCompletion(message)
    const [, tokens, tools] = last.event.payload
    return { t, ok: true, text: '', usage: { tokens, tools } }
  }

  noteCompletion({ ts, text = '' }: TaskMessage): void {
    const isTold = this.#completion?.ts === ts && this.#completion.isTold
    this.#completion = { ts, text, isTold }
  }

  *finish({ t, ok, text, usage }: RecordedEnd): Generator<Step, void> {
    const exit = this.#exit === undefined ? {} : { exit: this.#exit }
    if (!ok) return yield { kind: 'end', t, result: { ok, text, ...exit } }
    // Only what has started can complete.
    yield* this.#start(t)
    const said = this.#completion
    const saidTs = said?.isTold === true ? { saidTs: said.ts } : {}
    const result = { ok, text: said?.text ?? 'The recorded task completed.', ...exit, ...saidTs }
    yield { kind: 'end', t, result: usage === undefined ? result : { ...result, usage } }
  }

  /** The task ran again after an end: the time between is left out, and that end was none. */
  resume(endedT: number, resumedT: number): void {
    this.#leftOut += Math.max(0, this.#time(resumedT) - endedT)
    this.#exit = undefined
    this.#completion = undefined
  }

  #time(t: number): number {
    this.#firstT ??= t
    return t - this.#firstT - this.#leftOut
  }

  *#start(t: number): Generator<Step, void> {
    if (this.#hasStarted) return
    this.#hasStarted = true
    yield { kind: 'start', t }
  }

  /** The prompt and the first use, which the playing task tells itself. */
  #isBeginning(event: TaskEvent): boolean {
    if (this.#hasStarted) return false
    if (event.eventName === 'taskTokenUsageUpdated') return isZero(event.payload[1])
    if (this.#hadPrompt || messageOf(event)?.say !== 'text') return false
    this.#hadPrompt = true
    return true
  }

  #toldCompletion({ ts, text = '' }: TaskMessage): void {
    this.#completion = { ts, text, isTold: true }
  }
}

function messageOf(event: TaskEvent): TaskMessage | undefined {
  return event.eventName === 'message' ? event.payload[0].message : undefined
}

function isEnd(event: TaskEvent): boolean {
  return event.eventName === 'taskCompleted' || event.eventName === 'taskAborted'
}

function isLastWords(event: TaskEvent): boolean {
  if (event.eventName === 'taskTokenUsageUpdated' || event.eventName === 'taskExited') return true
  const message = messageOf(event)
  if (message === undefined || message.partial === true) return false
  return message.say === 'error' || message.say === 'completion_result' || message.ask === 'completion_result'
}

function isZero(usage: TokenUsage): boolean {
  const { totalTokensIn, totalTokensOut, totalCost, contextTokens } = usage
  return totalTokensIn === 0 && totalTokensOut === 0 && totalCost === 0 && contextTokens === 0
}
