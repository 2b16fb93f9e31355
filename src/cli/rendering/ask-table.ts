/** Open asks for people: the rows of `asks`. */
import { shortId, shortIdLength } from '../task-id.ts'
import { askText } from './ask-words.ts'
import { shortDuration } from './duration.ts'
import { table } from './table.ts'
import { heading } from './task-report.ts'
import type { Look } from './task-report.ts'
import type { Ask } from '../../wire/events.ts'

/** A heading and one line an ask, in the order given. `idLength`: of tasks' ids, as `ps` shows them. */
export function askTable(asks: readonly Ask[], idLength: number, look: Look): string[] {
  const askLength = shortIdLength(asks.map((ask) => ask.id))
  const rows = asks.map((ask) =>
    [
      shortId(ask.id, askLength),
      shortId(ask.task, idLength),
      ask.kind,
      shortDuration(look.now - ask.askedAt),
      askText(ask),
    ].map((text) => ({ text })),
  )
  return table([heading(['ASK', 'TASK', 'KIND', 'AGE', 'TEXT'], look.paint), ...rows], look.columns)
}
