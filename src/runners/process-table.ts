/**
 * The machine's processes, as far as ending a run needs them. Linux is read from /proc, other systems through `ps`.
 * Who asks while a reading waits for the one before it shares that one: a daemon that drains ends hundreds of runs at
 * once. A process is its pid *and* its start: a pid alone may be somebody else's a moment later.
 */
import { readLinuxProcess, readLinuxProcesses } from './linux-processes.ts'
import { readPsProcesses } from './ps-processes.ts'

export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** 0 where the system does not tell. */
  readonly session: number
  /** When it started: rising, in a unit of the system's own. */
  readonly start: number
  /** Ended, but not yet waited for: nothing of it runs. */
  readonly zombie: boolean
}

/** What a process carries that ties it to a run, whoever its parent is by now. */
export interface ProcessMarks {
  /** Its CALLBOARD_TASK at the time of its exec. */
  readonly task: string | undefined
  /** What its standard streams are connected to, as `socket:[…]` or `pipe:[…]`. */
  readonly streams: readonly string[]
  /** False where it was just changing or going: look again. */
  readonly certain: boolean
}

export interface ProcessSnapshot {
  readonly entries: readonly ProcessEntry[]
  /** Whether no process was started since the snapshot began: then nothing can have slipped through it. */
  quiet(): boolean
  marks(entry: ProcessEntry): Promise<ProcessMarks>
}

export interface ProcessTable {
  /** A snapshot that begins after this call. Throws where the system does not let itself be read. */
  read(): Promise<ProcessSnapshot>
  /** One process, now; undefined where there is none, or where only `read` can tell. */
  find(pid: number): ProcessEntry | undefined
}

/** A table over `take`, which reads the system once. */
export function sharedTable(take: () => Promise<ProcessSnapshot>, find: ProcessTable['find']): ProcessTable {
  let last: Promise<unknown> = Promise.resolve()
  let waiting: Promise<ProcessSnapshot> | undefined
  const begin = async (before: Promise<unknown>): Promise<ProcessSnapshot> => {
    await Promise.allSettled([before])
    waiting = undefined
    return await take()
  }
  const read = (): Promise<ProcessSnapshot> => {
    if (waiting === undefined) {
      waiting = begin(last)
      last = waiting
    }
    return waiting
  }
  return { read, find }
}

/** The table of this machine. */
export const processTable: ProcessTable =
  process.platform === 'linux'
    ? sharedTable(readLinuxProcesses, readLinuxProcess)
    : sharedTable(
        () => readPsProcesses(),
        () => undefined,
      )
