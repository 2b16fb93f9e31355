/**
 * Processes from `ps`, for systems without /proc: best effort, since it shows a process's environment to its own user
 * alone, after its arguments and without a boundary between the two.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { limits } from '../limits.ts'
import type { Limits } from '../limits.ts'
import { taskVariable } from './environment.ts'
import type { ProcessEntry, ProcessMarks, ProcessSnapshot } from './process-table.ts'

const columns = ['-axwwE', '-o', 'pid=,ppid=,pgid=,stat=,lstart=,command=']
const line = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+\S+\s+(\S+\s+\d+\s+[\d:]+\s+\d{4})\s?(.*)$/

/** Rejects where it prints too much or takes too long. */
export async function readPsProcesses(
  program = 'ps',
  { psOutputBytesMax, psDeadlineMs }: Pick<Limits, 'psOutputBytesMax' | 'psDeadlineMs'> = limits,
): Promise<ProcessSnapshot> {
  const options = {
    maxBuffer: psOutputBytesMax,
    timeout: psDeadlineMs,
    env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
  }
  const { stdout } = await promisify(execFile)(program, columns, options)
  return parsePs(stdout)
}

/** Reads the output of `ps` with the columns above. */
export function parsePs(output: string): ProcessSnapshot {
  const entries: ProcessEntry[] = []
  const tasks = new Map<number, string>()
  for (const text of output.split('\n')) {
    const [, pid, parent, group, state = '', started = '', command = ''] = line.exec(text) ?? []
    if (pid === undefined) continue
    const zombie = state.startsWith('Z')
    entries.push({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: 0,
      start: Date.parse(started),
      zombie,
    })
    const task = new RegExp(`\\s${taskVariable}=(\\S+)`).exec(command)?.[1]
    if (task !== undefined) tasks.set(Number(pid), task)
  }
  const marks = (entry: ProcessEntry): Promise<ProcessMarks> =>
    Promise.resolve({ task: tasks.get(entry.pid), streams: [], certain: true })
  return { entries, quiet: () => false, marks }
}
