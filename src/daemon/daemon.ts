/**
 * The composition root: the only file that knows every part. It takes the locks, builds broker, actors, store and
 * transport, binds the listeners, and undoes all of it when the broker has stopped.
 */
import { hash, randomBytes, randomUUID } from 'node:crypto'
import { readerProgress } from '../actors/audience.ts'
import { Broker } from '../actors/broker-actor.ts'
import { ConnectionActors } from '../actors/connection-actor.ts'
import type { ListenerPolicy } from '../actors/connection.ts'
import type { Profiles } from '../actors/profiles.ts'
import { TaskActors } from '../actors/task-actor.ts'
import { Delivery } from '../broker/delivery.ts'
import { Journal } from '../broker/journal.ts'
import { Lanes } from '../broker/lane.ts'
import { Sessions } from '../broker/sessions.ts'
import { SlabPool } from '../broker/slab.ts'
import type { Logger } from '../log.ts'
import { acpRunner } from '../runners/acp.ts'
import { commandRunner } from '../runners/command.ts'
import { replayRunner } from '../runners/replay.ts'
import { memoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { nodeIpcTransport } from '../transport/node-ipc.ts'
import type { PathOutcome } from '../transport/path-outcome.ts'
import { canonicalCodec, parseListenerCodec, parseStoredFrame } from '../wire/codec.ts'
import { nativeEventNames } from '../wire/events.ts'
import { UnfinishedFrames } from '../wire/unfinished.ts'
import type { DaemonSettings } from './config.ts'
import { Inspection } from './inspection.ts'
import { Listeners, Locks } from './listeners.ts'
import { MemoryKeeper } from './memory-keeper.ts'
import { newTaskId } from './task-id.ts'

export interface RunningDaemon {
  readonly socketPath: string
  /** Resolves when every socket is closed and no task's process is left. */
  readonly stopped: Promise<void>
  /** Takes no new task, cancels running ones after `deadlineMs`, then stops. `reason` is for the log. */
  stop(options: { readonly deadlineMs: number; readonly reason: string }): void
  /** Ends running tasks by force, then stops. */
  force(): void
}

export type DaemonStart =
  | { readonly ok: true; readonly daemon: RunningDaemon }
  | { readonly ok: false; readonly exitCode: 1 | 75 | 78; readonly message: string }

/** Starts the daemon of a home and its sockets; refused where another one has either. */
export async function startDaemon(settings: DaemonSettings, log: Logger): Promise<DaemonStart> {
  const locks = new Locks()
  const locked = locks.take(settings.home, settings.listeners)
  if (!locked.ok) return refusedStart(locked)
  const daemon = new Daemon(settings, log, locks)
  const claimed = await daemon.listeners.claim()
  if (!claimed.ok) {
    locks.release()
    return refusedStart(claimed)
  }
  try {
    daemon.serve()
  } catch (error) {
    locks.release()
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, exitCode: 78, message: `The daemon cannot listen: ${reason}.` }
  }
  return { ok: true, daemon }
}

function refusedStart(refusal: PathOutcome<unknown> & { ok: false }): DaemonStart {
  return { ok: false, exitCode: refusal.reason === 'taken' ? 75 : 78, message: refusal.message }
}

class Daemon implements RunningDaemon {
  readonly socketPath: string
  readonly stopped: Promise<void>
  readonly listeners: Listeners
  readonly #settings: DaemonSettings
  readonly #log: Logger
  readonly #locks: Locks
  readonly #store: Store
  readonly #unfinished: UnfinishedFrames
  readonly #broker: Broker
  readonly #inspection = new Inspection(() => this.#broker)
  #sweep: NodeJS.Timeout | undefined
  #memory: MemoryKeeper | undefined
  #resolveStopped: () => void = () => {}

