/** Tasks for people: the rows of `ps` and the report of `show`. */
import { shortId, shortIdLength } from '../task-id.ts'
import { shortDuration } from './duration.ts'
import { exitWords } from './event-words.ts'
import { oneLine } from './plain-text.ts'
import { table } from './table.ts'
import type { Cell } from './table.ts'
import type { Paint } from './paint.ts'
import type { Task } from '../../wire/envelope.ts'

export interface Look {
  readonly paint: Paint
  /** Columns to cut at; undefined: nothing is cut. */
  readonly columns: number | undefined
  /** Milliseconds since the Unix epoch. */
  readonly now: number
}

/** A heading and one line a task, in the order given. */
export function taskTable(tasks: readonly Task[], look: Look): string[] {
  const idLength = shortIdLength(tasks.map((task) => task.id))
  const heading = ['TASK', 'STATE', 'AGE', 'COMMAND'].map((text) => ({
    text,
    paint: (padded: string) => look.paint.in('bold', padded),
  }))
  return table([heading, ...tasks.map((task) => taskRow(task, idLength, look))], look.columns)
}

function taskRow(task: Task, idLength: number, look: Look): Cell[] {
  return [
    { text: shortId(task.id, idLength) },
    { text: stateText(task), paint: (padded) => look.paint.state(task.state, padded) },
    { text: shortDuration(look.now - task.createdAt) },
    { text: oneLine(task.text) },
  ]
}

function stateText(task: Task): string {
  if (task.state === 'failed' && task.exit?.code !== undefined) return `failed (${task.exit.code})`
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
    ['held by', optional(task.holder?.client ?? task.holder?.clientId)],
  ])
}

/** Names and values below each other; those without a value are left out. */
export function fields(all: readonly (readonly [string, Cell | undefined])[]): string[] {
  const rows = all.flatMap(([name, cell]) => (cell === undefined ? [] : [[{ text: `${name}:` }, cell]]))
  return table(rows, undefined)
}

function optional(text: string | undefined): Cell | undefined {
  return text === undefined ? undefined : { text: oneLine(text) }
}
