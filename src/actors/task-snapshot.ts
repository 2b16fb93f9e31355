/**
 * Between the states of machines/task.ts and those that a stored record and clients know.
 */
import type { SnapshotFrom } from 'xstate'
import { taskMachine } from '../../machines/task.ts'
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
