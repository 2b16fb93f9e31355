/**
 * Gives the page its sight of this daemon: figures, connections, tasks and events as they are now, and a client of its
 * own, `inspector`, through which the page's commands take the way of any other client's.
 */
import { clientMachine } from '../../machines/client.ts'
import type { ActorSetting } from '../actors/actor-setting.ts'
import type { Broker } from '../actors/broker-actor.ts'
import type { Connection, ListenerPolicy } from '../actors/connection.ts'
import type { InspectorPort } from '../actors/inspecting.ts'
import { shownTask } from '../actors/live-task.ts'
import type { ScannedFrame } from '../broker/journal.ts'
import { CallboardClient } from '../client/callboard-client.ts'
import { CallboardError } from '../client/callboard-error.ts'
import { inspectorLimits } from '../inspector/limits.ts'
import { Inspector } from '../inspector/inspector.ts'
import type { ClientRow, CommandReply, EventQuery, EventRow, Meters, Sight } from '../inspector/sight.ts'
import { Tally } from '../inspector/tally.ts'
import type { QueuedText } from '../runners/runner.ts'
import { memoryTransport } from '../transport/memory.ts'
import type { Transport } from '../transport/transport.ts'
import { canonicalCodec } from '../wire/codec.ts'
import { taskCommandSchema } from '../wire/commands.ts'
import type { CommandMessage, ServerMessage, Task } from '../wire/envelope.ts'
import { StoredTasks } from './stored-tasks.ts'

const clientId = 'inspector'
const policy: ListenerPolicy = { path: clientId, codec: canonicalCodec, scope: 'all', role: 'client' }
/** Of a frame, for its time and cause: they stand at its beginning. */
const frameHeadBytes = 400

/** The page of a daemon whose broker is still to be made; it is asked for when the first page opens. */
export class Inspection implements InspectorPort, Disposable {
  /** What the daemon's actors are to be made with: counts are kept from their first event on. */
  readonly actors: ActorSetting
  readonly #tally = new Tally()
  readonly #broker: () => Broker
  readonly #transport: Transport = memoryTransport()
  #inspector: Inspector | undefined
  #client: CallboardClient | undefined

  constructor(broker: () => Broker) {
    this.#broker = broker
    this.actors = { count: (machine) => this.#tally.count(machine) }
    this.#tally.know(clientMachine)
  }

  async open(options: { readonly control: boolean }): Promise<string> {
    this.#inspector ??= this.#make()
    return await this.#inspector.open(options)
  }

  report(_connectionId: string, report: Parameters<Inspector['report']>[0]): boolean {
    return this.#inspector?.report(report) ?? false
  }

  get onlooker(): InspectorPort['onlooker'] {
    return this.#inspector?.isLooking === true ? this : undefined
  }

  said(connection: Connection, message: CommandMessage): void {
    const { commandName: name } = message.data
    // What other programs report is shown as what it is about.
    if (name === 'ReportActors') return
    const task = taskOf(message.data.data)
    const link = connection.clientId
    this.#inspector?.said({ by: 'client', to: 'connection', link, name, task, message })
  }

  answered(connection: Connection, message: ServerMessage): void {
    const { type: name } = message
    const link = connection.clientId
    this.#inspector?.said({ by: 'connection', to: 'client', link, name, task: '', message })
  }

  handed(task: string, message: QueuedText): void {
    this.#inspector?.said({ by: 'task', to: 'runner', link: '', name: 'send', task, message })
  }

  [Symbol.dispose](): void {
    this.#inspector?.[Symbol.dispose]()
    void this.#client?.close()
  }

  #make(): Inspector {
    const broker = this.#broker()
    const log = broker.parts.log.child({ actor: 'inspector' })
    this.#transport.listen({
      path: clientId,
      accept: (link) => broker.connections.accept(policy, link, clientId),
      error: (error) => log.error({ err: error }, 'the page’s link failed'),
    })
    return new Inspector({
      sight: sightOf(broker, this.#tally, (command) => this.#command(command)),
      limits: inspectorLimits,
      failed: (error) => log.error({ err: error }, 'the page’s server failed'),
      noted: (what) => log.warn(what),
    })
  }

  async #command(command: unknown): Promise<CommandReply> {
    const parsed = taskCommandSchema.safeParse(command)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      const message = `${issue?.path.join('.') ?? 'command'}: ${issue?.message ?? 'not valid'}`
      return { ok: false, error: { code: 'invalid_command', message } }
    }
    this.#client ??= new CallboardClient({
      socketPath: clientId,
      transport: this.#transport,
      name: clientId,
      version: this.#broker().parts.identity.version,
      attemptsMax: 1,
    })
    try {
      return { ok: true, result: await this.#client.request(parsed.data) }
    } catch (error) {
      const code = error instanceof CallboardError ? error.code : 'internal'
      return { ok: false, error: { code, message: error instanceof Error ? error.message : String(error) } }
    }
  }
}

