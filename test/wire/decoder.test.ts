import fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { canonicalCodec, codec } from '../../src/wire/codec.ts'
import type { Batch, Decoded } from '../../src/wire/codec.ts'
import type { ClientMessage } from '../../src/wire/envelope.ts'
import { nodeIpc } from '../../src/wire/framing/node-ipc.ts'
import { UnfinishedFrames } from '../../src/wire/unfinished.ts'
import { roo } from '../../src/wire/vocabulary/roo.ts'

function decoding(options: { frameBytesMax?: number; depthMax?: number } = {}) {
  const broken = () => {
    throw new Error('told of a break that came with its own chunk')
  }
  return canonicalCodec.decodeFromClients({
    ...options,
    unfinished: new UnfinishedFrames(),
    now: () => 0,
    broken,
  })
}

function command(text: string, requestId?: string): ClientMessage {
  const data = { commandName: 'SendMessage' as const, data: { text } }
  const message = { type: 'TaskCommand' as const, origin: 'client' as const, clientId: 'efa6e2fb772e', data }
  return requestId === undefined ? message : { ...message, requestId }
}

const encode = (message: ClientMessage) => canonicalCodec.encodeToServer(message)
const messages = (items: readonly Decoded<ClientMessage>[]) =>
  items.map((one) => (one.ok ? one.message : one.refusal.rejection.code))
const refusals = (batch: Batch<ClientMessage>) => batch.items.flatMap((one) => (one.ok ? [] : [one.refusal]))

test('any chunking gives the same messages and refusals in their order', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 }).map((one) => one.toWellFormed())
  const frame = fc.oneof(
    text.map((one) => ({ bytes: encode(command(one)), expected: command(one) })),
    fc.constantFrom('nonsense\f', '{\f', '[]\f', '{"type":"connect"}\f').map((junk) => ({
      bytes: Buffer.from(junk),
      expected: 'invalid_frame',
    })),
  )
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.infiniteStream(fc.nat(60)), (frames, sizes) => {
      const decoder = decoding()
      const bytes = Buffer.concat(frames.map((one) => one.bytes))
      const items: Decoded<ClientMessage>[] = []
      for (let at = 0; at < bytes.length;) {
        const size = sizes.next().value ?? 1
        items.push(...decoder.push(bytes.subarray(at, at + size)).items)
        at += size
      }
      expect(messages(items)).toEqual(frames.map((one) => one.expected))
    }),
  )
})

test('a message arrives one byte at a time, through the middle of its characters', () => {
  const decoder = decoding()
  const items = [...encode(command('é漢😀'))].flatMap((byte) => decoder.push(Buffer.of(byte)).items)
  expect(messages(items)).toEqual([command('é漢😀')])
})

test('thousands of frames come in one chunk, and the start of the next one', () => {
  const decoder = decoding()
  const frame = encode(command('x'))
  const first = decoder.push(
    Buffer.concat([...Array.from({ length: 5_000 }, () => frame), frame.subarray(0, 40)]),
  )
  expect(first.items).toHaveLength(5_000)
  expect(first.items.every((one) => one.ok)).toBe(true)
  expect(messages(decoder.push(frame.subarray(40)).items)).toEqual([command('x')])
})

// bound: frameInBytesMax
test('a frame past its limit breaks the link after what came before it, and nothing more is decoded', () => {
  const frame = encode(command('x'))
  const decoder = decoding({ frameBytesMax: frame.length - 1 })
  const batch = decoder.push(Buffer.concat([frame, Buffer.from(' '), encode(command('xx')), frame]))
  expect(messages(batch.items)).toEqual([command('x')])
  expect(batch.broken?.code).toBe('frame_too_large')
  expect(decoder.push(frame)).toMatchObject({ items: [], broken: { code: 'frame_too_large' } })
})

// bound: frameDepthMax
test('nesting to the limit is decoded, past it refused, and the link lives', () => {
  const nested = (depth: number) => {
    const inner = '['.repeat(depth) + ']'.repeat(depth)
    const start = `{"commandName":"StartNewTask","data":{"configuration":{"x":${inner}}}}`
    return Buffer.from(`{"type":"message","data":{"type":"TaskCommand","origin":"client","data":${start}}}\f`)
  }
  const decoder = decoding()
  const outside = 5
  const [ok, deep, deepest] = [
    limits.frameDepthMax - outside,
    limits.frameDepthMax - outside + 1,
    50_000,
  ].map((depth) => decoder.push(nested(depth)))
  expect(ok?.items[0]?.ok).toBe(true)
  for (const one of [deep, deepest]) {
    expect(one?.broken).toBeUndefined()
    expect(one?.items[0]).toMatchObject({ ok: false, refusal: { rejection: { code: 'invalid_frame' } } })
  }
  expect(messages(decoder.push(encode(command('x'))).items)).toEqual([command('x')])
})

test('bytes that are not UTF-8 are refused, and a real U+FFFD is not', () => {
  const decoder = decoding()
  const frame = encode(command('\uFFFD?'))
  expect(messages(decoder.push(frame).items)).toEqual([command('\uFFFD?')])
  frame[frame.indexOf('?')] = 0xff
  expect(refusals(decoder.push(frame))[0]?.rejection).toMatchObject({
    code: 'invalid_frame',
    message: /UTF-8/,
  })
  const overlong = Buffer.from('{"type":"message","data":"??"}\f')
  overlong.set([0xc0, 0xaf], overlong.indexOf('??'))
  expect(refusals(decoder.push(overlong))).toHaveLength(1)
})

