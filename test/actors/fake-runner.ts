/** A runner that obeys src/runners/runner.ts and does what its test says, when it says so. */
import type {
  AskAnswer,
  Run,
  RunAsk,
  RunEvents,
  Runner,
  RunnerTask,
  RunResult,
} from '../../src/runners/runner.ts'
import { accepted, refused } from '../../src/wire/rejection.ts'
import type { Outcome } from '../../src/wire/rejection.ts'

export class FakeRun implements Run {
  readonly task: RunnerTask
  readonly events: RunEvents
  /** What it was answered, in order. */
  readonly answers: (AskAnswer & { readonly key: string })[] = []
  readonly sent: { text: string; images: readonly string[] }[] = []
  /** What a message gets. */
  takes: Outcome<void> = accepted(undefined)
  cancels = 0
  kills = 0
  paused = false
  /** Its end follows a cancel by itself. */
  readonly obeys: boolean
  onAccept: () => void = () => {}
  onSend: () => void = () => {}
  onResume: () => void = () => {}
  onKill: () => void = () => {}
  #ended = false

  constructor(task: RunnerTask, events: RunEvents, obeys: boolean) {
    this.task = task
    this.events = events
    this.obeys = obeys
  }

  started(): void {
    this.events.started()
  }

  says(text: string): void {
    const ts = this.events.nextTs()
    this.events.messages([
      { action: 'created', message: { ts, type: 'say', say: 'command_output', text, stream: 'stdout' } },
    ])
  }

  ends(result: Partial<RunResult> = {}): void {
    if (this.#ended) return
    this.#ended = true
    this.events.ended({ ok: true, text: 'Exit code 0.', exit: { code: 0 }, ...result })
  }

  accepts(): Outcome<void> {
    this.onAccept()
    return this.takes
  }

  send(text: string, images: readonly string[]): Outcome<void> {
    this.onSend()
    if (this.takes.ok) this.sent.push({ text, images })
    return this.takes
  }

  /** Asks, as a question if nothing else is said, under its text as key. */
  asks(text: string, ask: Partial<RunAsk> = {}): Outcome<void> {
    const message = { ts: this.events.nextTs(), type: 'ask', ask: 'followup', text } as const
    return this.events.asked({
      key: text,
      kind: 'question',
      text,
      message: { action: 'created', message },
      ...ask,
    })
  }

  answer(key: string, answer: AskAnswer): void {
    this.answers.push({ key, ...answer })
  }

  cancel(): void {
    this.cancels++
    if (this.obeys) this.#endLater('SIGTERM')
  }

  kill(): void {
    this.kills++
    this.onKill()
    this.#endLater('SIGKILL')
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.onResume()
    this.paused = false
  }

  #endLater(signal: string): void {
    setImmediate(() => this.ends({ ok: false, text: `Ended by ${signal}.`, exit: { signal } }))
  }
}

export class FakeRunner implements Runner {
  readonly name = 'fake'
  resumable = true
  readonly runs: FakeRun[] = []
  /** What `check` answers, from now on. */
  verdict: Outcome<void> = accepted(undefined)
  /** Runs end after a cancel by themselves. */
  obedient = true
  /** Runs end when their test says so, also by force. */
  deaf = false
  /** Runs start by themselves. */
  prompt = false
  /** Messages wait until a run takes them. */
  queuesMessages = false
  takesFollowUp = false
  startFault: Error | undefined

  check(): Outcome<void> {
    return this.verdict
  }

  start(task: RunnerTask, events: RunEvents): Run {
    if (this.startFault !== undefined) throw this.startFault
    const run = new FakeRun(task, events, this.obedient)
    if (this.deaf) run.kill = () => void run.kills++
    this.runs.push(run)
    if (this.prompt) setImmediate(() => run.started())
    return run
  }

  get last(): FakeRun {
    const run = this.runs.at(-1)
    if (run === undefined) throw new Error('nothing was started')
    return run
  }

  refuses(why: string): void {
    this.verdict = refused('invalid_command', why)
  }
}
