/** One screen of `callboard top`: the daemon in a few figures, its connections, its tasks. */
import type { Client, Status, Task } from '../../wire/envelope.ts'
import { isSettled } from '../settled.ts'
import { shortDuration } from './duration.ts'
import { oneLine } from './plain-text.ts'
import { table } from './table.ts'
import type { Cell } from './table.ts'
import { heading, taskTable } from './task-report.ts'
import type { Look } from './task-report.ts'
import { cut } from './width.ts'

export const sortKeys = ['lag', 'age', 'refused', 'name'] as const
export type SortKey = (typeof sortKeys)[number]

/** What the daemon said at one moment. */
export interface TopSample {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly status: Status
  readonly clients: readonly Client[]
  readonly tasks: readonly Task[]
}

export interface TopLook extends Look {
  /** Lines of the terminal; undefined: as many as there are. */
  readonly lines: number | undefined
  readonly sort: SortKey
}

/** Events journaled a second between two samples; 0 where there is one alone. */
export function eventRate(now: TopSample, before: TopSample | undefined): number {
  if (before === undefined || before.status.epoch !== now.status.epoch || now.at <= before.at) return 0
  return ((now.status.journal.head - before.status.journal.head) / (now.at - before.at)) * 1_000
}

/** The lines of the screen, within `lines`: what runs and who is behind before the rest. */
export function topScreen(sample: TopSample, before: TopSample | undefined, look: TopLook): string[] {
  const head = headLines(sample, before, look)
  const running = sample.tasks
    .filter(({ state }) => !isSettled(state))
    .toSorted((a, b) => b.createdAt - a.createdAt)
  const clients = [...sample.clients].sort(orders[look.sort])
  const keys = look.lines === undefined ? [] : ['', cut(keysLine(look.sort), look.columns)]
  const room = look.lines === undefined ? Infinity : Math.max(6, look.lines - head.length - keys.length - 3)
  const forTasks = Math.min(
    running.length + 1,
    Math.max(Math.floor(room / 2), Math.floor(room - clients.length - 1)),
  )
  return [
    ...head,
    '',
    ...within(clientTable(clients, look), room - forTasks),
    '',
    ...within(taskTable(running, look), forTasks),
    ...keys,
  ]
}

function keysLine(sort: SortKey): string {
  return `by ${sort}; keys: l lag, a age, r refused, n name, q ends`
}

function within(lines: readonly string[], count: number): string[] {
  if (lines.length <= count) return [...lines]
  return [...lines.slice(0, Math.max(1, count - 1)), `… ${lines.length - Math.max(1, count - 1)} more`]
}

function headLines(
  { status, at, clients }: TopSample,
  before: TopSample | undefined,
  look: TopLook,
): string[] {
  const sample = { status, at, clients, tasks: [] }
  const counted = Object.entries(status.tasks).flatMap(([state, count]) =>
    count > 0 ? [`${count} ${state}`] : [],
  )
  const lag = clients.reduce((sum, { lagBytes }) => sum + lagBytes, 0)
  const { journal, memory } = status
  // A line that the terminal breaks in two pushes the first off the screen.
  const fit = (text: string): string => cut(text, look.columns)
  const name = `callboard ${status.version}`
  return [
    look.paint.in('bold', name) +
      fit(
        `${name}, pid ${status.pid}, ${status.state}, up ${shortDuration(at - status.startedAt)}, ` +
          `memory ${mebibytes(memory.rssBytes)} MiB, journal ${mebibytes(journal.storedBytes ?? journal.bytes)} MiB`,
      ).slice(name.length),
    fit(
      `${many(clients.length, 'connection')} in ${many(status.lanes, 'lane')}, ${mebibytes(lag)} MiB behind; ` +
        `${eventRate(sample, before).toFixed(0)} events/s, ${journal.head} in all`,
    ),
    fit(`tasks: ${counted.length === 0 ? 'none' : counted.join(', ')}`),
  ]
}

const orders: Readonly<Record<SortKey, (a: Client, b: Client) => number>> = {
  lag: (a, b) => b.lagBytes - a.lagBytes || a.since - b.since,
  age: (a, b) => a.since - b.since,
  refused: (a, b) => b.refusedFrames - a.refusedFrames || a.since - b.since,
  name: (a, b) => nameOf(a).localeCompare(nameOf(b)),
}

function clientTable(clients: readonly Client[], look: TopLook): string[] {
  const rows = clients.map((client): Cell[] => {
    const [, state = client.state] = client.state.split('.')
    const behind = client.lagBytes > 0
    return [
      { text: client.clientId },
      { text: state, paint: (text) => (state === 'congested' ? look.paint.in('yellow', text) : text) },
      {
        text: behind ? `${mebibytes(client.lagBytes)} MiB` : '-',
        paint: (text) => (behind ? look.paint.in('yellow', text) : text),
      },
      { text: client.refusedFrames === 0 ? '-' : `${client.refusedFrames}` },
      { text: shortDuration(look.now - client.since) },
      { text: `${client.framing}+${client.vocabulary}` },
      { text: nameOf(client) },
    ]
  })
  const names = ['CONNECTION', 'STATE', 'LAG', 'REFUSED', 'AGE', 'SPEAKS', 'CLIENT']
  return table([heading(names, look.paint), ...rows], look.columns)
}

function nameOf({ name, version }: Client): string {
  return name === undefined ? 'legacy' : oneLine(`${name} ${version ?? ''}`)
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}

function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
