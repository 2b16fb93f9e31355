/**
 * Between the states of machines/task.ts and those that a stored record and clients know. A snapshot is stored as its
 * value and context, plain JSON, with the machine's version: one of another version, or that does not fit, is none.
 */
import type { SnapshotFrom } from 'xstate'
import { taskMachine, taskMachineVersion } from '../../machines/task.ts'
import type { TaskContext } from '../../machines/task.ts'
import type { TaskRecord } from '../store/store.ts'
import type { TaskState } from '../wire/commands.ts'

export type TaskSnapshot = SnapshotFrom<typeof taskMachine>

/** A live task's state as clients are shown it: one that is being ended still runs. */
export function shownState(snapshot: TaskSnapshot): TaskState {
  if (snapshot.matches('queued')) return 'queued'
  if (snapshot.matches('starting')) return 'starting'
  if (snapshot.matches({ running: 'interactive' })) return 'interactive'
  return 'running'
}

/** The machine where a record says that its task settled; a closed one counts as aborted until it is resumed. */
export function settledSnapshot(record: TaskRecord): TaskSnapshot {
  const settled = record.state === 'completed' || record.state === 'failed' || record.state === 'resumable'
  return taskMachine.resolveState({
    value: { settled: settled ? record.state : 'aborted' },
    context: { id: record.id, exit: record.exit ?? null, outcome: '', runs: record.runs },
  })
}

/** What a record keeps of a machine that has not settled. */
export function persisted({ value, context }: TaskSnapshot): NonNullable<TaskRecord['machine']> {
  return { version: taskMachineVersion, snapshot: { value, context } }
}

/** The machine where a record left it; undefined where what it keeps does not fit this machine. */
export function restored({ id, runs, machine }: TaskRecord): TaskSnapshot | undefined {
  const { version, snapshot } = machine ?? {}
  if (version !== taskMachineVersion || !isObject(snapshot) || !isObject(snapshot['context']))
    return undefined
  const { value } = snapshot
  const { outcome } = snapshot['context']
  if (typeof value !== 'string' && !isObject(value)) return undefined
  const context: TaskContext = { id, exit: null, outcome: typeof outcome === 'string' ? outcome : '', runs }
  try {
    const found = taskMachine.resolveState({ value, context })
    return found.matches('settled') || found.matches('closed') ? undefined : found
  } catch {
    return undefined
  }
}

/** The machine of a task that ran, for one whose own snapshot does not fit. */
export function runningSnapshot({ id, runs }: TaskRecord): TaskSnapshot {
  return taskMachine.resolveState({
    value: { running: 'active' },
    context: { id, exit: null, outcome: '', runs },
  })
}

function isObject(value: unknown): value is Record<string, never> {
  return typeof value === 'object' && value !== null
}
