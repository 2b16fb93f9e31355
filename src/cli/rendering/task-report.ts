/** Tasks for people: the rows of `ps` and the report of `show`. */
import { shortId, shortIdLength } from '../task-id.ts'
import { shortDuration } from './duration.ts'
import { askText } from './ask-words.ts'
import { exitWords, holderWords } from './event-words.ts'
import { oneLine } from './plain-text.ts'
import { table } from './table.ts'
import type { Cell } from './table.ts'
import type { Paint } from './paint.ts'
import { cut } from './width.ts'
import type { Task } from '../../wire/envelope.ts'
import type { Holder } from '../../wire/events.ts'

const holderColumnsMax = 20

export interface Look {
  readonly paint: Paint
  /** Columns to cut at; undefined: nothing is cut. */
  readonly columns: number | undefined
  /** Milliseconds since the Unix epoch. */
  readonly now: number
}

/** A heading and one line a task, in the order given. Who holds a task, where one of them is held, has a column. */
export function taskTable(tasks: readonly Task[], look: Look): string[] {
  const idLength = shortIdLength(tasks.map((task) => task.id))
  const held = tasks.some((task) => task.holder !== undefined)
  const names = ['TASK', 'STATE', 'AGE', ...(held ? ['HELD BY'] : []), 'COMMAND']
  return table(
    [heading(names, look.paint), ...tasks.map((task) => taskRow(task, idLength, held, look))],
    look.columns,
  )
}

/** The first row of a table. */
export function heading(names: readonly string[], paint: Paint): Cell[] {
  return names.map((text) => ({ text, paint: (padded: string) => paint.in('bold', padded) }))
}

function taskRow(task: Task, idLength: number, held: boolean, look: Look): Cell[] {
  return [
    { text: shortId(task.id, idLength) },
    { text: stateText(task), paint: (padded) => look.paint.state(task.state, padded) },
    { text: shortDuration(look.now - task.createdAt) },
    ...(held ? [{ text: holderName(task.holder) }] : []),
    { text: oneLine(task.text) },
  ]
}

/** Cut: it stands before the column that takes what is left of a terminal. */
function holderName(holder: Holder | undefined): string {
  return holder === undefined ? '' : cut(oneLine(holder.client ?? holder.clientId), holderColumnsMax)
}

function stateText(task: Task): string {
  if (task.state === 'failed' && task.exit?.code !== undefined) return `failed (${task.exit.code})`
  if (task.state === 'queued' && task.queuePlace !== undefined) return `queued (${task.queuePlace})`
  if (task.asks.length > 0) return `${task.state} (${task.asks.length} asked)`
  return task.state
}

/** One aligned line for each thing known of the task. */
export function taskReport(task: Task, look: Look): string[] {
  const age = `${shortDuration(look.now - task.createdAt)} ago`
  return fields([
    ['task', { text: task.id }],
    ['state', { text: task.state, paint: (text) => look.paint.state(task.state, text) }],
    ['created', { text: `${new Date(task.createdAt).toISOString()} (${age})` }],
    ['command', { text: oneLine(task.text) }],
    ['directory', optional(task.cwd)],
    ['profile', optional(task.profile)],
    ['exit', task.exit === undefined ? undefined : { text: exitWords(task.exit) }],
    ['resumable', { text: task.resumable ? 'yes' : 'no' }],
    ['queue place', optional(task.queuePlace?.toString())],
    [
      'priority',
      task.priority === undefined || task.priority === 0 ? undefined : { text: `${task.priority}` },
    ],
    ['started in', optional(task.parent)],
    ['held by', task.holder === undefined ? undefined : { text: holdingText(task.holder) }],
    ...task.asks.map((ask) => ['asks', { text: `${ask.id}: ${askText(ask)}` }] as const),
    ...(task.queuedMessages ?? []).map(({ text }) => ['message waits', optional(text)] as const),
  ])
}

function holdingText(holder: Holder): string {
  const until = holder.until === undefined ? '' : ` until ${new Date(holder.until).toISOString()}`
  return `${holderWords(holder)}${until}`
}

/** Names and values below each other; those without a value are left out. */
export function fields(all: readonly (readonly [string, Cell | undefined])[]): string[] {
  const rows = all.flatMap(([name, cell]) => (cell === undefined ? [] : [[{ text: `${name}:` }, cell]]))
  return table(rows, undefined)
}

function optional(text: string | undefined): Cell | undefined {
  return text === undefined ? undefined : { text: oneLine(text) }
}
