/**
 * What a start of the daemon does before anybody can connect: tasks that an earlier one left running are told as
 * interrupted and can be resumed, those that waited wait on. What their runs left on the machine is ended first, so that
 * whoever resumes one is not disturbed by it. Nothing is spawned.
 */
import type { Store, StoredEvent, TaskRecord } from '../store/store.ts'
import type { EventMessage } from '../wire/envelope.ts'
import type { Broker } from './broker-actor.ts'
import type { LiveTask } from './live-task.ts'
import { reloaded } from './reloaded.ts'
import { restored, runningSnapshot } from './task-snapshot.ts'

export interface RecoveryOptions {
  /** Ends what the runs of these tasks left behind; resolves with how many processes outlived it. */
  readonly endLeftovers: (tasks: readonly TaskRecord[]) => Promise<number>
  /** Reads a canonical frame back. */
  readonly decodeStored: (frame: Uint8Array) => EventMessage
}

export interface Recovered {
  /** Their ids, oldest first. */
  readonly interrupted: readonly string[]
  /** Tasks that wait for a slot, in the order in which they came: they are live, in `queued`. */
  readonly queued: readonly LiveTask[]
}

const outcome = 'The daemon was stopped while this task ran: resume it to go on.'

/** To be called once, before the broker serves. Throws StoreUnavailable where the store does not take what happened. */
export async function recover(broker: Broker, options: RecoveryOptions): Promise<Recovered> {
  const { store } = broker.parts
  const records = store.unsettled()
  const ran = records.filter(({ state }) => state !== 'queued')
  const waited = records
    .filter(({ state }) => state === 'queued')
    .toSorted((one, other) => (one.waits?.order ?? 0) - (other.waits?.order ?? 0))
  if (ran.length > 0) {
    const left = await options.endLeftovers(ran)
    broker.log.info({ tasks: ran.length, processesLeft: left }, 'an earlier daemon left tasks running')
  }
  const queued: LiveTask[] = []
  broker.transact(() => {
    for (const record of ran) interrupt(broker, record, options)
    for (const record of waited) queued.push(queueAgain(broker, record, options))
  })
  return { interrupted: ran.map(({ id }) => id), queued }
}

function interrupt(broker: Broker, record: TaskRecord, { decodeStored }: RecoveryOptions): void {
  const { tasks, parts } = broker
  const task = reloaded(broker, record, undefined)
  for (const { data } of lastEvents(parts.store, record.id, decodeStored)) {
    if (data.eventName === 'message') task.seenTs(data.payload[0].message.ts)
  }
  tasks.add(task, restored(record) ?? runningSnapshot(record))
  const { asks } = task
  task.asks = []
  for (const { id } of asks) {
    broker.asking.interrupted(record.id, id)
    tasks.announce(
      task,
      [{ eventName: 'askResolved', payload: [record.id, { id, outcome: 'interrupted' }] }],
      {},
    )
  }
  tasks.send(task, { type: 'run.interrupted', outcome }, {})
}

function queueAgain(broker: Broker, record: TaskRecord, { decodeStored }: RecoveryOptions): LiveTask {
  const task = reloaded(broker, record, undefined)
  for (const { data } of lastEvents(broker.parts.store, record.id, decodeStored)) {
    if (data.eventName === 'message') task.seenTs(data.payload[0].message.ts)
  }
  broker.tasks.add(task, restored(record))
  return task
}

/** Events of a window's first look at a task's end, and how much wider each further one is. */
const windowEvents = 1_024
const widening = 16
const readBytes = 1024 * 1024

/**
 * A task's last events, oldest first, among them the one that created its last message: nothing before it has a higher
 * `ts`. They are looked for from the journal's end, since a task may have a million of them.
 */
function lastEvents(
  store: Store,
  task: string,
  decodeStored: RecoveryOptions['decodeStored'],
): readonly EventMessage[] {
  for (let events = windowEvents; ; events *= widening) {
    const after = Math.max(0, store.head - events)
    const found = readAll(store, task, after).map(({ frame }) => decodeStored(frame))
    if (after === 0 || found.some((one) => isCreation(one))) return found
  }
}

function isCreation({ data }: EventMessage): boolean {
  return data.eventName === 'message' && data.payload[0].action === 'created'
}

function readAll(store: Store, task: string, after: number): StoredEvent[] {
  const found: StoredEvent[] = []
  for (let from = after; ;) {
    const piece = store.readTask(task, from, readBytes)
    const last = piece.at(-1)
    if (last === undefined) return found
    found.push(...piece)
    from = last.seq
  }
}
