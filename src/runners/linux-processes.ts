/**
 * Processes from /proc. `stat` is read synchronously, in slices of a few milliseconds: a tenth of the cost of
 * asynchronous reading, and it never waits for the process. `environ` may wait for one that is stuck in the kernel, so
 * it is read asynchronously, and only of those that could belong to a run.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { taskVariable } from './environment.ts'
import type { ProcessEntry, ProcessMarks, ProcessSnapshot } from './process-table.ts'

/** How long one slice may keep the event loop. */
const sliceMs = 2
/** Looking at the clock costs as much as a fifth of a process. */
const processesPerLook = 16

export async function readLinuxProcesses(): Promise<ProcessSnapshot> {
  const newest = newestPid()
  const entries: ProcessEntry[] = []
  let until = performance.now() + sliceMs
  for (const [index, name] of readdirSync('/proc').entries()) {
    const pid = Number(name)
    const entry = Number.isInteger(pid) ? readLinuxProcess(pid) : undefined
    if (entry !== undefined) entries.push(entry)
    if (index % processesPerLook === 0 && performance.now() > until) {
      await setImmediate()
      until = performance.now() + sliceMs
    }
  }
  const known = new Map<number, Promise<ProcessMarks>>()
  const marks = async (entry: ProcessEntry): Promise<ProcessMarks> => {
    const read = known.get(entry.pid) ?? readMarks(entry)
    known.set(entry.pid, read)
    return await read
  }
  return { entries, quiet: () => newest !== undefined && newestPid() === newest, marks }
}

/** The process `pid` as it is now. */
export function readLinuxProcess(pid: number): ProcessEntry | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}

/** Reads /proc/<pid>/stat, whose second field, the program's name, may hold blanks and parentheses. */
export function parseStat(pid: number, stat: string): ProcessEntry | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, parent, group, session] = fields
  const start = Number(fields[19])
  if (Number.isNaN(start)) return undefined
  // A process whose first thread has ended looks like a zombie while its other threads run on.
  const zombie = state === 'X' || (state === 'Z' && Number(fields[17]) <= 1)
  return { pid, parent: Number(parent), group: Number(group), session: Number(session), start, zombie }
}

/** The pid given away last: the same before and after means that no process began in between. */
function newestPid(): string | undefined {
  try {
    return readFileSync('/proc/loadavg', 'utf8').trim().split(' ').at(-1)
  } catch {
    return undefined
  }
}

async function readMarks(entry: ProcessEntry): Promise<ProcessMarks> {
  try {
    const environment = await readFile(`/proc/${entry.pid}/environ`, 'utf8')
    // Empty is what `env -i` leaves, but also what a process shows in the middle of its exec.
    return {
      task: variable(environment),
      streams: standardStreams(entry.pid),
      certain: environment !== '' || entry.session === 0,
    }
  } catch (error) {
    const foreign = error instanceof Error && 'code' in error && error.code === 'EACCES'
    return { task: undefined, streams: [], certain: foreign }
  }
}

function variable(environment: string): string | undefined {
  const name = `\0${taskVariable}=`
  const all = `\0${environment}`
  const at = all.indexOf(name)
  return at === -1 ? undefined : all.slice(at + name.length).split('\0', 1)[0]
}

/** Which sockets and pipes the standard streams of `pid` are connected to; fewer where it has closed some or may not be looked at. */
export function standardStreams(pid: number): readonly string[] {
  return [0, 1, 2].flatMap((stream) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${stream}`)
      // Files and devices, /dev/null before all, are shared with everybody.
      return /^(?:socket|pipe):/.test(target) ? [target] : []
    } catch {
      return []
    }
  })
}