function sightOf(broker: Broker, tally: Tally, command: Sight['command']): Sight {
  const { parts } = broker
  const { identity, journal, now } = parts
  const { version, pid, startedAt } = identity
  const stored = new StoredTasks(broker, inspectorLimits)
  return {
    identity: { version, pid, startedAt, epoch: journal.epoch },
    tally,
    now,
    head: () => journal.head,
    meters: () => metersOf(broker, stored),
    clients: () => Array.from(broker.connections.all(), (connection) => clientRow(broker, connection)),
    tasks: () => tasksOf(broker, stored),
    events: (query) => eventsOf(broker, query),
    command,
    close: (id) => {
      const connection = broker.connections.get(id)
      if (connection !== undefined) broker.connections.send(connection, 'close')
      return connection !== undefined
    },
  }
}

function tasksOf(broker: Broker, stored: StoredTasks): Task[] {
  const places = broker.queue.places()
  const live = Array.from(broker.tasks.all(), (task) => broker.tasks.liveRecord(task))
  return [...stored.list().newest, ...live].map((record) => {
    const queuePlace = places.get(record.id)
    const holder = broker.leases.holder(record.id)
    return {
      ...shownTask(record),
      ...(queuePlace === undefined ? {} : { queuePlace }),
      ...(holder === undefined ? {} : { holder }),
    }
  })
}

function metersOf(broker: Broker, stored: StoredTasks): Meters {
  const { journal, lanes, limits, store } = broker.parts
  const tasks = { ...stored.list().byState }
  for (const task of broker.tasks.all()) {
    const state = broker.tasks.stateOf(task)
    tasks[state] = (tasks[state] ?? 0) + 1
  }
  const { rss, heapUsed } = process.memoryUsage()
  return {
    state: broker.state,
    connections: broker.connections.count,
    tasks,
    head: journal.head,
    firstAvailable: journal.firstAvailable,
    deliveries: lanes.deliveries,
    lanes: lanes.count,
    journalBytes: store.durability === 'memory' ? journal.bytes : store.use().bytes,
    tailBytes: journal.bytes,
    tailBytesMax: limits.tailBytesMax,
    durability: store.durability,
    rssBytes: rss,
    heapUsedBytes: heapUsed,
  }
}

function clientRow(broker: Broker, connection: Connection): ClientRow {
  const { session, subscriber, policy: by } = connection
  const { client, currentTask } = session ?? {}
  const { socket } = connection.link
  const { delivery, journal } = broker.parts
  const lagBytes = subscriber === undefined ? 0 : delivery.lagBytes(subscriber)
  const cursor = subscriber === undefined || lagBytes === 0 ? journal.head : subscriber.through
  return {
    clientId: connection.clientId,
    ...(client === undefined ? {} : { name: client.name, version: client.version }),
    listener: by.path,
    framing: by.codec.framing.name,
    vocabulary: by.codec.vocabulary.name,
    role: connection.role,
    native: connection.native,
    state: broker.connections.stateOf(connection),
    since: connection.since,
    subscription: session?.filter?.key ?? 'none',
    cursor,
    lagBytes,
    lagEvents: journal.head - cursor,
    outboxBytes: connection.outbox.bytes,
    ...(connection.congestedSince === undefined ? {} : { congestedSince: connection.congestedSince }),
    ...(socket === undefined ? {} : { bytesOut: socket.bytesWritten, bytesIn: socket.bytesRead }),
    ...(currentTask === undefined ? {} : { currentTask }),
    refusedFrames: connection.refusedFrames,
  }
}

/** One task's are read also where they have left memory, piece by piece. */
function eventsOf(broker: Broker, { task, after, countMax, frames }: EventQuery): EventRow[] {
  const { journal } = broker.parts
  const found: EventRow[] = []
  const take = (one: ScannedFrame): boolean => {
    if (task === undefined || one.task === task) found.push(eventRow(one, frames))
    return found.length < countMax
  }
  let from = task === undefined ? Math.max(after, journal.firstAvailable - 1) : after
  for (;;) {
    const through = journal.scan(from, Number.MAX_SAFE_INTEGER, take, task)
    if (found.length >= countMax || through <= from || through >= journal.head) return found
    from = through
  }
}

function eventRow({ seq, task, name, frame }: ScannedFrame, frames: boolean): EventRow {
  const head = frame.toString('latin1', 0, frameHeadBytes)
  const by = /"by":"([\w-]{1,64})"/.exec(head)?.[1]
  const causedBy = /"causedBy":"([\w-]{1,64})"/.exec(head)?.[1]
  return {
    seq,
    task,
    name,
    at: Number(/"at":(\d+)/.exec(head)?.[1] ?? 0),
    ...(by === undefined ? {} : { by }),
    ...(causedBy === undefined ? {} : { causedBy }),
    frame: frames ? shownFrame(frame, inspectorLimits.frameCharsMax) : '',
  }
}

/** The message itself, of as many characters at most. */
function shownFrame(frame: Buffer, charsMax: number): string {
  const text = frame.toString('utf8', 0, charsMax * 4).replace(/^\{"type":"message","data":/, '')
  const whole = frame.length <= charsMax * 4 ? text.replace(/\}\f$/, '') : text
  return whole.length <= charsMax ? whole : `${whole.slice(0, charsMax)}…`
}

function taskOf(data: unknown): string {
  if (typeof data === 'string') return data
  if (typeof data !== 'object' || data === null || !('taskId' in data)) return ''
  return typeof data.taskId === 'string' ? data.taskId : ''
}
