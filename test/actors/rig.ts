/** A broker with its actors over the memory transport and a fake runner: the daemon without process and socket. */
import type { ActorSetting } from '../../src/actors/actor-setting.ts'
import { Broker } from '../../src/actors/broker-actor.ts'
import { readerProgress } from '../../src/actors/audience.ts'
import { ConnectionActors } from '../../src/actors/connection-actor.ts'
import type { ListenerPolicy } from '../../src/actors/connection.ts'
import type { Profiles } from '../../src/actors/profiles.ts'
import { TaskActors } from '../../src/actors/task-actor.ts'
import { Delivery } from '../../src/broker/delivery.ts'
import { Journal } from '../../src/broker/journal.ts'
import { Lanes } from '../../src/broker/lane.ts'
import { Sessions } from '../../src/broker/sessions.ts'
import { SlabPool } from '../../src/broker/slab.ts'
import { limits as defaults } from '../../src/limits.ts'
import type { Limits } from '../../src/limits.ts'
import { createLogger } from '../../src/log.ts'
import type { QueuedText } from '../../src/runners/runner.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { memoryTransport } from '../../src/transport/memory.ts'
import { canonicalCodec, parseStoredFrame } from '../../src/wire/codec.ts'
import { nativeEventNames } from '../../src/wire/events.ts'
import { UnfinishedFrames } from '../../src/wire/unfinished.ts'
import { FakeRunner } from './fake-runner.ts'
import { MemoryClient } from './memory-client.ts'

export interface RigOptions {
  readonly limits?: Partial<Limits>
  readonly listeners?: readonly Partial<ListenerPolicy>[]
  readonly profiles?: Profiles
  readonly store?: Store
  /** What one direction of a link buffers. */
  readonly bufferBytes?: number
  readonly bind?: boolean
  /** Ids are counted from here. */
  readonly ids?: number
  /** A simulated clock, and who notes the edges taken. */
  readonly actors?: ActorSetting
  /** Told what a run is handed. */
  readonly handed?: (task: string, said: QueuedText) => void
}

export interface Rig {
  readonly broker: Broker
  readonly connections: ConnectionActors
  readonly tasks: TaskActors
  readonly runner: FakeRunner
  readonly store: Store
  readonly lanes: Lanes
  readonly journal: Journal
  /** Lines of the log, parsed. */
  readonly log: Record<string, unknown>[]
  readonly asked: { shutdown: (number | undefined)[]; stopped: boolean; large: number }
  readonly connect: (listener?: number) => Promise<MemoryClient>
}

export function rig(options: RigOptions = {}): Rig {
  const limits: Limits = { ...defaults, ...options.limits }
  const actors = options.actors ?? {}
  const store = options.store ?? memoryStore(limits)
  const runner = new FakeRunner()
  const lines: Record<string, unknown>[] = []
  const log = createLogger({
    level: 'debug',
    pretty: false,
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  })
  const now = (): number => Date.now()
  const pool = new SlabPool(limits.slabBytes, limits.slabPoolMax)
  const { tailBytesMax, lanesMax, laneTailBytesMax } = limits
  const journal = new Journal({
    store,
    codec: canonicalCodec,
    pool,
    now,
    tailBytesMax,
    storeReadBytes: limits.storeReadBytes,
  })
  const lanes = new Lanes({ journal, pool, nativeOnly: nativeEventNames, lanesMax, laneTailBytesMax })
  const delivery = new Delivery({
    journal,
    lanes,
    decodeStored: parseStoredFrame,
    now,
    schedule: (flush) => setImmediate(flush),
    flushed: () => {
      journal.endTurn()
      broker.tasks.runs.readOn()
    },
    ...limits,
  })
  let ids = options.ids ?? 0
  const asked: Rig['asked'] = { shutdown: [], stopped: false, large: 0 }
  const broker: Broker = new Broker({
    actors,
    journal,
    lanes,
    delivery,
    sessions: new Sessions(
      limits,
      () => `session-${++ids}`,
      now,
      () => store.sessions(),
    ),
    store,
    limits,
    log,
    now,
    newTaskId: () => `task-${++ids}`,
    newMessageId: () => `message-${Math.random()}`,
    digest: (body) => body,
    realPath: (cwd) => cwd ?? '/home',
    profiles: options.profiles ?? { byName: new Map(), defaultName: undefined },
    identity: { version: '0', pid: 1, ppid: 0, startedAt: 0, listeners: [] },
    shutdownRequested: (deadlineMs) => {
      asked.shutdown.push(deadlineMs)
      broker.drain(deadlineMs ?? limits.drainDeadlineMs)
    },
    stopped: () => {
      asked.stopped = true
    },
    answeredMuch: () => {
      asked.large++
    },
  })
  const connections = new ConnectionActors({
    actors,
    owner: broker,
    limits,
    log,
    unfinished: new UnfinishedFrames(),
    now,
    newClientId: () => (++ids).toString(16).padStart(12, '0'),
  })
  const tasks = new TaskActors({
    actors,
    runners: { command: runner, replay: runner, acp: runner },
    handed: (task, said) => options.handed?.(task, said),
    transactions: broker.transactions,
    outage: broker.outage,
    asking: broker.asking,
    limits,
    log,
    now,
    turnBytes: () => journal.turnBytes,
    progressOf: (task) => readerProgress(broker, task),
    socketPath: '/socket',
    transact: (work) => broker.transact(work),
    leaving: (task, state) => broker.taskLeaving(task, state),
    settled: (task) => broker.taskLeft(task),
  })
  broker.join(connections, tasks)
  const transport = memoryTransport(options.bufferBytes)
  const policies = (options.listeners ?? [{}]).map((one, index): ListenerPolicy => ({
    path: `/listener/${index}`,
    codec: canonicalCodec,
    scope: 'all',
    role: 'client',
    ...one,
  }))
  for (const policy of policies) {
    transport.listen({
      path: policy.path,
      accept: (link) => connections.accept(policy, link),
      error: (error) => {
        throw error
      },
    })
  }
  if (options.bind !== false) broker.listenersBound()
  const connect = (listener = 0): Promise<MemoryClient> => {
    const policy = policies[listener]
    if (policy === undefined) throw new Error('no such listener')
    return new MemoryClient(transport, policy.path, policy.codec).ready()
  }
  return { broker, connections, tasks, runner, store, lanes, journal, log: lines, asked, connect }
}
