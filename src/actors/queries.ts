/**
 * Questions about what there is: tasks, clients, the daemon itself. On a `scope=own` listener only the asker's own.
 */
import { unsettledStates } from '../wire/commands.ts'
import type { TaskState } from '../wire/commands.ts'
import type { Client, SnapshotTask, Status, Task } from '../wire/envelope.ts'
import { accepted } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { TaskRecord } from '../store/store.ts'
import type { Broker } from './broker-actor.ts'
import type { Connection } from './connection.ts'
import { shownTask } from './live-task.ts'
import { findTask } from './request.ts'
import type { Request } from './request.ts'

export function listTasks(
  request: Request,
  { states }: { states?: TaskState[] | undefined },
): Outcome<{ tasks: Task[] }> {
  if (states === undefined) return accepted({ tasks: visibleTasks(request) })
  // What has not settled lives: the store, which may know very many, need not be asked for it.
  const areLive = states.every((state) => unsettled.has(state))
  const records = areLive ? visibleTo(request, liveRecords(request.broker)) : visibleRecords(request)
  const asked = records.filter(({ state }) => states.includes(state))
  return accepted({ tasks: shownTasks(request, asked) })
}

const unsettled: ReadonlySet<TaskState> = new Set(unsettledStates)

/** Settled tasks, then live ones, oldest first in each. */
export function visibleTasks(request: Request): Task[] {
  return shownTasks(request, visibleRecords(request))
}

function shownTasks({ broker }: Request, records: readonly TaskRecord[]): Task[] {
  const places = broker.queue.places()
  return records.map((record) => shown(broker, record, places))
}

/** The same with the last that each said. */
export function snapshotTasks(request: Request): SnapshotTask[] {
  const places = request.broker.queue.places()
  return visibleRecords(request).map((record) => {
    const { lastMessage } = record
    return { ...shown(request.broker, record, places), ...(lastMessage === undefined ? {} : { lastMessage }) }
  })
}

function visibleRecords(request: Request): TaskRecord[] {
  const { broker } = request
  const settled = broker.parts.store.tasks().filter(({ id }) => broker.tasks.live(id) === undefined)
  return visibleTo(request, [...settled, ...liveRecords(broker)])
}

function liveRecords(broker: Broker): TaskRecord[] {
  return Array.from(broker.tasks.all(), (task) => broker.tasks.liveRecord(task))
}

function visibleTo({ connection, session }: Request, records: TaskRecord[]): TaskRecord[] {
  return connection.policy.scope === 'own' ? records.filter(({ id }) => session.ownTasks.has(id)) : records
}

export function getTask(request: Request, id: string): Outcome<Task> {
  const found = findTask(request, id)
  if (!found.ok) return found
  const record =
    'live' in found.value ? request.broker.tasks.liveRecord(found.value.live) : found.value.record
  const waiting = record.undelivered?.queued ?? []
  return accepted({
    ...shown(request.broker, record, request.broker.queue.places()),
    ...(waiting.length === 0 ? {} : { queuedMessages: [...waiting] }),
  })
}

/** Whether a closed one can be opened again, who holds it and where it waits is known here alone. */
function shown(broker: Broker, record: TaskRecord, places: ReadonlyMap<string, number>): Task {
  const queuePlace = places.get(record.id)
  const holder = broker.leases.holder(record.id)
  return {
    ...shownTask(record),
    ...(broker.tasks.closed.has(record.id) ? { resumable: true } : {}),
    ...(queuePlace === undefined ? {} : { queuePlace }),
    ...(holder === undefined ? {} : { holder }),
  }
}

export function listClients(request: Request): Outcome<{ clients: Client[] }> {
  const { broker, connection } = request
  const seen = connection.policy.scope === 'own' ? [connection] : [...broker.connections.all()]
  return accepted({ clients: seen.map((one) => shownClient(request, one)) })
}

function shownClient({ broker }: Request, connection: Connection): Client {
  const { session, subscriber, policy } = connection
  const client = session?.client
  const lagBytes = subscriber === undefined ? 0 : broker.parts.delivery.lagBytes(subscriber)
  return {
    clientId: connection.clientId,
    ...(client === undefined ? {} : { name: client.name, version: client.version }),
    listener: policy.path,
    framing: policy.codec.framing.name,
    vocabulary: policy.codec.vocabulary.name,
    role: connection.role,
    native: connection.native,
    state: broker.connections.stateOf(connection),
    since: connection.since,
    subscription: session?.filter?.key ?? 'none',
    lagBytes,
    lagEvents: lagBytes === 0 ? 0 : Math.max(0, broker.parts.journal.head - (subscriber?.seq ?? 0)),
    leases: session === undefined ? [] : [...broker.leases.of(session.id)],
    ...(session?.insideTask === undefined ? {} : { insideTask: session.insideTask }),
    ...(session?.currentTask === undefined ? {} : { currentTask: session.currentTask }),
    refusedFrames: connection.refusedFrames,
  }
}

export function status(request: Request): Outcome<Status> {
  const { broker } = request
  const { journal, lanes, identity, store, limits } = broker.parts
  const { rss, heapUsed } = process.memoryUsage()
  return accepted({
    version: identity.version,
    pid: identity.pid,
    state: broker.state,
    epoch: journal.epoch,
    startedAt: identity.startedAt,
    listeners: identity.listeners,
    connections: broker.connections.count,
    tasks: taskCounts(request),
    journal: {
      head: journal.head,
      firstAvailable: journal.firstAvailable,
      bytes: journal.bytes,
      bytesMax: limits.tailBytesMax,
      durability: store.durability,
      ...(store.durability === 'memory' ? {} : { storedBytes: store.use().bytes }),
      ...(broker.outage.reason === undefined ? {} : { unavailable: broker.outage.reason }),
    },
    lanes: lanes.count,
    memory: { rssBytes: rss, heapUsedBytes: heapUsed },
  })
}

/** How many there are by state: those that have settled are not looked at one by one, unless most are hidden. */
function taskCounts(request: Request): Record<string, number> {
  const { broker, connection } = request
  const isOwn = connection.policy.scope === 'own'
  const counts: Record<string, number> = isOwn ? {} : { ...broker.parts.store.settledCounts() }
  const states = isOwn
    ? visibleRecords(request).map(({ state }) => state)
    : Array.from(broker.tasks.all(), (task) => task.left ?? broker.tasks.stateOf(task))
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1
  return counts
}
