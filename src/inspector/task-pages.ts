/**
 * Where the pages of a task's timeline begin. A task's events are read in their order alone: whoever wants its newest asks
 * for this first, so many events at a time, and goes on from there as more come.
 */
import type { InspectorLimits } from './limits.ts'
import type { Sight } from './sight.ts'

export interface TaskPages {
  /** Of each page that begins in what was counted: the sequence after which it does. */
  readonly starts: readonly number[]
  /** Events so far. */
  readonly count: number
  /** Everything up to here has been counted. */
  readonly through: number
  /** There is more to count: ask again. */
  readonly more: boolean
}

/** Counts on from `through`, up to which there were `count`. */
export function countPages(
  sight: Pick<Sight, 'events'>,
  task: string,
  known: { readonly through: number; readonly count: number },
  { eventsOfPage, eventsCountedAtOnce }: Pick<InspectorLimits, 'eventsOfPage' | 'eventsCountedAtOnce'>,
): TaskPages {
  const events = sight.events({ task, after: known.through, countMax: eventsCountedAtOnce, frames: false })
  const starts: number[] = []
  let { count, through } = known
  for (const { seq } of events) {
    if (count++ % eventsOfPage === 0) starts.push(through)
    through = seq
  }
  return { starts, count, through, more: events.length === eventsCountedAtOnce }
}
