/**
 * Ids of tasks and asks as people type and read them: any unique beginning or end of one will do. Ids begin with the
 * time of their creation, so that their ends tell them apart sooner: what is shown is the shortest end that does, eight
 * characters at least.
 */
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'
import { oneLine } from './rendering/plain-text.ts'
import type { Task } from '../wire/envelope.ts'

const shownCharsMin = 8
const matchesShownMax = 5

/**
 * The one id of `tasks` that `typed` is, begins or ends. Throws Failure where there is none or more than one; `listing`
 * is the command that lists them.
 */
export function resolveTaskId(typed: string, tasks: readonly Pick<Task, 'id'>[], listing: string): string {
  const ids = tasks.map((task) => task.id)
  const found = matchId(typed, ids, 'tasks')
  if (found !== undefined) return found
  throw new Failure(
    `no task's id begins or ends with ${JSON.stringify(oneLine(typed))}: ${listing} lists them.`,
  )
}

/**
 * Undefined where no id matches. Throws Failure where several do: it names them by the ends that tell them apart; and
 * where nothing was typed, as by a variable of a shell that is empty (2).
 */
export function matchId(typed: string, ids: readonly string[], things: string): string | undefined {
  if (ids.includes(typed)) return typed
  if (typed.trim() === '') throw new Failure(`an empty id means none of the ${things}.`, exitCodes.usage)
  const matches = ids.filter((id) => id.startsWith(typed) || id.endsWith(typed))
  if (matches.length > 1) throw ambiguous(typed, matches, ids, things)
  return matches[0]
}

function ambiguous(
  typed: string,
  matches: readonly string[],
  ids: readonly string[],
  things: string,
): Failure {
  const length = shortIdLength(ids)
  const shown = matches.slice(0, matchesShownMax).map((id) => shortId(id, length))
  const more = matches.length > matchesShownMax ? ` and ${matches.length - matchesShownMax} more` : ''
  return new Failure(
    `${JSON.stringify(oneLine(typed))} may mean ${matches.length} ${things} (${shown.join(', ')}${more}): ` +
      'type one of these, or more of it.',
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