test.each([
  'null',
  '[]',
  '7',
  '"x"',
  '{',
  '{}',
  'true',
  '{"type":"message"}',
  '{"type":"message","data":null}',
])('the frame %s is refused and the link lives', (json) => {
  const decoder = decoding()
  expect(refusals(decoder.push(Buffer.from(`${json}\f`)))[0]?.rejection.code).toBe('invalid_frame')
  expect(messages(decoder.push(encode(command('x'))).items)).toEqual([command('x')])
})

test('a refusal carries the request’s id where there is a valid one, and how large the frame was', () => {
  const decoder = decoding()
  const refusalOf = (message: string) =>
    refusals(decoder.push(Buffer.from(`{"type":"message","data":${message}}\f`)))[0]
  const wrong = (requestId: unknown) =>
    JSON.stringify({ type: 'TaskCommand', origin: 'client', requestId, data: { commandName: 'No' } })
  expect(refusalOf(wrong('r1'))).toMatchObject({ requestId: 'r1', bytes: wrong('r1').length + 26 })
  for (const id of [7, '', 'x'.repeat(65), null]) expect(refusalOf(wrong(id))).not.toHaveProperty('requestId')
  expect(refusalOf(wrong('x'.repeat(64)))?.requestId).toHaveLength(64)
  expect(refusalOf('{"type":"Hello","origin":"client","data":{}}')?.requestId).toBe('hello')
})

test('no frame reaches a prototype', () => {
  const decoder = decoding()
  const own = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}'
  const data = `{${own},"configuration":{${own},"callboard":{${own}}},"text":"x"}`
  const message = `{${own},"type":"TaskCommand","origin":"client","data":{${own},"commandName":"StartNewTask","data":${data}}}`
  const [item] = decoder.push(Buffer.from(`{${own},"type":"message","data":${message}}\f`)).items
  expect(Object.prototype).not.toHaveProperty('polluted')
  expect(item?.ok).toBe(true)
  const started = item?.ok === true && item.message.type === 'TaskCommand' ? item.message.data : undefined
  expect(started?.commandName).toBe('StartNewTask')
  const configuration = started?.commandName === 'StartNewTask' ? started.data.configuration : {}
  expect(Object.getPrototypeOf(configuration)).toBe(Object.prototype)
  expect(Object.hasOwn(configuration, '__proto__')).toBe(false)
  expect(configuration).not.toHaveProperty('polluted')
})

test('millions of wrong items cost one refusal', () => {
  const wrong = `[${'1,'.repeat(2_000_000)}1]`
  for (const data of [
    `{"commandName":"StartNewTask","data":{"text":"","images":${wrong}}}`,
    `{"commandName":"SendMessage","data":{"images":${wrong}}}`,
    `{"commandName":"Subscribe","data":{"tasks":${wrong},"events":${wrong}}}`,
    `{"commandName":"ListTasks","data":{"states":${wrong}}}`,
    `{"commandName":"PruneTasks","data":{"ids":${wrong}}}`,
  ]) {
    const message = `{"type":"TaskCommand","origin":"client","data":${data}}`
    const [refusal] = refusals(decoding().push(Buffer.from(`{"type":"message","data":${message}}\f`)))
    expect(refusal?.rejection).toMatchObject({ code: 'invalid_command', message: /expected an array/ })
  }
})

test('a fault while a frame is parsed is a refusal, not a throw', () => {
  const parseFromClient = () => {
    throw new RangeError('Maximum call stack size exceeded')
  }
  const faulty = codec(nodeIpc, { ...roo, parseFromClient })
  const options = { unfinished: new UnfinishedFrames(), now: () => 0, broken: () => {} }
  const [refusal] = refusals(faulty.decodeFromClients(options).push(encode(command('x'))))
  expect(refusal?.rejection.code).toBe('invalid_frame')
})

test('empty frames are counted and refused nothing', () => {
  const decoder = decoding()
  expect(decoder.push(Buffer.from('\f\f \f\r\n\f'))).toEqual({ items: [] })
  expect(decoder.emptyFrames).toBe(4)
})

test('an excerpt of a refused start shows no key of its configuration', () => {
  const message =
    '{"type":"TaskCommand","data":{"commandName":"StartNewTask","data":{"configuration":{"apiKey":"sk-1"}}}}'
  const [refusal] = refusals(decoding().push(Buffer.from(`{"type":"message","data":${message}}\f`)))
  expect(refusal?.excerpt).toContain('StartNewTask')
  expect(JSON.stringify(refusal)).not.toContain('sk-1')
})

test('a frame that has begun when the peer writes no more is lost, and said to be; between frames nothing is', () => {
  const unfinished = new UnfinishedFrames()
  const decoder = canonicalCodec.decodeFromClients({ unfinished, now: () => 0, broken: () => {} })
  decoder.push(encode(command('whole')))
  expect(decoder.end()).toBeUndefined()
  decoder.push(encode(command('cut')).subarray(0, -1))
  expect(unfinished.bytes).toBeGreaterThan(0)
  expect(decoder.end()).toEqual({
    code: 'invalid_frame',
    message: 'The link ended within a frame, which is lost. Here a frame ends with a form feed.',
  })
  expect(unfinished.bytes).toBe(0)
  expect(decoder.end()).toBeUndefined()
})