  constructor(settings: DaemonSettings, log: Logger, locks: Locks) {
    this.#settings = settings
    this.#log = log
    this.#locks = locks
    this.socketPath = settings.listeners[0]?.path ?? ''
    const { limits } = settings
    this.#unfinished = new UnfinishedFrames({
      bytesMax: limits.unfinishedBytesMax,
      deadlineMs: limits.frameDeadlineMs,
    })
    this.#store = memoryStore(limits)
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve
    })
    this.#broker = this.#makeBroker()
    const connections = this.#makeConnections()
    this.#broker.join(connections, this.#makeTasks())
    this.listeners = new Listeners({
      transport: nodeIpcTransport,
      policies: settings.listeners.map(policyOf),
      log,
      watchMs: limits.socketWatchMs,
      accept: (policy, link) => connections.accept(policy, link),
    })
  }

  serve(): void {
    this.listeners.bind()
    this.#broker.listenersBound()
    const { frameSweepMs } = this.#settings.limits
    this.#sweep = setInterval(() => this.#unfinished.sweep(Date.now()), frameSweepMs)
    this.#sweep.unref()
    this.#memory = new MemoryKeeper({ limits: this.#settings.limits })
    // Said in the next turn: whoever waits for it may send a signal at once, and by then somebody listens to signals.
    const sockets = this.#settings.listeners.map(({ path }) => path)
    setImmediate(() => this.#log.info({ pid: process.pid, sockets }, 'serving'))
  }

  stop({ deadlineMs, reason }: { readonly deadlineMs: number; readonly reason: string }): void {
    this.#log.info({ reason, deadlineMs }, 'draining')
    this.#broker.drain(deadlineMs)
  }

  force(): void {
    this.#log.warn('stopping by force')
    this.#broker.force()
  }

  #makeBroker(): Broker {
    const { limits, profiles, defaultProfile, version, listeners, drainDeadlineMs } = this.#settings
    const pool = new SlabPool(limits.slabBytes, limits.slabPoolMax)
    const { tailBytesMax, lanesMax, laneTailBytesMax } = limits
    const journal = new Journal({
      store: this.#store,
      codec: canonicalCodec,
      pool,
      now: Date.now,
      tailBytesMax,
    })
    const lanes = new Lanes({ journal, pool, nativeOnly: nativeEventNames, lanesMax, laneTailBytesMax })
    const delivery = new Delivery({
      journal,
      lanes,
      decodeStored: parseStoredFrame,
      now: Date.now,
      schedule: (flush) => setImmediate(flush),
      flushed: () => {
        journal.endTurn()
        this.#broker.tasks.runs.readOn()
      },
      ...limits,
    })
    return new Broker({
      actors: this.#inspection.actors,
      inspector: this.#inspection,
      journal,
      lanes,
      delivery,
      sessions: new Sessions(
        limits,
        () => randomBytes(16).toString('hex'),
        Date.now,
        () => this.#store.sessions(),
      ),
      store: this.#store,
      limits,
      log: this.#log,
      now: Date.now,
      newTaskId: () => newTaskId(Date.now()),
      newMessageId: randomUUID,
      digest: digestOf,
      profiles: profilesOf(profiles, defaultProfile),
      identity: {
        version,
        pid: process.pid,
        ppid: process.ppid,
        startedAt: Date.now(),
        listeners: listeners.map(({ path, framing, vocabulary, scope, role }) => ({
          path,
          framing,
          vocabulary,
          scope,
          role,
        })),
      },
      shutdownRequested: (deadlineMs) =>
        this.stop({ deadlineMs: deadlineMs ?? drainDeadlineMs, reason: 'Shutdown' }),
      stopped: () => this.#finish(),
    })
  }

  #makeConnections(): ConnectionActors {
    return new ConnectionActors({
      actors: this.#inspection.actors,
      owner: this.#broker,
      limits: this.#settings.limits,
      log: this.#log,
      unfinished: this.#unfinished,
      now: Date.now,
      newClientId: () => randomBytes(6).toString('hex'),
    })
  }

  #makeTasks(): TaskActors {
    const { journal, now } = this.#broker.parts
    return new TaskActors({
      actors: this.#inspection.actors,
      runners: {
        command: commandRunner({ limits: this.#settings.limits }),
        replay: replayRunner({ limits: this.#settings.limits }),
        acp: acpRunner({ limits: this.#settings.limits, version: this.#settings.version }),
      },
      transactions: this.#broker.transactions,
      outage: this.#broker.outage,
      limits: this.#settings.limits,
      log: this.#log.child({ actor: 'task' }),
      now,
      turnBytes: () => journal.turnBytes,
      progressOf: (task) => readerProgress(this.#broker, task),
      socketPath: this.socketPath,
      transact: (work) => this.#broker.transact(work),
      settled: () => this.#broker.taskSettled(),
    })
  }

  #finish(): void {
    clearInterval(this.#sweep)
    this.#memory?.[Symbol.dispose]()
    this.#inspection[Symbol.dispose]()
    this.listeners.close()
    this.#store.close()
    this.#locks.release()
    this.#log.info('stopped')
    this.#resolveStopped()
  }
}

function policyOf({
  path,
  framing,
  vocabulary,
  scope,
  role,
}: DaemonSettings['listeners'][number]): ListenerPolicy {
  const codec = parseListenerCodec(`${framing}+${vocabulary}`)
  if (!codec.ok) throw new Error(codec.error.message)
  return { path, codec: codec.value, scope, role }
}

function profilesOf(profiles: DaemonSettings['profiles'], defaultName: string | undefined): Profiles {
  return { byName: new Map(profiles.map((profile) => [profile.name, profile])), defaultName }
}

/** Never the body itself, which may hold secrets: digests are kept on disk. */
function digestOf(body: string): string {
  return hash('sha256', body, 'base64')
}
