/**
 * Starts one run and records all that it tells its task: the one way in which the tests here drive a runner.
 */
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import type {
  Run,
  RunEvents,
  RunResult,
  Runner,
  RunnerMessage,
  RunnerTask,
} from '../../src/runners/runner.ts'
import type { CallboardConfiguration } from '../../src/wire/commands.ts'
import type { TaskEvent, TaskMessage } from '../../src/wire/events.ts'
import { refused } from '../../src/wire/rejection.ts'

export interface RecordedRun {
  readonly task: RunnerTask
  readonly run: Run
  /** `started`, `messages`, `announced` and `ended` in their order. */
  readonly calls: string[]
  readonly batches: (readonly RunnerMessage[])[]
  /** Events that were told as they are. */
  readonly announced: readonly TaskEvent[]
  readonly ended: Promise<RunResult>
  /** The last state of each message, by rising ts. */
  messages(): TaskMessage[]
  /** The exact bytes of one stream, as a consumer restores them. */
  bytes(stream: 'stdout' | 'stderr'): Buffer
}

export function taskOf(callboard: CallboardConfiguration, text = 'the prompt'): RunnerTask {
  const id = randomUUID()
  return {
    id,
    text,
    images: [],
    configuration: {},
    callboard: { cwd: tmpdir(), ...callboard },
    socketPath: '/run/callboard.sock',
  }
}

const noAsks: Pick<RunEvents, 'asked' | 'withdrew'> = {
  asked: () => refused('unsupported', 'nobody answers here'),
  withdrew: () => undefined,
}

export function record(runner: Runner, task: RunnerTask, asks = noAsks): RecordedRun {
  let ts = 0
  const calls: string[] = []
  const batches: (readonly RunnerMessage[])[] = []
  const announced: TaskEvent[] = []
  const { promise: ended, resolve } = Promise.withResolvers<RunResult>()
  const run = runner.start(task, {
    nextTs: () => (ts += 1),
    started: () => void calls.push('started'),
    messages(batch) {
      calls.push('messages')
      batches.push(batch)
    },
    announced(events) {
      calls.push('announced')
      announced.push(...events)
    },
    ...asks,
    remember: () => undefined,
    ended(result) {
      calls.push('ended')
      resolve(result)
    },
  })
  const messages = (): TaskMessage[] => lastStates(batches.flat())
  const bytes = (stream: 'stdout' | 'stderr'): Buffer =>
    Buffer.concat(messages().flatMap((one) => (one.stream === stream ? [bytesOf(one)] : [])))
  return { task, run, calls, batches, announced, ended, messages, bytes }
}

export function lastStates(sent: readonly RunnerMessage[]): TaskMessage[] {
  const byTs = new Map<number, TaskMessage>()
  for (const { message } of sent) byTs.set(message.ts, message)
  return [...byTs.values()].sort((one, other) => one.ts - other.ts)
}

export function bytesOf(message: TaskMessage): Buffer {
  return message.bytes === undefined ? Buffer.from(message.text ?? '') : Buffer.from(message.bytes, 'base64')
}
