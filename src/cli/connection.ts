/**
 * The way from a command to the daemon: where it is, whether it answers, and for `run` and `start` also to start it. One
 * attempt to connect, no waiting: a command line that hangs helps nobody.
 */
import { autostart } from '../daemon/autostart.ts'
import { CallboardError } from '../client/callboard-error.ts'
import { version } from '../version.ts'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'
import { advice } from './invocation.ts'
import type { CallboardClient } from '../client/callboard-client.ts'
import type { Invocation } from './invocation.ts'
import type { Place } from './place.ts'
import type { HelloResult } from '../wire/envelope.ts'

export interface Connection {
  readonly client: CallboardClient
  readonly hello: HelloResult
  readonly socketPath: string
}

export interface ConnectOptions {
  /** Starts a daemon where none answers. */
  readonly autostart?: boolean
  readonly signal?: AbortSignal
}

/** Runs `use` with a connection and closes it afterwards. Throws Failure (69) where no daemon answers. */
export async function withConnection<T>(
  invocation: Invocation,
  options: ConnectOptions,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(invocation, options)
  try {
    return await use(connection)
  } finally {
    await connection.client.close()
  }
}

/** A connection once more; undefined where no daemon answers. Who gets it closes its client. */
export async function reconnected(
  invocation: Invocation,
  signal: AbortSignal,
): Promise<Connection | undefined> {
  try {
    return await attempt(invocation, await placeFor(invocation), signal)
  } catch (error) {
    // It is on its way up or down.
    if (error instanceof CallboardError && (error.code === 'closed' || error.code === 'draining'))
      return undefined
    throw error
  }
}

async function connect(invocation: Invocation, options: ConnectOptions): Promise<Connection> {
  const place = await placeFor(invocation)
  const probe = () => attempt(invocation, place, options.signal)
  const found = await probe()
  if (found !== undefined) return found
  if (options.autostart !== true) throw noDaemon(invocation, place)
  try {
    return await start(invocation, place, probe, options.signal)
  } catch (error) {
    options.signal?.throwIfAborted()
    throw error
  }
}

/** Settings and client are loaded when they are used: a command's help needs neither, and they are most of it all. */
async function placeFor(invocation: Invocation): Promise<Place> {
  const { placeOf } = await import('./place.ts')
  return placeOf(invocation)
}

/** Undefined where nobody answers. */
async function attempt(
  { env }: Invocation,
  { socketPath }: Place,
  signal: AbortSignal | undefined,
): Promise<Connection | undefined> {
  signal?.throwIfAborted()
  const { CallboardClient } = await import('../client/callboard-client.ts')
  const task = env['CALLBOARD_TASK']
  const client = new CallboardClient({
    socketPath,
    name: 'callboard-cli',
    version,
    attemptsMax: 1,
    ...(task === undefined || task === '' ? {} : { task }),
  })
  try {
    const hello = await client.connect(signal === undefined ? {} : { signal })
    return { client, hello, socketPath }
  } catch (error) {
    await client.close()
    signal?.throwIfAborted()
    if (error instanceof CallboardError && error.code === 'unreachable') return undefined
    throw error
  }
}

function noDaemon(invocation: Invocation, { socketPath, socketSource }: Place): Failure {
  const source = socketSource === 'default' ? 'the default' : `from ${socketSource}`
  const [serve, run] = [advice(invocation, 'serve'), advice(invocation, 'run')]
  const sentence =
    `no daemon answers at ${socketPath} (${source}): ` +
    `start one with ${serve}, or start a task with ${run}.`
  return new Failure(sentence, exitCodes.noDaemon)
}

const told: ReadonlySet<string> = new Set(['--socket', 'CALLBOARD_SOCKET'])

async function start(
  invocation: Invocation,
  place: Place,
  probe: () => Promise<Connection | undefined>,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const started = await autostart({
    entry: invocation.entry,
    home: place.home,
    // A default path is left to the daemon to find: only then does it make the path's directory.
    ...(told.has(place.socketSource) ? { socketPath: place.socketPath } : {}),
    env: invocation.env,
    probe,
    ...(signal === undefined ? {} : { signal }),
  })
  if (started.ok) return started.value
  const exitCode = started.exitCode === exitCodes.badConfig ? exitCodes.badConfig : exitCodes.noDaemon
  throw new Failure(started.message, exitCode, { detail: started.logTail })
}
