import { SimulatedClock } from 'xstate'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { dial } from '../../src/actors/dialled-connection.ts'
import type { DialledConnection } from '../../src/actors/dialled-connection.ts'
import { limits } from '../../src/limits.ts'
import { memoryTransport } from '../../src/transport/memory.ts'
import type { LinkHandlers } from '../../src/transport/transport.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import type { MemoryClient } from '../actors/memory-client.ts'
import { rig } from '../actors/rig.ts'
import type { Rig, RigOptions } from '../actors/rig.ts'
import { quiet, until } from '../actors/turns.ts'
import { EdgeWatch } from './edges.ts'
import { expectAsInLedger } from './ledger.ts'

const watch = new EdgeWatch()
/** Edges of the client's end, which is not inspected: each is noted beside what only it can have caused. */
const dialled = new Set<string>()

interface Served {
  readonly place: Rig
  readonly clock: SimulatedClock
  readonly client: MemoryClient
  /** As ListClients says it; `closed` once it is gone. */
  readonly state: () => string
  /** Why it closed, from its log. */
  readonly reason: () => unknown
}

function place(options: RigOptions): { at: Rig; clock: SimulatedClock } {
  const clock = new SimulatedClock()
  return { at: rig({ ...options, actors: { clock, inspect: watch.inspect } }), clock }
}

/** One served link, looked at from inside. */
async function served(options: RigOptions = {}): Promise<Served> {
  const { at, clock } = place(options)
  const client = await at.connect()
  const state = (): string => {
    const connection = at.connections.get(client.clientId)
    return connection === undefined ? 'closed' : at.connections.stateOf(connection)
  }
  const reason = (): unknown => reasonOf(at, client.clientId)
  return { place: at, clock, client, state, reason }
}

function reasonOf({ log }: Rig, clientId: string): unknown {
  return log.find((line) => line['msg'] === 'connection closed' && line['clientId'] === clientId)?.['reason']
}

const small = {
  bufferBytes: 1_000,
  limits: { slabBytes: 1_024, lagHighBytes: 8_000, lagLowBytes: 2_000 },
} satisfies RigOptions

/** Lines of output, each in its own turn. */
async function chatter({ last }: Rig['runner'], lines: number): Promise<void> {
  for (let line = 0; line < lines; line++) {
    last.says('x'.repeat(100))
    await quiet(1)
  }
}

/** Makes the link a slow reader: it takes nothing, and much has happened. */
async function fallBehind({ place: { runner }, client, state }: Served): Promise<void> {
  client.send({ commandName: 'StartNewTask', data: { configuration: { callboard: { command: ['x'] } } } })
  await until(() => runner.runs.length > 0)
  runner.last.started()
  await client.hears('taskStarted')
  client.link.pause()
  await chatter(runner, 100)
  await until(() => state() === 'ready.congested')
}

/** Its peer writes no more while an answer waits that it does not take. */
async function halfClose(at: Served): Promise<void> {
  await fallBehind(at)
  at.client.send({ commandName: 'GetStatus', requestId: 'last' })
  at.client.link.endWriting()
  await until(() => at.state() === 'draining')
}

