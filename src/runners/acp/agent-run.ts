/**
 * One run of an agent, from spawn to `ended`: the start, turn after turn as long as messages wait, then the end of
 * every process. The trap: whatever ends it (the agent's word, its death, a deadline, a cancel) comes through one race,
 * and what the agent said before it is told first.
 */
import { accepted, refused } from '../../wire/rejection.ts'
import { waitFor } from '../clock.ts'
import { notStarted } from '../command-result.ts'
import { runEnvironment } from '../environment.ts'
import { AgentCalls } from './agent-calls.ts'
import { AgentProcess } from './agent-process.ts'
import { asLoggedIn, openSession } from './agent-session.ts'
import { AgentServices } from './agent-services.ts'
import { AgentStream } from './agent-stream.ts'
import { promptBlocks, withoutImages } from './content.ts'
import {
  AgentFailure,
  codeOf,
  died,
  errorAnswer,
  authRequired,
  turnFailure,
  withLastWords,
} from './failure.ts'
import { objectAt, textAt } from './fields.ts'
import { Updates } from './updates.ts'
import type { Limits } from '../../limits.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import type { Outcome } from '../../wire/rejection.ts'
import type { ProcessTable } from '../process-table.ts'
import type { AskAnswer, Offers, QueuedText, Run, RunEvents, RunnerTask, RunResult } from '../runner.ts'
import type { EndingOptions } from '../tree-ending.ts'
import type { OpenSession } from './agent-session.ts'
import type { PromptBlock } from './content.ts'

export interface AgentSettings extends Pick<EndingOptions, 'clock'> {
  readonly limits: Limits
  readonly environment: NodeJS.ProcessEnv
  readonly table: ProcessTable
  /** Ours, for the agent to know. */
  readonly version: string
  /** How a person logs in to the agent that this command starts, where that is known. */
  loginOf(command: readonly string[]): string | undefined
}

const cancelled: RunResult = { ok: false, text: 'The task was cancelled.' }

export class AgentRun implements Run {
  readonly #task: RunnerTask
  readonly #events: RunEvents
  readonly #settings: AgentSettings
  readonly #cwd: string
  readonly #process: AgentProcess
  readonly #stream: AgentStream
  readonly #updates: Updates
  readonly #services: AgentServices
  /** Rejects when the run is not to go on, whatever the agent does. */
  readonly #given = Promise.withResolvers<never>()
  readonly #waiting: QueuedText[] = []
  #calls: AgentCalls | undefined
  /** While a turn goes on: its session. */
  #session: OpenSession | undefined
  #isCancelling = false
  #isOver = false

