/**
 * The processes of a run: found by what they carry (CALLBOARD_TASK, the run's output), by descent, group and session,
 * and remembered once found. No single sign is enough: `env -i` drops the first, a double fork the second, setsid the
 * others. Who had shed all of them before anybody looked (an empty environment, its own session, no parent left, other
 * files as output) is not found. The trap: a pid is only ours together with its start.
 */
import { execFile } from 'node:child_process'
import type { ProcessEntry, ProcessSnapshot, ProcessTable } from './process-table.ts'

/** The process that a run started: the leader of its own group and session. */
export interface TreeRoot {
  readonly pid: number
  /** Undefined where the system does not tell at once. */
  readonly start: number | undefined
  /** What its output is connected to. */
  readonly streams: readonly string[]
}

export interface FoundMembers {
  readonly members: readonly ProcessEntry[]
  /** Whether none can have been missed. */
  readonly certain: boolean
}

/** The root's start until the first snapshot, on systems that do not tell at once. */
const unknownStart = -1
/** Processes whose marks are read at a time: each holds a file descriptor meanwhile. */
const marksAtOnce = 16

export class ProcessTree {
  readonly #table: ProcessTable
  readonly #tasks: ReadonlySet<string>
  readonly #root: TreeRoot | undefined
  readonly #isOurs: (entry: ProcessEntry, task: string) => boolean
  readonly #streams: ReadonlySet<string>
  /** Every process that ever belonged to it, by pid: its start. */
  readonly #known = new Map<number, number>()

  /**
   * All processes of the tasks `tasks`; with `root` also what descends from it. `isOurs` may deny one that carries a
   * task's mark.
   */
  constructor(
    table: ProcessTable,
    tasks: readonly string[],
    root?: TreeRoot,
    isOurs: (entry: ProcessEntry, task: string) => boolean = () => true,
  ) {
    this.#table = table
    this.#tasks = new Set(tasks)
    this.#root = root
    this.#isOurs = isOurs
    this.#streams = new Set(root?.streams)
    if (root !== undefined) this.#known.set(root.pid, root.start ?? unknownStart)
  }

  /** The members that live now. Where the system cannot be read: the root's group, as its root. */
  async find(): Promise<FoundMembers> {
    try {
      return await this.#search(await this.#table.read())
    } catch {
      return { members: this.#groupAlone(), certain: true }
    }
  }

  /** Whether a process found earlier still runs. */
  lives(member: ProcessEntry): boolean {
    const now = this.#table.find(member.pid)
    if (now !== undefined) return now.start === member.start && !now.zombie
    return process.platform !== 'linux' && send(member.pid, 0)
  }

  /** Sends `signal` to each of `members` once, to those of the root's group in one stroke. */
  signal(members: readonly ProcessEntry[], signal: NodeJS.Signals): void {
    if (process.platform === 'win32') return endOnWindows(members, signal)
    const group = this.#root?.pid
    const grouped = group !== undefined && members.some((one) => one.group === group && this.lives(one))
    if (grouped) send(-group, signal)
    for (const member of members) {
      if (grouped && member.group === group) continue
      if (this.lives(member)) send(member.pid, signal)
    }
  }

  async #search(snapshot: ProcessSnapshot): Promise<FoundMembers> {
    const since = this.#root?.start ?? 0
    const candidates = snapshot.entries.filter(
      (one) => one.start >= since && one.pid !== process.pid && one.pid !== 1,
    )
    this.#forgetReused(snapshot.entries)
    this.#learnRelated(candidates)
    const unsure = await this.#learnMarked(snapshot, candidates)
    this.#learnRelated(candidates)
    const members = candidates.filter((one) => !one.zombie && this.#isKnown(one))
    return { members, certain: !unsure && snapshot.quiet() }
  }

  #isKnown(entry: ProcessEntry): boolean {
    return this.#known.get(entry.pid) === entry.start
  }

  /** A pid that now is another process no longer leads a group or session of ours. */
  #forgetReused(entries: readonly ProcessEntry[]): void {
    for (const { pid, start } of entries) {
      if (this.#known.get(pid) === unknownStart) this.#known.set(pid, start)
      else if (this.#known.has(pid) && this.#known.get(pid) !== start) this.#known.delete(pid)
    }
  }

  /** Adds children, and members of a group or session that one of ours leads, until there are no more. */
  #learnRelated(candidates: readonly ProcessEntry[]): void {
    let before: number
    do {
      before = this.#known.size
      for (const { pid, parent, group, session, start } of candidates) {
        if (this.#known.has(parent) || this.#known.has(group) || this.#known.has(session))
          this.#known.set(pid, start)
      }
    } while (this.#known.size > before)
  }

  /** Adds what carries a mark; returns whether one could not be looked at properly. */
  async #learnMarked(snapshot: ProcessSnapshot, candidates: readonly ProcessEntry[]): Promise<boolean> {
    const strangers = candidates.filter((one) => !one.zombie && !this.#isKnown(one))
    let unsure = false
    for (let at = 0; at < strangers.length; at += marksAtOnce) {
      const looks = strangers.slice(at, at + marksAtOnce).map(async (one) => await this.#look(snapshot, one))
      if ((await Promise.all(looks)).includes(false)) unsure = true
    }
    return unsure
  }

  /** Adds `entry` if it carries a mark; returns whether that is certain. */
  async #look(snapshot: ProcessSnapshot, entry: ProcessEntry): Promise<boolean> {
    const { task, streams, certain } = await snapshot.marks(entry)
    const marked = task !== undefined && this.#tasks.has(task) && this.#isOurs(entry, task)
    const ours = marked || streams.some((one) => this.#streams.has(one))
    if (ours) this.#known.set(entry.pid, entry.start)
    return ours || certain
  }

  #groupAlone(): ProcessEntry[] {
    const sign = process.platform === 'win32' ? 1 : -1
    if (this.#root === undefined || !send(sign * this.#root.pid, 0)) return []
    const { pid, start = 0 } = this.#root
    return [{ pid, parent: process.pid, group: pid, session: pid, start, zombie: false }]
  }
}

/** Windows has neither groups nor TERM, and its own program for process trees. */
function endOnWindows(members: readonly ProcessEntry[], signal: NodeJS.Signals): void {
  const force = signal === 'SIGKILL' ? ['/F'] : []
  for (const { pid } of members) {
    execFile('taskkill', ['/PID', String(pid), '/T', ...force], { windowsHide: true }, () => undefined)
  }
}

/** Whether there was somebody to get it. One that has become another user's cannot be ended: as good as nobody. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