describe('the server’s end', () => {
  test('a link over the limit is refused before its Ack', async () => {
    const { at } = place({ limits: { connectionsMax: 1 } })
    await at.connect()
    const late = await at.connect()
    expect([late.closed, late.messages]).toEqual([true, []])
    expect(at.log.filter(({ reason }) => reason === 'refused')).toHaveLength(1)
  })

  // bound: ackTimeoutMs
  test('an Ack that does not leave in time closes the link', async () => {
    const { at, clock } = place({ bufferBytes: 10 })
    const connecting = at.connect()
    await until(() => at.connections.count === 1)
    const [connection] = at.connections.all()
    expect(connection === undefined ? '' : at.connections.stateOf(connection)).toBe('awaitingAck')
    clock.increment(limits.ackTimeoutMs - 1)
    expect(at.connections.count).toBe(1)
    clock.increment(1)
    expect(at.connections.count).toBe(0)
    expect(reasonOf(at, connection?.clientId ?? '')).toBe('ack_timeout')
    await connecting
  })

  test('a link whose Ack is leaving is let go when the daemon stops', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const { at } = place({ bufferBytes: 1 })
    const connecting = at.connect()
    await until(() => at.connections.count === 1)
    const [connection] = at.connections.all()
    at.broker.drain(0)
    await until(() => at.broker.state === 'stopped')
    vi.advanceTimersByTime(10)
    expect(at.connections.count).toBe(0)
    expect(reasonOf(at, connection?.clientId ?? '')).toBe('drained')
    await connecting
  })

  test('a reader falls behind and catches up', async () => {
    const at = await served(small)
    await fallBehind(at)
    at.client.link.resume()
    await until(() => at.state() === 'ready.flowing')
    await until(() => at.client.events().length === at.place.journal.head)
    expect(at.state()).toBe('ready.flowing')
  })

  test('a peer that writes no more is let go when it has had its answers', async () => {
    const at = await served(small)
    await halfClose(at)
    at.client.link.resume()
    await until(() => at.state() === 'closed')
    expect(at.reason()).toBe('drained')
    await until(() => at.client.closed)
    expect(at.client.messages.at(-1)).toMatchObject({ type: 'Reply', requestId: 'last' })
  })

  // bound: linkDrainMs
  test('a peer that does not take its last answers is left', async () => {
    const at = await served(small)
    await halfClose(at)
    at.clock.increment(limits.linkDrainMs - 1)
    expect(at.state()).toBe('draining')
    at.clock.increment(1)
    expect([at.state(), at.reason()]).toEqual(['closed', 'drained'])
  })

  test('a link that breaks while it drains is gone', async () => {
    const at = await served(small)
    await halfClose(at)
    at.client.link.fail(new Error('broken'))
    await until(() => at.state() === 'closed')
    expect(at.reason()).toBe('peer')
  })

  test('a daemon that stops drains a ready link', async () => {
    const at = await served()
    at.place.broker.drain(0)
    await vi.waitFor(() => expect(at.state()).toBe('closed'))
    expect(at.reason()).toBe('drained')
  })

  test('a legacy reader below retention is closed', async () => {
    const { limits: bounds } = small
    const at = await served({
      ...small,
      limits: { ...bounds, tailBytesMax: 40_960, laneTailBytesMax: 2_048 },
    })
    await fallBehind(at)
    await chatter(at.place.runner, 200)
    at.client.link.resume()
    await until(() => at.state() === 'closed')
    expect(at.reason()).toBe('retention')
  })

  test.each(['flowing', 'congested'])(
    'a byte stream that cannot be read on closes a %s link',
    async (how) => {
      const at = await served(small)
      if (how === 'congested') await fallBehind(at)
      expect(at.state()).toBe(`ready.${how}`)
      at.client.link.write(Buffer.from('{"type":"TaskCommand"}\n'))
      await until(() => at.state() === 'closed')
      expect(at.reason()).toBe('framing')
    },
  )

  test('a session that is taken up elsewhere closes its older link', async () => {
    const at = await served()
    const { sessionId, epoch } = await at.client.greet()
    const again = await at.place.connect()
    await again.greet({ resume: { sessionId, epoch, after: 0 } })
    await until(() => at.state() === 'closed')
    expect(at.reason()).toBe('local')
  })

  test('a fault of ours closes its link alone', async () => {
    const encodeToClient: typeof canonicalCodec.encodeToClient = (message) => {
      if (message.type === 'Reply' && message.requestId === 'break') throw new Error('this test throws')
      return canonicalCodec.encodeToClient(message)
    }
    const at = await served({ listeners: [{ codec: { ...canonicalCodec, encodeToClient } }] })
    at.client.send({ commandName: 'GetStatus', requestId: 'break' })
    await until(() => at.state() === 'closed')
    expect(at.reason()).toBe('fault')
  })
})

/** A dialled connection whose server does what the test says. */
function dialAt(path: string, listens: boolean) {
  const clock = new SimulatedClock()
  const transport = memoryTransport()
  const told: string[] = []
  const serving: LinkHandlers = { data: () => {}, drained: () => {}, ended: () => {}, closed: () => {} }
  let answer: (bytes: Uint8Array) => void = () => {}
  if (listens) {
    transport.listen({
      path,
      accept: (link) => {
        answer = (bytes) => void link.write(bytes)
        link.resume()
        return serving
      },
      error: () => {},
    })
  }
  const { clientAckTimeoutMs: ackTimeoutMs, linkDrainMs: drainTimeoutMs, lagHighBytes } = limits
  const options = {
    id: path,
    path,
    transport,
    ackTimeoutMs,
    drainTimeoutMs,
    lagHighBytes,
    clock,
    now: () => 0,
  }
  const connection: DialledConnection = dial(options, {
    opened: () => void told.push('opened'),
    acked: () => true,
    attached: () => void told.push('attached'),
    received: () => {},
    closed: (reason) => void told.push(reason),
  })
  return { clock, told, connection, answer: (bytes: Uint8Array) => answer(bytes) }
}

const ack = canonicalCodec.encodeToClient({
  type: 'Ack',
  origin: 'server',
  data: { clientId: '0123456789ab', pid: 1, ppid: 1 },
})

describe('the client’s end', () => {
  test('it is opened, then acknowledged', async () => {
    const { told, answer, connection } = dialAt('/acks', true)
    await until(() => told.length === 1)
    expect(told).toEqual(['opened'])
    answer(ack ?? Buffer.alloc(0))
    await until(() => told.length === 2)
    expect(told).toEqual(['opened', 'attached'])
    dialled.add('connection.connecting link.opened').add('connection.awaitingAck ack.received')
    connection.close()
    await until(() => told.length === 3)
    expect(told.at(-1)).toBe('local')
  })

  test('where nobody listens it is unreachable', async () => {
    const { told } = dialAt('/nobody', false)
    await until(() => told.length === 1)
    expect(told).toEqual(['unreachable'])
    dialled.add('connection.connecting link.closed')
  })

  test('a link that does not open in time is given up', async () => {
    const { told, clock } = dialAt('/slow', true)
    clock.increment(limits.clientAckTimeoutMs - 1)
    expect(told).toEqual([])
    clock.increment(1)
    expect(told).toEqual(['ack_timeout'])
    dialled.add('connection.connecting after ackTimeout')
    await until(() => true)
  })

  test('a server that never speaks is given up', async () => {
    const { told, clock } = dialAt('/mute', true)
    await until(() => told.length === 1)
    clock.increment(limits.clientAckTimeoutMs)
    expect(told).toEqual(['opened', 'ack_timeout'])
  })
})

test('these are all its edges', () => {
  expectAsInLedger('connection', 'memory', [...watch.taken('connection'), ...dialled])
})
