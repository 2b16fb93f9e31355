/**
 * Task ids as people type and read them: any unique beginning or end of one will do. Ids begin with the time of their
 * creation, so that their ends tell them apart sooner: what is shown is the shortest end that does, eight characters at
 * least.
 */
import { Failure } from './failure.ts'
import type { Task } from '../wire/envelope.ts'

const shownCharsMin = 8
const matchesShownMax = 5

/** The one id of `tasks` that `typed` is, begins or ends. Throws Failure where there is none or more than one. */
export function resolveTaskId(typed: string, tasks: readonly Pick<Task, 'id'>[]): string {
  const ids = tasks.map((task) => task.id)
  if (ids.includes(typed)) return typed
  const matches = typed === '' ? [] : ids.filter((id) => id.startsWith(typed) || id.endsWith(typed))
  const [only] = matches
  if (only === undefined) {
    throw new Failure(
      `no task's id begins or ends with ${JSON.stringify(typed)}: \`callboard ps --all\` lists them.`,
    )
  }
  if (matches.length > 1) throw ambiguous(typed, matches)
  return only
}

function ambiguous(typed: string, ids: readonly string[]): Failure {
  const shown = ids.slice(0, matchesShownMax).join(', ')
  const more = ids.length > matchesShownMax ? ` and ${ids.length - matchesShownMax} more` : ''
  return new Failure(
    `${JSON.stringify(typed)} may mean ${ids.length} tasks (${shown}${more}): type more of it.`,
  )
}

/** The end of `id` that is shown. `length`: see `shortIdLength`. */
export function shortId(id: string, length: number = shownCharsMin): string {
  return id.slice(-length)
}

/** How many characters at their ends tell `ids` apart. */
export function shortIdLength(ids: readonly string[]): number {
  const longest = ids.reduce((most, id) => Math.max(most, id.length), 0)
  let length = shownCharsMin
  while (length < longest && new Set(ids.map((id) => shortId(id, length))).size < ids.length) length += 1
  return length
}
