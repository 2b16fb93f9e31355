/**
 * The composition root: the only file that knows every part. It takes the locks, builds broker, actors, store and
 * transport, binds the listeners, and undoes all of it when the broker has stopped.
 */
import type { Broker } from '../actors/broker-actor.ts'
import type { ListenerPolicy } from '../actors/connection.ts'
import { recover } from '../actors/recovery.ts'
import type { Logger } from '../log.ts'
import { endLeftovers } from '../runners/leftovers.ts'
import type { Store } from '../store/store.ts'
import { nodeIpcTransport } from '../transport/node-ipc.ts'
import type { PathOutcome } from '../transport/path-outcome.ts'
import type { LinkHandlers } from '../transport/transport.ts'
import { parseListenerCodec, parseStoredFrame } from '../wire/codec.ts'
import { UnfinishedFrames } from '../wire/unfinished.ts'
import { assemble } from './assembly.ts'
import type { DaemonSettings } from './config.ts'
import { Inspection } from './inspection.ts'
import { Listeners, Locks } from './listeners.ts'
import { MemoryKeeper } from './memory-keeper.ts'
import { openStore } from './open-store.ts'

export interface RunningDaemon {
  readonly socketPath: string
  /** Resolves when every socket is closed and no task's process is left. */
  readonly stopped: Promise<void>
  /** Takes no new task, cancels running ones after `deadlineMs`, then stops. `reason` is for the log. */
  stop(options: { readonly deadlineMs: number; readonly reason: string }): void
  /** Ends running tasks by force, then stops. */
  force(): void
}

interface RefusedStart {
  readonly ok: false
  readonly exitCode: 1 | 75 | 78
  readonly message: string
}

export type DaemonStart = { readonly ok: true; readonly daemon: RunningDaemon } | RefusedStart

/** Starts the daemon of a home and its sockets; refused where another one has either, or its store cannot be opened. */
export async function startDaemon(
  settings: DaemonSettings,
  log: Logger,
  now: () => number = Date.now,
): Promise<DaemonStart> {
  const locks = new Locks()
  const locked = locks.take(settings.home, settings.listeners)
  if (!locked.ok) return refusedStart(locked)
  const opened = openStore(settings, log, now)
  if (!opened.ok) {
    locks.release()
    return { ok: false, exitCode: 78, message: opened.message }
  }
  const daemon = new Daemon({ settings, log, locks, store: opened.store, now })
  const refusal = await daemon.begin()
  if (refusal === undefined) return { ok: true, daemon }
  opened.store.close()
  locks.release()
  return refusal
}

function refusedStart(refusal: PathOutcome<unknown> & { ok: false }): RefusedStart {
  return { ok: false, exitCode: refusal.reason === 'taken' ? 75 : 78, message: refusal.message }
}

interface DaemonOptions {
  readonly settings: DaemonSettings
  readonly log: Logger
  readonly locks: Locks
  readonly store: Store
  readonly now: () => number
}

class Daemon implements RunningDaemon {
  readonly socketPath: string
  readonly stopped: Promise<void>
  readonly #options: DaemonOptions
  readonly #listeners: Listeners
  readonly #unfinished: UnfinishedFrames
  readonly #broker: Broker
  readonly #inspection = new Inspection(() => this.#broker)
  #sweep: NodeJS.Timeout | undefined
  #memory: MemoryKeeper | undefined
  #resolveStopped: () => void = () => {}

