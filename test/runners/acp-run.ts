/** Starts one run of an agent and records all that it tells its task, asks too: the tests of the agents' runner use it. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { acpRunner } from '../../src/runners/acp.ts'
import { systemClock } from '../../src/runners/clock.ts'
import { accepted } from '../../src/wire/rejection.ts'
import { lastStates, taskOf } from './recorded-run.ts'
import type { Limits } from '../../src/limits.ts'
import type { Clock } from '../../src/runners/clock.ts'
import type { EarlierRun, QueuedText, Run, RunAsk, RunnerTask, RunResult } from '../../src/runners/runner.ts'
import type { CallboardConfiguration } from '../../src/wire/commands.ts'
import type { TaskEvent, TaskMessage } from '../../src/wire/events.ts'
import type { Outcome } from '../../src/wire/rejection.ts'

/** Its timers run five times as fast: it pretends to think for a second, again and again. */
const hurried = 'const slow = setTimeout; globalThis.setTimeout = (run, ms) => slow(run, ms / 5)'
const exampleAgent = join(import.meta.dirname, '../../node_modules/acp-sdk-1/dist/examples/agent.js')
export const exampleAgentCommand = [
  process.execPath,
  '--import',
  `data:text/javascript,${encodeURIComponent(hurried)}`,
  exampleAgent,
]
const hostileAgent = join(import.meta.dirname, 'hostile-agent.ts')

export const quickEnd = { cancelGraceMs: 300, agentCancelMs: 300, agentExitMs: 300, outputCloseGraceMs: 200 }

export interface AgentTrial {
  readonly task: RunnerTask
  readonly run: Run
  readonly calls: readonly string[]
  readonly asks: readonly RunAsk[]
  readonly withdrawn: readonly string[]
  readonly remembered: readonly unknown[]
  /** Everything but `started` and `ended`, in order. */
  readonly events: readonly TaskEvent[]
  readonly ended: Promise<RunResult>
  /** The last state of each message, by rising ts. */
  messages(): TaskMessage[]
  /** `say:text` or `ask:tool`, and its text, of each message in its last state. */
  told(): string[]
  /** Waits for the ask number `count`, from 1. */
  nthAsk(count: number): Promise<RunAsk>
}

export interface TrialOptions {
  readonly limits?: Partial<Limits>
  readonly clock?: Clock
  readonly earlier?: EarlierRun
  readonly images?: readonly string[]
  readonly queued?: QueuedText[]
  asked?(ask: RunAsk): Outcome<void>
}

export function agentRun(
  command: readonly string[],
  text: string,
  callboard: CallboardConfiguration = {},
  options: TrialOptions = {},
): AgentTrial {
  const runner = acpRunner({
    version: '0.0.0',
    limits: { ...quickEnd, messageUpdateMs: 5, ...options.limits },
    clock: options.clock ?? systemClock,
  })
  const base = taskOf({ cwd: tmpdir(), runner: 'acp', command: [...command], ...callboard }, text)
  const task: RunnerTask = {
    ...base,
    images: options.images ?? [],
    ...(options.earlier === undefined ? {} : { earlier: options.earlier }),
  }
  let ts = 0
  const calls: string[] = []
  const asks: RunAsk[] = []
  const withdrawn: string[] = []
  const remembered: unknown[] = []
  const events: TaskEvent[] = []
  const { promise: ended, resolve } = Promise.withResolvers<RunResult>()
  const message = (action: 'created' | 'updated', said: TaskMessage): TaskEvent => ({
    eventName: 'message',
    payload: [{ taskId: task.id, action, message: said }],
  })
  const run = runner.start(task, {
    nextTs: () => (ts += 1),
    started: () => void calls.push('started'),
    messages: (batch) => void events.push(...batch.map((one) => message(one.action, one.message))),
    announced: (batch) => void events.push(...batch),
    asked(ask) {
      const outcome = options.asked?.(ask) ?? accepted(undefined)
      if (outcome.ok) {
        events.push(message(ask.message.action, ask.message.message))
        asks.push(ask)
      }
      return outcome
    },
    withdrew: (key) => void withdrawn.push(key),
    takeQueued: () => options.queued?.splice(0) ?? [],
    remember: (state) => void remembered.push(state),
    ended(result) {
      calls.push('ended')
      resolve(result)
    },
  })
  const messages = (): TaskMessage[] =>
    lastStates(events.flatMap((event) => (event.eventName === 'message' ? [event.payload[0]] : [])))
  return {
    task,
    run,
    calls,
    asks,
    withdrawn,
    remembered,
    events,
    ended,
    messages,
    told: () => messages().map((one) => `${one.type}:${one.say ?? one.ask ?? ''} ${one.text ?? ''}`),
    nthAsk: async (count) =>
      await vi.waitFor(
        () => {
          const ask = asks[count - 1]
          if (ask === undefined) throw new Error(`only ${asks.length} asks`)
          return ask
        },
        { timeout: 20_000 },
      ),
  }
}

/** An agent of ours that does the steps. */
export function playing(
  steps: readonly object[],
  callboard: CallboardConfiguration = {},
  options: TrialOptions = {},
  [behaviour, told]: readonly [string, object] = ['script', {}],
): AgentTrial {
  const command = [process.execPath, hostileAgent, behaviour, JSON.stringify(told)]
  return agentRun(command, JSON.stringify(steps), callboard, options)
}
