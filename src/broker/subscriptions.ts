/**
 * What a reader wants to hear: a filter over tasks and event names. Filters with the same key share a lane.
 */
import type { Subscribe } from '../wire/commands.ts'

export interface Filter {
  /** Equal keys mean the same events. */
  readonly key: string
  /** Undefined: every task. A live set where the reader's own tasks are meant. */
  readonly tasks: ReadonlySet<string> | undefined
  /** Undefined: every event name. */
  readonly names: ((name: string) => boolean) | undefined
  /** Whether an event of this task and name is wanted. */
  matches(task: string, name: string): boolean
}

function filter(
  key: string,
  tasks: ReadonlySet<string> | undefined,
  names: ((name: string) => boolean) | undefined,
): Filter {
  return {
    key,
    tasks,
    names,
    matches: (task, name) => (tasks === undefined || tasks.has(task)) && (names === undefined || names(name)),
  }
}

/** Everything, live: what a link gets until it subscribes. */
export const everything: Filter = filter('*', undefined, undefined)

/** A filter from a Subscribe. `own` limits it to a session's own tasks, which may grow while it is used. */
export function subscriptionFilter(wanted: Subscribe, own?: OwnTasks): Filter {
  const globs = wanted.events?.toSorted()
  const names = globs === undefined ? undefined : nameMatcher(globs)
  const tasks = wanted.tasks === undefined ? undefined : new Set(wanted.tasks)
  const nameKey = globs === undefined ? '' : JSON.stringify(globs)
  if (own === undefined) {
    if (tasks === undefined && names === undefined) return everything
    const taskKey = tasks === undefined ? '*' : JSON.stringify([...tasks].toSorted())
    return filter(`${taskKey} ${nameKey}`, tasks, names)
  }
  if (tasks === undefined) return filter(`own:${own.key} ${nameKey}`, own.tasks, names)
  // Asked at each event: a task may become the session's own after it subscribed to it.
  const wish = filter(`own:${own.key} ${JSON.stringify([...tasks].toSorted())} ${nameKey}`, tasks, names)
  return { ...wish, matches: (task, name) => own.tasks.has(task) && wish.matches(task, name) }
}

/** The tasks of a session on a listener with `scope=own`. */
export interface OwnTasks {
  readonly key: string
  readonly tasks: ReadonlySet<string>
}

/** Matches names against globs in which `*` stands for any characters; linear, without backtracking. */
function nameMatcher(globs: readonly string[]): (name: string) => boolean {
  const known = new Map<string, boolean>()
  const parts = globs.map((glob) => glob.split('*'))
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const matched = parts.some((part) => matchesParts(part, name))
    known.set(name, matched)
    return matched
  }
}

function matchesParts(parts: readonly string[], name: string): boolean {
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (parts.length === 1) return name === first
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
    return false
  let from = first.length
  const until = name.length - last.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, from)
    if (found === -1 || found + part.length > until) return false
    from = found + part.length
  }
  return true
}

/** Whether it means a session's own tasks, which grow. */
export function isLiveSet({ key }: Filter): boolean {
  return key.startsWith('own:')
}

/** The only task it means, where that does not change. */
export function onlyTaskOf(filter: Filter): string | undefined {
  if (filter.tasks?.size !== 1 || isLiveSet(filter)) return undefined
  return filter.tasks.values().next().value
}
