/**
 * Follows one task from its start to its end for `run`: copies its output, notes how it ended. Ends with the event that
 * settles the task, so that everything before it has been written.
 */
import { AgentWords } from './agent-words.ts'
import { exitCodes, signalExitCode } from './exit-codes.ts'
import { OutputProgress } from './output-progress.ts'
import { isSettled } from './settled.ts'
import type { Words } from './agent-words.ts'
import type { Output } from './output.ts'
import type { CallboardClient } from '../client/callboard-client.ts'
import type { EventMessage, Gap } from '../wire/envelope.ts'
import type { Exit, TaskEvent, TaskMessage } from '../wire/events.ts'

export interface RunFollowerOptions {
  readonly client: CallboardClient
  readonly taskId: string
  readonly output: Output
  readonly json: boolean
  /** An agent's words are shown: they go to stdout, and the output of what it runs to stderr. */
  readonly isAgent?: boolean
  /** Told of every event of the task. */
  readonly told: (event: TaskEvent) => void
}

export class RunFollower {
  readonly #options: RunFollowerOptions
  #client: CallboardClient
  /** The last event that was taken. */
  #seq = 0
  readonly #progress = new OutputProgress()
  /** From its start on: the message before it is the prompt. */
  #words: AgentWords | undefined
  #isSettled = false
  #isCompleted = false
  #exit: Exit | undefined
  #errorText: string | undefined

  constructor(options: RunFollowerOptions) {
    this.#options = options
    this.#client = options.client
  }

  /** Follows from sequence `after`; resolves to the exit code. Throws CallboardError where the daemon goes away. */
  async follow(after: number): Promise<number> {
    this.#seq = after
    return await this.#follow()
  }

  /** The same by another connection, from where the first one ended. */
  async goOn(client: CallboardClient): Promise<number> {
    this.#client = client
    return await this.#follow()
  }

  async #follow(): Promise<number> {
    // Where the daemon went after the last event nothing more would come.
    if (!this.#isSettled) await this.#takeAll()
    return await this.#result()
  }

  async #takeAll(): Promise<void> {
    const { taskId } = this.#options
    for await (const item of this.#client.events({ tasks: [taskId], after: this.#seq })) {
      if (item.type === 'TaskEvent') this.#seq = item.seq ?? this.#seq
      this.#isSettled = await this.#take(item)
      if (this.#isSettled) return
    }
  }

  /** True when the task has settled. */
  async #take(item: EventMessage | Gap): Promise<boolean> {
    if (this.#options.json) await this.#write(Buffer.from(`${JSON.stringify(item)}\n`), 'stdout')
    if (item.type === 'Gap') return this.#gap(item)
    const event = item.data
    await this.#speak(this.#words?.freshEvent(event) ?? [])
    this.#options.told(event)
    switch (event.eventName) {
      case 'message':
        await this.#message(event.payload[0].message)
        return false
      case 'taskStarted':
        if (this.#options.isAgent === true && !this.#options.json) this.#words = new AgentWords()
        return false
      case 'taskQueued':
        this.#options.output.hint(`waiting for a turn: place ${event.payload[1].place} in the queue.`)
        return false
      case 'taskExited':
        this.#exit = event.payload[1]
        return false
      case 'daemonDraining':
        this.#say(
          `the daemon is stopping: this task is cancelled after ${event.payload[0].deadlineMs / 1_000} s.`,
        )
        return false
      case 'taskCompleted':
      case 'taskAborted':
        this.#isCompleted = event.eventName === 'taskCompleted'
        await this.#speak(this.#words?.end() ?? [])
        return true
      default:
        return false
    }
  }

  async #message(message: TaskMessage): Promise<void> {
    if (message.say === 'error') this.#errorText = message.text
    if (this.#options.json) return
    await this.#speak(this.#words?.fresh(message) ?? [])
    const fresh = this.#progress.fresh(message)
    if (fresh === undefined) return
    await this.#speak(this.#words?.output(fresh.bytes) ?? [])
    await this.#write(fresh.bytes, this.#options.isAgent === true ? 'stderr' : fresh.stream)
  }

  async #speak(words: readonly Words[]): Promise<void> {
    for (const { text, to } of words) await this.#write(Buffer.from(text), to)
  }

  /** What settled the task may be among the events that are missing. */
  async #gap(gap: Gap): Promise<boolean> {
    const { from, firstAvailable } = gap.data
    this.#say(`output is missing here: events ${from} to ${firstAvailable - 1} are no longer kept.`)
    const task = await this.#client.getTask(this.#options.taskId)
    this.#exit ??= task.exit
    this.#isCompleted = task.state === 'completed'
    return isSettled(task.state)
  }

  async #result(): Promise<number> {
    if (this.#options.isAgent === true) return this.#agentResult()
    if (this.#exit === undefined && this.#errorText === undefined) {
      this.#exit = (await this.#client.getTask(this.#options.taskId)).exit
    }
    if (this.#exit?.signal !== undefined) return signalExitCode(this.#exit.signal)
    if (this.#exit?.code !== undefined) return this.#exit.code
    this.#say(this.#errorText ?? 'the task ended before its command did anything.')
    return exitCodes.failure
  }

  #agentResult(): number {
    if (this.#isCompleted) return exitCodes.ok
    this.#say(this.#errorText ?? 'the task was cancelled.')
    return exitCodes.failure
  }

  #say(sentence: string): void {
    this.#options.output.say(sentence)
  }

  /** Once our output is lost the task is being cancelled: what it still says goes nowhere. */
  async #write(bytes: Uint8Array, to: 'stdout' | 'stderr'): Promise<void> {
    const { output } = this.#options
    try {
      await output.write(bytes, to)
    } catch (error) {
      if (!output.lost.aborted) throw error
    }
  }
}
