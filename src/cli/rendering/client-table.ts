/** Who is connected, for people: the rows of `clients`. */
import { shortId } from '../task-id.ts'
import { shortDuration } from './duration.ts'
import { oneLine } from './plain-text.ts'
import { table } from './table.ts'
import { heading } from './task-report.ts'
import { cut } from './width.ts'
import type { Look } from './task-report.ts'
import type { Client } from '../../wire/envelope.ts'

const nameColumnsMax = 20
const names = ['CLIENT', 'NAME', 'SPEAKS', 'ROLE', 'SINCE', 'BEHIND', 'WATCHES']

/** A heading and one line a client, in the order given. */
export function clientTable(clients: readonly Client[], look: Look): string[] {
  const rows = clients.map((client) =>
    [
      client.clientId,
      cut(nameOf(client), nameColumnsMax),
      client.vocabulary,
      client.role,
      shortDuration(look.now - client.since),
      behind(client),
      watching(client),
    ].map((text) => ({ text })),
  )
  return table([heading(names, look.paint), ...rows], look.columns)
}

function nameOf({ name, version, native }: Client): string {
  if (name === undefined) return native ? '' : '(legacy)'
  return oneLine(version === undefined ? name : `${name} ${version}`)
}

function behind({ lagBytes, lagEvents }: Client): string {
  if (lagBytes === 0) return '-'
  if (lagEvents !== undefined) return `${lagEvents} events`
  return lagBytes < 1_024 ? `${lagBytes} B` : `${Math.ceil(lagBytes / 1_024)} KiB`
}

/** What it hears, what it holds and where it runs. */
function watching({ subscription, leases = [], insideTask }: Client): string {
  const parts = [
    subscriptionText(subscription),
    ...(leases.length === 0 ? [] : [`holds ${leases.map((id) => shortId(id)).join(' ')}`]),
    ...(insideTask === undefined ? [] : [`inside ${shortId(insideTask)}`]),
  ]
  return oneLine(parts.join(', '))
}

/** A filter's key in words: which tasks, which events. */
function subscriptionText(subscription: string): string {
  if (subscription === '*') return 'everything'
  if (subscription === 'none') return 'nothing'
  const [, own, tasks = '*', names] = /^(own:\S+ )?(\*|\[.*?\])? ?(\[.*\])?$/.exec(subscription) ?? []
  if (own === undefined && tasks === '*' && names === undefined) return subscription
  const which = tasks === '*' ? (own === undefined ? 'all tasks' : 'its tasks') : tasksText(strings(tasks))
  return names === undefined ? which : `${which}: ${strings(names).join(' ')}`
}

function tasksText(ids: readonly string[]): string {
  const [only] = ids
  return ids.length === 1 && only !== undefined ? shortId(only) : `${ids.length} tasks`
}

function strings(json: string): string[] {
  return json.match(/"(?:[^"\\]|\\.)*"/g)?.map((one) => one.slice(1, -1)) ?? []
}
