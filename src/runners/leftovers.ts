/**
 * Processes that a daemon which was killed left behind: those that carry a task's id in CALLBOARD_TASK and were started
 * after the task and before this daemon, with all that descends from them. Both signs must agree: a pid is reused, and
 * an environment is inherited by whoever a user starts from inside a task later on.
 */
import { limits as defaults } from '../limits.ts'
import { holdingClock } from './clock.ts'
import { processTable } from './process-table.ts'
import type { ProcessEntry, ProcessTable } from './process-table.ts'
import { ProcessTree } from './process-tree.ts'
import { TreeEnding } from './tree-ending.ts'
import type { EndingOptions } from './tree-ending.ts'

/** A task of an earlier start of the daemon. */
export interface LeftTask {
  readonly id: string
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number
}

export interface LeftoverOptions extends EndingOptions {
  readonly table: ProcessTable
  /** When this daemon was started: milliseconds since the Unix epoch. */
  readonly startedAt: number
}

/** Linux counts a process's start in hundredths of a second since the boot. */
const linuxTicksPerMs = 0.1

/** Ends what is left of the tasks' runs, and resolves with how many processes outlived it. Never rejects. */
export async function endLeftovers(
  tasks: readonly LeftTask[],
  options: Partial<LeftoverOptions> = {},
): Promise<number> {
  if (tasks.length === 0) return 0
  const { limits = defaults, clock = holdingClock, table = processTable } = options
  const startedAt = options.startedAt ?? Date.now() - process.uptime() * 1_000
  const createdAt = new Map(tasks.map((task) => [task.id, task.createdAt]))
  const own = table.find(process.pid)?.start
  const isOurs = ({ start }: ProcessEntry, task: string): boolean => {
    const age = startedAt - (createdAt.get(task) ?? startedAt)
    // Of a task from the future only this much is known: the clock was set back.
    const ageMax = age < 0 ? Infinity : age + defaults.leftoverToleranceMs
    if (own === undefined) return start <= startedAt && start >= startedAt - ageMax
    return start <= own && start >= own - ageMax * linuxTicksPerMs
  }
  const tree = new ProcessTree(table, [...createdAt.keys()], undefined, isOurs)
  return await new TreeEnding(tree, { limits, clock }).left
}
