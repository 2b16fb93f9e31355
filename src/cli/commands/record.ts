/**
 * `callboard record <task>`: a task's events as a recording, which the runner `replay` plays. What is kept of its
 * beginning comes first, then what it still does until it settles. The trap: a gap in the journal may have cost only
 * other tasks' events, so that what decides is whether this task's own begin at their beginning.
 */
import { Command } from 'commander'
import { recordedEventLine, recordingHeaderLine } from '../../wire/recording.ts'
import { withConnection } from '../connection.ts'
import { Failure } from '../failure.ts'
import { advice, invocationOf, withSharedOptions } from '../invocation.ts'
import { TaskFollower } from '../task-follower.ts'
import { resolveTaskId } from '../task-id.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'
import type { Output } from '../output.ts'
import type { EventMessage, Gap, Task } from '../../wire/envelope.ts'

interface RecordOptions {
  readonly partial?: boolean
}

const help = `
Examples:
  callboard record 3f2a91c0 > task.jsonl  its events, until it settles
  callboard record --partial 3f2a91c0     also where its beginning is missing

A task whose configuration.callboard is
  {"replay": "/path/to/task.jsonl", "speed": 10}
plays it. The file holds the task's prompt and all that was said, and none of
its configuration.`

export function recordCommand(): Command {
  return withSharedOptions(new Command('record'))
    .summary('write what a task did as a file that can be played')
    .description('Write the events of a task with their times, as JSON Lines, until it settles.')
    .argument('<task>', 'its id, or a unique beginning or end of it')
    .option('--partial', 'also where events are missing because they are no longer kept')
    .addHelpText('after', help)
    .action(async (typed: string, options: RecordOptions, command: Command) => {
      const invocation = invocationOf(command)
      await withConnection(invocation, {}, (connection) => record(invocation, connection, typed, options))
    })
}

async function record(
  invocation: Invocation,
  { client }: Connection,
  typed: string,
  { partial = false }: RecordOptions,
): Promise<void> {
  const id = resolveTaskId(typed, await client.listTasks(), advice(invocation, 'ps --all'))
  const events = client.events({ tasks: [id], after: 0, snapshot: true })
  const { head, snapshot } = await events.subscribed
  const task = snapshot?.tasks.find((one) => one.id === id) ?? (await client.getTask(id))
  const recorder = new Recorder(invocation.output, task, partial)
  await new TaskFollower(client, [task], head).follow(events, (item) => recorder.take(item))
  await recorder.end()
}

class Recorder {
  readonly #output: Output
  readonly #task: Task
  readonly #partial: boolean
  #firstAt: number | undefined
  #t = 0

  constructor(output: Output, task: Task, partial: boolean) {
    this.#output = output
    this.#task = task
    this.#partial = partial
  }

  /** Throws Failure where events of the task are missing, unless that was allowed. */
  async take(item: EventMessage | Gap): Promise<void> {
    if (item.type === 'Gap') {
      // Before the task's first event, that event says whether something is missing.
      if (this.#firstAt !== undefined) this.#missing()
      return
    }
    if (item.task !== this.#task.id) return
    if (this.#firstAt === undefined) await this.#begin(item)
    const { at = 0 } = item
    // The clock of the machine may have been set back meanwhile.
    this.#t = Math.max(this.#t, at - (this.#firstAt ?? at))
    await this.#output.write(recordedEventLine(this.#t, item.data))
  }

  async end(): Promise<void> {
    if (this.#firstAt !== undefined) return
    this.#missing()
    await this.#header()
  }

  async #begin(first: EventMessage): Promise<void> {
    if (first.data.eventName !== 'taskCreated') this.#missing()
    this.#firstAt = first.at ?? 0
    await this.#header()
  }

  async #header(): Promise<void> {
    const { id, text, createdAt } = this.#task
    await this.#output.write(recordingHeaderLine({ id, text, createdAt }, Date.now()))
  }

  #missing(): void {
    const sentence = 'events of this task are missing: they are no longer kept'
    if (!this.#partial) throw new Failure(`${sentence} (\`--partial\` records what is left).`)
    this.#output.say(`${sentence}.`)
  }
}
