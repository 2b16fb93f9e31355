/** The client's end of a link: what its owner is told where the owner, the server or the link fails. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { MockInstance } from 'vitest'
import { RecordingClock } from '../client/recording-clock.ts'
import { dial } from '../../src/actors/dialled-connection.ts'
import type { DialledConnection, DialledOwner } from '../../src/actors/dialled-connection.ts'
import { limits } from '../../src/limits.ts'
import { MemoryLink, memoryTransport } from '../../src/transport/memory.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import type { Codec } from '../../src/wire/codec.ts'
import type { ServerMessage } from '../../src/wire/envelope.ts'
import { quiet, until } from './turns.ts'

const clientAck: ServerMessage = {
  type: 'Ack',
  origin: 'server',
  data: { clientId: '0123456789ab', pid: 1, ppid: 1 },
}
const reply: ServerMessage = {
  type: 'Reply',
  origin: 'server',
  requestId: 'r',
  data: { ok: true, result: {} },
}

function bytesOf(...messages: readonly ServerMessage[]): Buffer {
  return Buffer.concat(messages.map((message) => canonicalCodec.encodeToClient(message) ?? Buffer.alloc(0)))
}

interface Dialled {
  readonly connection: DialledConnection
  /** The server's end, and what came there. */
  readonly far: MemoryLink
  readonly heard: Buffer[]
  readonly near: MemoryLink
  readonly clock: RecordingClock
  /** What the owner was told, in order, with why it closed. */
  readonly told: string[]
  readonly closed: ReturnType<typeof vi.fn<DialledOwner['closed']>>
}

let paths = 0

/** A link that is open and has no Ack yet. */
async function dialled(
  owner: Partial<DialledOwner> = {},
  { codec = canonicalCodec, bufferBytes }: { codec?: Codec; bufferBytes?: number } = {},
): Promise<Dialled> {
  const transport = memoryTransport(bufferBytes)
  const path = `/dialled-${++paths}`
  const heard: Buffer[] = []
  let far: MemoryLink | undefined
  const listener = transport.listen({
    path,
    accept(link) {
      if (link instanceof MemoryLink) far = link
      return { data: (chunk) => heard.push(chunk), drained: () => {}, ended: () => {}, closed: () => {} }
    },
    error: () => {},
  })
  onTestFinished(() => listener.close())
  const { clientAckTimeoutMs: ackTimeoutMs, linkDrainMs: drainTimeoutMs, lagHighBytes } = limits
  const clock = new RecordingClock()
  const told: string[] = []
  const closed = vi.fn<DialledOwner['closed']>((reason) => void told.push(reason))
  const tell = <Args extends unknown[]>(name: string, also?: (...args: Args) => void) => {
    return (...args: Args): void => {
      told.push(name)
      also?.(...args)
    }
  }
  let near: MemoryLink | undefined
  const connection = dial(
    {
      id: path,
      path,
      transport: { ...transport, connect: (to, handlers) => (near = transport.connect(to, handlers)) },
      codec,
      ackTimeoutMs,
      drainTimeoutMs,
      lagHighBytes,
      clock,
      now: () => 0,
    },
    {
      opened: tell('opened', owner.opened),
      ignored: tell('ignored', owner.ignored),
      acked: (ack) => {
        told.push('acked')
        return owner.acked?.(ack) ?? true
      },
      attached: tell('attached', owner.attached),
      received: tell('received', owner.received),
      closed,
    },
  )
  await until(() => told.includes('opened'))
  if (far === undefined || near === undefined) throw new Error('nobody was dialled')
  onTestFinished(() => near?.destroy())
  return { connection, far, near, heard, clock, told, closed }
}

function throwing(): never {
  throw new Error('this test throws')
}

describe('an owner that throws', () => {
  test.each(['acked', 'attached', 'received'] as const)(
    'when it is told %s loses its link for a fault, and is told why',
    async (when) => {
      const { far, near, told, closed, clock, connection } = await dialled({ [when]: throwing })
      far.write(bytesOf(clientAck, reply))
      await connection.gone
      expect(closed.mock.calls).toEqual([['fault', expect.objectContaining({ message: 'this test throws' })]])
      expect(told.at(-1)).toBe('fault')
      expect([near.closed, clock.running]).toEqual([true, 0])
    },
  )
})

describe('an owner that does not want it', () => {
  test('is told of nothing that came behind the Ack', async () => {
    const { far, told, near, connection } = await dialled({ acked: () => false })
    far.write(bytesOf(clientAck, reply))
    await connection.gone
    expect(told).toEqual(['opened', 'acked', 'local'])
    expect(near.closed).toBe(true)
  })

  test('and closes it for what came before the Ack is told of no Ack', async () => {
    const at: Dialled = await dialled({ ignored: () => at.connection.close() })
    at.far.write(bytesOf(reply, clientAck, reply))
    await at.connection.gone
    expect(at.told).toEqual(['opened', 'ignored', 'local'])
  })
})

/** A server that has acknowledged and writes no more, while a thousand bytes are held for it. */
async function halfClosed(): Promise<Dialled> {
  const at = await dialled({}, { bufferBytes: 64 })
  at.far.write(bytesOf(clientAck))
  await until(() => at.told.includes('attached'))
  at.far.pause()
  at.connection.send(Buffer.alloc(1_000, 'x'))
  expect(at.near.heldBytes).toBeGreaterThan(0)
  at.far.endWriting()
  await quiet()
  expect(at.told.at(-1)).toBe('attached')
  return at
}

describe('what is handed over', () => {
  test('before the Ack is not written', async () => {
    const { connection, far, heard } = await dialled()
    connection.send(Buffer.from('early'))
    far.write(bytesOf(clientAck))
    await quiet()
    connection.send(Buffer.from('later'))
    await quiet()
    expect(Buffer.concat(heard).toString()).toBe('later')
  })

  test('to a server that writes no more and has not taken what came before is not written', async () => {
    const { connection, near, clock, told } = await halfClosed()
    const held = near.heldBytes
    connection.send(Buffer.alloc(1_000))
    expect(near.heldBytes).toBe(held)
    clock.increment(limits.linkDrainMs)
    expect(told.at(-1)).toBe('drained')
    await connection.gone
  })

  test('to a server that writes no more and still reads leaves before the link ends', async () => {
    const { connection, far, heard, clock, told } = await halfClosed()
    far.resume()
    await connection.gone
    expect(told.at(-1)).toBe('drained')
    expect(Buffer.concat(heard).toString()).toBe('x'.repeat(1_000))
    expect(clock.running).toBe(0)
  })
})

test('a connection that has ended keeps nothing of the frame that it was reading', async () => {
  let close: MockInstance<() => void> | undefined
  const codec: Codec = {
    ...canonicalCodec,
    decodeFromServer(options) {
      const decoder = canonicalCodec.decodeFromServer(options)
      close = vi.spyOn(decoder, 'close')
      return decoder
    },
  }
  const { connection, far } = await dialled({}, { codec })
  far.write(Buffer.from('{"type":'))
  await quiet()
  expect(close).not.toHaveBeenCalled()
  connection.close()
  expect(close).toHaveBeenCalledOnce()
  await connection.gone
})
