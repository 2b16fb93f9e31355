/** What must hold of a whole history as everybody was told it, whatever the order of its commands was. */
import type { ModelClient } from './client.ts'

interface Told {
  readonly task?: string
  readonly by?: string
  readonly causedBy?: string
  readonly data: { readonly eventName: string; readonly payload: readonly unknown[] }
}

interface Resolved {
  readonly id: string
  readonly outcome: string
  readonly option?: string
  readonly text?: string
  readonly by?: string
  readonly automatic?: boolean
}

interface LeaseNews {
  readonly why: string
  readonly holder?: { readonly clientId: string }
  readonly from?: { readonly clientId: string }
}

/** What is wrong with it; empty where it is well. All of its tasks have ended. */
export function brokenLaws(
  history: readonly string[],
  clients: readonly ModelClient[],
  slots: number,
): string[] {
  const told = history.map((event): Told => JSON.parse(event))
  return [...oneWinner(told), ...oneHolder(told, clients), ...notTooMany(told, slots), ...oneEffect(told)]
}

/** An ask is opened once and ends once; the run of a task that completed was told what everybody was. */
function* oneWinner(told: readonly Told[]): Generator<string> {
  const opened = new Map<string, number>()
  const ended = new Map<string, Resolved>()
  for (const { data } of told) {
    if (data.eventName === 'askOpened') {
      const { id } = data.payload[1] as Resolved
      opened.set(id, (opened.get(id) ?? 0) + 1)
    }
    if (data.eventName !== 'askResolved') continue
    const resolved = data.payload[1] as Resolved
    if (ended.has(resolved.id)) yield `${resolved.id} ended twice`
    if (!opened.has(resolved.id)) yield `${resolved.id} ended before it was asked`
    ended.set(resolved.id, resolved)
  }
  for (const [id, times] of opened) {
    if (times !== 1) yield `${id} was opened ${times} times`
    if (!ended.has(id)) yield `${id} never ended`
  }
}

/** Each change of a lease begins where the last one ended, and while somebody holds a task nobody else answers. */
function* oneHolder(told: readonly Told[], clients: readonly ModelClient[]): Generator<string> {
  const holders = new Map<string, string>()
  const who = (id: string | undefined): number =>
    clients.findIndex(({ clientIds }) => id !== undefined && clientIds.includes(id))
  for (const { task = '', by, data } of told) {
    const holder = holders.get(task)
    if (data.eventName === 'askResolved') {
      const { outcome } = data.payload[1] as Resolved
      if (outcome === 'answered' && holder !== undefined && who(by) !== who(holder))
        yield `${by} answered what ${holder} held`
    }
    if (data.eventName !== 'leaseChanged') continue
    const { why, holder: next, from } = data.payload[1] as LeaseNews
    if (from?.clientId !== holder) yield `${why} from ${from?.clientId}, but ${holder} held it`
    if ((why === 'claimed') !== (holder === undefined && next !== undefined))
      yield `${why}, but ${holder} held it`
    if (why === 'renewed' && who(next?.clientId) !== who(holder)) yield `${why} by another`
    if (why === 'stolen' && who(next?.clientId) === who(holder)) yield `${why} from itself`
    if (next === undefined) holders.delete(task)
    else holders.set(task, next.clientId)
  }
}

function* notTooMany(told: readonly Told[], slots: number): Generator<string> {
  const running = new Set<string>()
  for (const { task = '', data } of told) {
    if (data.eventName === 'taskStarted') running.add(task)
    if (data.eventName === 'taskCompleted' || data.eventName === 'taskAborted') running.delete(task)
    if (running.size > slots) yield `${running.size} tasks run at once`
  }
}

/** What one request caused is told once. */
function* oneEffect(told: readonly Told[]): Generator<string> {
  const caused = new Set<string>()
  const once = /taskCreated|taskFocused|askResolved|leaseChanged|taskQueued|taskAborted|taskUnfocused/
  for (const { task = '', causedBy, data } of told) {
    if (causedBy === undefined || !once.test(data.eventName)) continue
    const { id = '' } = (data.payload[1] ?? {}) as { readonly id?: string }
    const what = `${causedBy} ${data.eventName} ${task} ${id}`
    if (caused.has(what)) yield `${what}: twice`
    caused.add(what)
  }
}
