/**
 * One playing of a recording, from `started` to `ended`. It pulls: nothing is read that is not due soon, and nothing is
 * told while it is paused. The trap: a cancel ends it at once, also while it waits, is paused or reads a slow disk.
 */
import type { Limits } from '../limits.ts'
import type { TaskEvent } from '../wire/events.ts'
import { refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { Clock } from './clock.ts'
import { RecordingFile, RecordingProblem } from './recording-file.ts'
import type { RecordingLimits } from './recording-file.ts'
import { scriptOf } from './replay-script.ts'
import type { Step } from './replay-script.ts'
import { Retelling } from './retelling.ts'
import type { Run, RunEvents, RunnerTask, RunResult } from './runner.ts'

export interface ReplaySettings {
  readonly limits: RecordingLimits & Pick<Limits, 'replayMessagesKnown' | 'replayTimerMsMax'>
  readonly clock: Clock
}

type EndStep = Extract<Step, { kind: 'end' }>

export class ReplayRun implements Run {
  readonly #task: RunnerTask
  readonly #events: RunEvents
  readonly #settings: ReplaySettings
  readonly #begunAt: number
  readonly #speed: number
  /** Settles what is being waited for. */
  #wake: () => void = () => {}
  #isPaused = false
  #hasEnded = false
  #batch: TaskEvent[] = []
  #batchBytes = 0

  constructor(task: RunnerTask, events: RunEvents, settings: ReplaySettings) {
    this.#task = task
    this.#events = events
    this.#settings = settings
    this.#speed = task.callboard.speed ?? 1
    this.#begunAt = settings.clock.now()
  }

  /** Plays to the end and says it. Never throws. */
  async play(): Promise<void> {
    try {
      const result = await this.#performed()
      if (result !== undefined) this.#end(result)
    } catch (error) {
      if (error instanceof RecordingProblem) this.#end({ ok: false, text: error.message })
      else this.#end({ ok: false, text: `The recording could not be played: ${String(error)}.` })
    }
  }

  accepts(): Outcome<void> {
    return this.send()
  }

  send(): Outcome<void> {
    return refused('unsupported', 'This task plays a recording: it takes no messages.')
  }

  /** A recording asks nobody. */
  answer(): void {}

  cancel(): void {
    // In a later turn, as every end.
    setImmediate(() => this.#end({ ok: false, text: 'The playing of the recording was cancelled.' }))
  }

  kill(): void {
    this.cancel()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#wake()
  }

  /** Undefined where it was cancelled. */
  async #performed(): Promise<RunResult | undefined> {
    const { limits } = this.#settings
    if (this.#hasEnded) return undefined
    const file = RecordingFile.open(this.#task.callboard.replay ?? '', limits)
    const recorded = file.events()
    try {
      const retelling = new Retelling({
        taskId: this.#task.id,
        recordedId: file.header.task.id,
        nextTs: () => this.#events.nextTs(),
        messagesKnown: limits.replayMessagesKnown,
      })
      const end = await this.#perform(
        scriptOf(recorded, { aheadBytesMax: limits.recordingLineBytesMax }),
        retelling,
      )
      if (this.#hasEnded) return undefined
      if (end === undefined)
        return {
          ok: false,
          text: 'The recording ends before its task does: record the task again once it has ended.',
        }
      return retelling.result(end.result)
    } finally {
      // What was never begun does not close the file, and what reads must not lose it.
      await recorded.return()
      file.close()
    }
  }

  /** Tells the steps as they become due, those that are due together at once. */
  async #perform(steps: AsyncIterable<Step>, retelling: Retelling): Promise<EndStep | undefined> {
    try {
      for await (const step of steps) {
        if (this.#hasEnded) return undefined
        const isFull = this.#batchBytes >= this.#settings.limits.recordingReadBytes
        if (step.kind !== 'event' || isFull || this.#msUntil(step.t) > 0) await this.#tell()
        await this.#due(step.t)
        if (this.#hasEnded) return undefined
        if (step.kind === 'end') return step
        if (step.kind === 'start') this.#events.started()
        else this.#add(retelling.retold(step.event), step.bytes)
      }
      return undefined
    } finally {
      // Also what came before a line that is broken.
      await this.#tell()
    }
  }

  #add(event: TaskEvent | undefined, bytes: number): void {
    if (event === undefined) return
    this.#batch.push(event)
    this.#batchBytes += bytes
  }

  async #tell(): Promise<void> {
    while (this.#isPaused && !this.#hasEnded) await this.#woken()
    if (this.#batch.length === 0 || this.#hasEnded) return
    const batch = this.#batch
    this.#batch = []
    this.#batchBytes = 0
    this.#events.announced(batch)
  }

  #msUntil(t: number): number {
    if (this.#speed === 0) return 0
    const { clock } = this.#settings
    return this.#begunAt + t / this.#speed - clock.now()
  }

  async #due(t: number): Promise<void> {
    const { clock, limits } = this.#settings
    for (let ms = this.#msUntil(t); ms > 0 && !this.#hasEnded; ms = this.#msUntil(t)) {
      const woken = this.#woken()
      const callOff = clock.after(Math.min(ms, limits.replayTimerMsMax), () => this.#wake())
      await woken
      callOff()
    }
  }

  async #woken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#wake = () => resolve(undefined)
    await promise
  }

  #end(result: RunResult): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#wake()
    this.#events.ended(result)
  }
}
