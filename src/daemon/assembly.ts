/** Makes the broker with its data plane and its two tables from the daemon's settings: nothing runs yet. */
import { hash, randomBytes, randomUUID } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import type { ActorSetting } from '../actors/actor-setting.ts'
import { readerProgress } from '../actors/audience.ts'
import { Broker } from '../actors/broker-actor.ts'
import { ConnectionActors } from '../actors/connection-actor.ts'
import type { InspectorPort } from '../actors/inspecting.ts'
import type { Profiles } from '../actors/profiles.ts'
import { TaskActors } from '../actors/task-actor.ts'
import { transcriptOf } from '../actors/transcript.ts'
import { Delivery } from '../broker/delivery.ts'
import { Journal } from '../broker/journal.ts'
import { Lanes } from '../broker/lane.ts'
import { Sessions } from '../broker/sessions.ts'
import { SlabPool } from '../broker/slab.ts'
import type { Logger } from '../log.ts'
import { acpRunner } from '../runners/acp.ts'
import { commandRunner } from '../runners/command.ts'
import { replayRunner } from '../runners/replay.ts'
import type { Store } from '../store/store.ts'
import { canonicalCodec, parseStoredFrame } from '../wire/codec.ts'
import { nativeEventNames } from '../wire/events.ts'
import type { UnfinishedFrames } from '../wire/unfinished.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import { loadProfiles } from './config.ts'
import type { DaemonSettings } from './config.ts'
import { newTaskId } from './task-id.ts'

export interface AssemblyOptions {
  readonly settings: DaemonSettings
  readonly store: Store
  readonly log: Logger
  readonly unfinished: UnfinishedFrames
  readonly inspector: InspectorPort & { readonly actors: ActorSetting }
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  readonly shutdownRequested: (deadlineMs: number | undefined) => void
  readonly stopped: () => void
  readonly answeredMuch: () => void
  /** Something was told, at the end of each turn in which something was. */
  readonly stirred: () => void
}

export function assemble(options: AssemblyOptions): Broker {
  const broker = makeBroker(options)
  broker.join(makeConnections(broker, options), makeTasks(broker, options))
  return broker
}

function makeBroker(options: AssemblyOptions): Broker {
  const { settings, store, log, inspector, now, shutdownRequested, stopped, answeredMuch, stirred } = options
  const { limits, profiles, defaultProfile, configFile, version, listeners } = settings
  const pool = new SlabPool(limits.slabBytes, limits.slabPoolMax)
  const journal = new Journal({ ...limits, store, codec: canonicalCodec, pool, now })
  const lanes = new Lanes({ ...limits, journal, pool, nativeOnly: nativeEventNames })
  const delivery = new Delivery({
    ...limits,
    journal,
    lanes,
    decodeStored: parseStoredFrame,
    now,
    schedule: (flush) => setImmediate(flush),
    flushed: () => {
      journal.endTurn()
      broker.tasks.runs.readOn()
      stirred()
    },
  })
  const newSessionId = (): string => randomBytes(16).toString('hex')
  const broker: Broker = new Broker({
    actors: inspector.actors,
    inspector,
    journal,
    lanes,
    delivery,
    sessions: new Sessions(limits, newSessionId, now, () => store.sessions()),
    store,
    limits,
    log,
    now,
    newTaskId: () => newTaskId(now()),
    newMessageId: randomUUID,
    digest: digestOf,
    realPath,
    profiles: profilesOf(profiles, defaultProfile),
    ...(configFile === undefined ? {} : { rereadProfiles: () => reread(configFile) }),
    identity: {
      version,
      pid: process.pid,
      ppid: process.ppid,
      startedAt: now(),
      listeners: listeners.map(({ path, framing, vocabulary, scope, role }) => ({
        path,
        framing,
        vocabulary,
        scope,
        role,
      })),
    },
    shutdownRequested,
    stopped,
    answeredMuch,
  })
  return broker
}

function makeConnections(
  broker: Broker,
  { settings, log, unfinished, inspector, now }: AssemblyOptions,
): ConnectionActors {
  return new ConnectionActors({
    actors: inspector.actors,
    owner: broker,
    limits: settings.limits,
    log,
    unfinished,
    now,
    newClientId: () => randomBytes(6).toString('hex'),
  })
}

function makeTasks(broker: Broker, { settings, log, inspector, now }: AssemblyOptions): TaskActors {
  const { limits, version, listeners } = settings
  const { journal } = broker.parts
  return new TaskActors({
    actors: inspector.actors,
    runners: {
      command: commandRunner({ limits }),
      replay: replayRunner({ limits }),
      acp: acpRunner({ limits, version }),
    },
    transactions: broker.transactions,
    transcript: (task) => transcriptOf(journal, task, limits.transcriptEventsLooked),
    handed: (task, said) => inspector.onlooker?.handed(task, said),
    outage: broker.outage,
    asking: broker.asking,
    limits,
    log: log.child({ actor: 'task' }),
    now,
    turnBytes: () => journal.turnBytes,
    progressOf: (task) => readerProgress(broker, task),
    socketPath: listeners[0]?.path ?? '',
    transact: (work) => broker.transact(work),
    leaving: (task, state) => broker.taskLeaving(task, state),
    settled: (task) => broker.taskLeft(task),
  })
}

function profilesOf(profiles: DaemonSettings['profiles'], defaultName: string | undefined): Profiles {
  return { byName: new Map(profiles.map((profile) => [profile.name, profile])), defaultName }
}

function reread(configFile: string): Outcome<Profiles> {
  const loaded = loadProfiles(configFile)
  return loaded.ok
    ? accepted(profilesOf(loaded.profiles, loaded.defaultProfile))
    : refused('invalid_command', loaded.message)
}

/** Without a directory a command runs in the user's. One that is not there is itself: its task will say so. */
function realPath(cwd: string = homedir()): string {
  try {
    return realpathSync(cwd)
  } catch {
    return cwd
  }
}

/** Never the body itself, which may hold secrets: digests are kept on disk. */
function digestOf(body: string): string {
  return hash('sha256', body, 'base64')
}