  constructor(options: DaemonOptions) {
    const { settings, store, log, now } = options
    this.#options = options
    this.socketPath = settings.listeners[0]?.path ?? ''
    const { limits, drainDeadlineMs } = settings
    this.#unfinished = new UnfinishedFrames({
      bytesMax: limits.unfinishedBytesMax,
      deadlineMs: limits.frameDeadlineMs,
    })
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve
    })
    this.#broker = assemble({
      settings,
      store,
      log,
      now,
      unfinished: this.#unfinished,
      inspector: this.#inspection,
      shutdownRequested: (deadlineMs = drainDeadlineMs) => this.stop({ deadlineMs, reason: 'Shutdown' }),
      stopped: () => this.#finish(),
      // One turn may make many: the keeper's own time comes only after it.
      answeredMuch: () => this.#memory?.look(),
      stirred: () => this.#memory?.stir(),
    })
    this.#listeners = new Listeners({
      transport: nodeIpcTransport,
      policies: settings.listeners.map(policyOf),
      log,
      watchMs: limits.socketWatchMs,
      accept: (policy, link) => this.#watched(this.#broker.connections.accept(policy, link)),
    })
  }

  /** Puts in order what an earlier daemon left, then serves; returns why it cannot. */
  async begin(): Promise<RefusedStart | undefined> {
    const claimed = await this.#listeners.claim()
    if (!claimed.ok) return refusedStart(claimed)
    try {
      await this.#recover()
    } catch (error) {
      return {
        ok: false,
        exitCode: 78,
        message: `What an earlier daemon left cannot be kept: ${reasonOf(error)}`,
      }
    }
    try {
      this.#serve()
    } catch (error) {
      return { ok: false, exitCode: 78, message: `The daemon cannot listen: ${reasonOf(error)}.` }
    }
    return undefined
  }

  async #recover(): Promise<void> {
    const { limits } = this.#options.settings
    // Nobody waits for what they still have to say: a short while is enough.
    const cancelGraceMs = Math.min(limits.cancelGraceMs, limits.outputCloseGraceMs)
    this.#broker.recovered = await recover(this.#broker, {
      endLeftovers: (tasks) => endLeftovers(tasks, { limits: { ...limits, cancelGraceMs } }),
      decodeStored: parseStoredFrame,
    })
  }

  #serve(): void {
    const { settings, log, now } = this.#options
    this.#listeners.bind()
    this.#broker.listenersBound()
    this.#sweep = setInterval(() => this.#unfinished.sweep(now()), settings.limits.frameSweepMs)
    this.#sweep.unref()
    const { journal } = this.#broker.parts
    this.#memory = new MemoryKeeper({
      limits: settings.limits,
      heldBytes: () => journal.bytes,
      // A run may read and write much of which nobody is told.
      isAwake: () => this.#broker.tasks.liveCount > 0,
    })
    // Said in the next turn: whoever waits for it may send a signal at once, and by then somebody listens to signals.
    const sockets = settings.listeners.map(({ path }) => path)
    setImmediate(() => log.info({ pid: process.pid, sockets }, 'serving'))
  }

  /** Whatever is read may grow memory, also where nothing is told of it. */
  #watched(handlers: LinkHandlers): LinkHandlers {
    this.#memory?.stir()
    return {
      ...handlers,
      data: (chunk) => {
        this.#memory?.stir()
        handlers.data(chunk)
      },
    }
  }

  stop({ deadlineMs, reason }: { readonly deadlineMs: number; readonly reason: string }): void {
    this.#options.log.info({ reason, deadlineMs }, 'draining')
    this.#broker.drain(deadlineMs)
  }

  force(): void {
    this.#options.log.warn('stopping by force')
    this.#broker.force()
  }

  #finish(): void {
    clearInterval(this.#sweep)
    this.#memory?.[Symbol.dispose]()
    this.#inspection[Symbol.dispose]()
    this.#listeners.close()
    this.#options.store.close()
    this.#options.locks.release()
    this.#options.log.info('stopped')
    this.#resolveStopped()
  }
}

function policyOf({
  path,
  framing,
  vocabulary,
  scope,
  role,
  replay,
}: DaemonSettings['listeners'][number]): ListenerPolicy {
  const codec = parseListenerCodec(`${framing}+${vocabulary}`)
  if (!codec.ok) throw new Error(codec.error.message)
  return { path, codec: codec.value, scope, role, replay }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