  /** Starts the process in `cwd`, in this turn. Throws what `spawn` throws. */
  constructor(task: RunnerTask, cwd: string, events: RunEvents, settings: AgentSettings) {
    const { limits, clock, table, environment } = settings
    this.#task = task
    this.#events = events
    this.#settings = settings
    this.#cwd = cwd
    this.#process = new AgentProcess({
      limits,
      clock,
      table,
      taskId: task.id,
      command: task.callboard.command ?? [],
      cwd,
      environment: runEnvironment(task, environment),
    })
    const nextTs = (): number => events.nextTs()
    this.#updates = new Updates({
      taskId: task.id,
      cwd,
      limits,
      clock,
      nextTs,
      announced: (batch) => events.announced(batch),
    })
    this.#services = new AgentServices({ ...settings, task, cwd, events, updates: this.#updates })
    this.#stream = new AgentStream(this.#process.stdin, this.#process.stdout, {
      limits,
      clock,
      told: (method, params) => this.#told(method, params),
      readAll: () => this.#updates.outgoing.flush(),
      broken: (why) =>
        this.#given.reject(
          new AgentFailure(`The agent does not keep to the protocol: ${why}.`, { isUnexplained: true }),
        ),
    })
    void this.#live()
  }

  /** `limit_exceeded` where too much waits already. */
  accepts(text: string, images: readonly string[]): Outcome<void> {
    const { queuedMessagesMax, queuedMessagesBytesMax } = this.#settings.limits
    if (this.#isOver || this.#isCancelling) return refused('busy', 'This task is ending.')
    const bytes = Buffer.byteLength(JSON.stringify([...this.#waiting, { text, images }]))
    if (this.#waiting.length < queuedMessagesMax && bytes <= queuedMessagesBytesMax)
      return accepted(undefined)
    return refused(
      'limit_exceeded',
      'Too many messages wait for this agent: send them when its turn has ended.',
    )
  }

  /** Waits for the end of the turn. */
  send(text: string, images: readonly string[]): Outcome<void> {
    const outcome = this.accepts(text, images)
    if (outcome.ok) this.#waiting.push({ text, images })
    return outcome
  }

  answer(key: string, answer: AskAnswer): void {
    this.#services.asks.answer(key, answer)
  }

  cancel(): void {
    if (this.#isCancelling || this.#isOver) return
    this.#isCancelling = true
    // The agent waits for these before it sees that it is to end.
    this.#services.asks.cancelAll()
    const { clock, limits } = this.#settings
    if (this.#session === undefined) return this.#given.reject(new AgentFailure(cancelled.text))
    this.#calls?.tell('session/cancel', { sessionId: this.#session.id })
    clock.after(limits.agentCancelMs, () => this.#given.reject(new AgentFailure(cancelled.text)))
  }

  kill(): void {
    this.cancel()
    this.#given.reject(new AgentFailure(cancelled.text))
    this.#process.end().force()
  }

  pause(): void {
    this.#stream.pause()
    this.#services.terminals.pause()
  }

  resume(): void {
    this.#stream.resume()
    this.#services.terminals.resume()
  }

  offers(): Offers {
    return this.#updates.offers.offers
  }

  async #live(): Promise<void> {
    const program = this.#task.callboard.command?.[0] ?? ''
    try {
      await this.#process.spawned
    } catch (error) {
      this.#given.promise.catch(() => undefined)
      return this.#events.ended(notStarted(program, error, this.#settings.limits.loggedTextCharsMax))
    }
    this.#events.started()
    this.#stream.begin()
    void this.#watchProcess()
    const result = await this.#result()
    await this.#end()
    this.#events.ended(result)
  }

  async #result(): Promise<RunResult> {
    const work = this.#work()
    work.catch(() => undefined)
    try {
      return await Promise.race([work, this.#given.promise])
    } catch (error) {
      if (this.#isCancelling) return cancelled
      const failure = error instanceof AgentFailure ? error : errorAnswer(error, 'a request')
      const { ask, exit } = failure
      return {
        ok: false,
        text: withLastWords(failure, this.#process.stderr, this.#stream.garbage),
        ...(ask === undefined ? {} : { ask }),
        ...(exit === undefined ? {} : { exit }),
        usage: this.#updates.usage,
      }
    }
  }

  async #work(): Promise<RunResult> {
    const { clock, limits, version } = this.#settings
    const calls = await AgentCalls.over(this.#stream.stream, this.#services.requests, clock)
    this.#calls = calls
    const login = this.#settings.loginOf(this.#task.callboard.command ?? [])
    const session = await openSession({
      task: this.#task,
      cwd: this.#cwd,
      calls,
      updates: this.#updates,
      version,
      login,
      limits,
    })
    if (this.#isCancelling) return cancelled
    this.#events.remember({ sessionId: session.id })
    this.#session = session
    for (let prompt: readonly PromptBlock[] | undefined = session.prompt; ;) {
      const last = await this.#turn(calls, session, prompt, login)
      prompt = this.#nextPrompt()
      if (prompt !== undefined) continue
      this.#session = undefined
      const text = last?.text ?? 'The agent has ended its turn.'
      return {
        ok: true,
        text,
        usage: this.#updates.usage,
        ...(last === undefined ? {} : { saidTs: last.ts }),
      }
    }
  }

  /** One turn; its last words. Throws where it did not end well. */
  async #turn(
    calls: AgentCalls,
    session: OpenSession,
    prompt: readonly PromptBlock[],
    login: string | undefined,
  ): Promise<{ readonly ts: number; readonly text: string } | undefined> {
    const params = { sessionId: session.id, prompt: this.#shown(session, prompt) }
    const answer = await asLoggedIn({ login }, session.initialized, async () => {
      try {
        return await calls.ask('session/prompt', params)
      } catch (error) {
        throw codeOf(error) === authRequired ? error : errorAnswer(error, 'session/prompt')
      }
    })
    this.#updates.takeTurnUsage(answer)
    const last = this.#updates.endTurn()
    const stopReason = textAt(answer, 'stopReason') ?? ''
    if (stopReason !== 'end_turn' || this.#isCancelling) throw turnFailure(stopReason)
    return last
  }

  /** Images go to an agent that takes them only: another one is told that there were some. */
  #shown(session: OpenSession, prompt: readonly PromptBlock[]): readonly PromptBlock[] {
    if (session.images) return prompt
    const { prompt: shown, left } = withoutImages(prompt)
    if (left === 0) return shown
    this.#updates.note(
      'error',
      `This agent takes no images: ${left} of the message could not be shown to it.`,
    )
    this.#updates.outgoing.flush()
    return shown
  }

  #nextPrompt(): readonly PromptBlock[] | undefined {
    const waiting = [...this.#waiting.splice(0), ...(this.#events.takeQueued?.() ?? [])]
    return waiting.length === 0
      ? undefined
      : waiting.flatMap(({ text, images }) => promptBlocks(text, images))
  }

  #told(method: string, params: JsonObject): void {
    if (method === 'session/update') this.#updates.take(objectAt(params, 'update'))
    else this.#updates.keep({ ...params, sessionUpdate: method })
  }

  /** An agent that ends by itself: what it said before is read first. */
  async #watchProcess(): Promise<void> {
    const exit = await this.#process.exit
    await this.#stream.drained(this.#settings.limits.outputCloseGraceMs)
    const during =
      this.#session === undefined ? 'before it could be asked anything' : 'in the middle of its turn'
    this.#given.reject(died(exit, during))
  }

  /** Ends every process and tells the last of what they said. */
  async #end(): Promise<void> {
    const { clock, limits } = this.#settings
    this.#isOver = true
    this.#stream.stop()
    this.#services.asks.cancelAll()
    this.#services.terminals.close()
    this.#updates.endTurn()
    this.#calls?.close()
    this.#process.stdin.end()
    if (!this.#isCancelling) await Promise.race([this.#process.exit, waitFor(clock, limits.agentExitMs)])
    await this.#process.end().left
    await this.#services.terminals.drained()
    this.#process.stdout.destroy()
    this.#updates.outgoing.end()
  }
}
