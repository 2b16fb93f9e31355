/** The daemon's status for people: a few aligned lines. */
import { shortDuration } from './duration.ts'
import { oneLine } from './plain-text.ts'
import { fields } from './task-report.ts'
import type { Status } from '../../wire/envelope.ts'

const MiB = 1024 * 1024

/** `now` in milliseconds since the Unix epoch. */
export function statusReport(status: Status, now: number): string[] {
  const { journal, memory } = status
  return fields([
    ['daemon', { text: `callboard ${status.version}, pid ${status.pid}, ${status.state}` }],
    ['up', { text: shortDuration(now - status.startedAt) }],
    ...status.listeners.map(
      (one) =>
        ['listening', { text: `${one.path} (${one.framing}+${one.vocabulary}${limitsOf(one)})` }] as const,
    ),
    ['connections', { text: `${status.connections}` }],
    ['tasks', { text: counts(status.tasks) }],
    ['journal', { text: journalText(journal) }],
    ['storage', journal.unavailable === undefined ? undefined : { text: storageText(journal.unavailable) }],
    ['memory', { text: `${mebibytes(memory.rssBytes)} MiB, heap ${mebibytes(memory.heapUsedBytes)} MiB` }],
  ])
}

function journalText(journal: Status['journal']): string {
  const { durability, bytes, bytesMax, storedBytes, firstAvailable, head } = journal
  const tail = `${mebibytes(bytes)} of ${mebibytes(bytesMax)} MiB`
  const kept =
    storedBytes === undefined ? tail : `${mebibytes(storedBytes)} MiB on disk, ${tail} of it in memory`
  return `${durability}, ${kept}, ${eventsText(firstAvailable, head)}`
}

function eventsText(firstAvailable: number, head: number): string {
  if (firstAvailable <= head) return `events ${firstAvailable} to ${head}`
  return head === 0 ? 'no events yet' : `no events kept, the last was ${head}`
}

function storageText(why: string): string {
  return `cannot be written, so that nothing can be started or changed: ${oneLine(why)}`
}

function limitsOf(listener: { readonly scope: string; readonly role: string }): string {
  return `${listener.scope === 'own' ? ', own tasks' : ''}${listener.role === 'observer' ? ', observers' : ''}`
}

function counts(tasks: Readonly<Record<string, number>>): string {
  const parts = Object.entries(tasks).flatMap(([state, count]) => (count === 0 ? [] : [`${count} ${state}`]))
  return parts.length === 0 ? 'none' : parts.join(', ')
}

function mebibytes(bytes: number): string {
  return (bytes / MiB).toFixed(1)
}
