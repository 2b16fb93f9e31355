import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import {
  canonicalCodec,
  framingNames,
  parseListenerCodec,
  parseStoredFrame,
  vocabularyNames,
} from '../../src/wire/codec.ts'
import type { ServerMessage } from '../../src/wire/envelope.ts'
import { UnfinishedFrames } from '../../src/wire/unfinished.ts'
import { eventMessage, id, sampleEvents } from './sample-messages.ts'

const options = { unfinished: new UnfinishedFrames(), now: () => 0, broken: () => {} }

test('every framing and vocabulary has its codec by name', () => {
  for (const framing of framingNames) {
    for (const vocabulary of vocabularyNames) {
      const found = parseListenerCodec(`${framing}+${vocabulary}`)
      expect(found).toMatchObject({ ok: true, value: { name: `${framing}+${vocabulary}` } })
    }
  }
})

test('an unknown codec is refused with those that there are', () => {
  for (const name of ['lines+zoo', 'node-ipc', '', '__proto__', 'x'.repeat(9_999)]) {
    const outcome = parseListenerCodec(name)
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: 'unsupported', message: /node-ipc\+roo, .* lines\+seed\./ },
    })
  }
})

test('what the server’s end encodes the client’s end decodes', () => {
  const gap = { from: 1, firstAvailable: 2 }
  const messages: ServerMessage[] = [
    { type: 'Ack', origin: 'server', data: { clientId: 'c', pid: 1, ppid: 2, epoch: 'e.1', head: 3 } },
    { type: 'Reply', origin: 'server', requestId: 'r', data: { ok: true, result: { a: [1] } } },
    {
      type: 'Reply',
      origin: 'server',
      requestId: 'r',
      data: { ok: false, error: { code: 'busy', message: 'm' } },
    },
    { type: 'Gap', origin: 'server', data: gap },
    eventMessage({ eventName: 'taskIdle', payload: [id] }),
  ]
  const bytes = Buffer.concat(messages.flatMap((one) => canonicalCodec.encodeToClient(one) ?? []))
  const { items, broken } = canonicalCodec.decodeFromServer(options).push(bytes)
  expect(broken).toBeUndefined()
  expect(items).toEqual(messages.map((message) => ({ ok: true, message })))
})

test.each(sampleEvents)('a stored frame of $eventName is read back as a client reads it', (event) => {
  const frame = canonicalCodec.encodeToClient(eventMessage(event)) ?? Buffer.alloc(0)
  const [item] = canonicalCodec.decodeFromServer(options).push(frame).items
  expect({ ok: true, message: parseStoredFrame(frame) }).toEqual(item)
  expect(parseStoredFrame(new Uint8Array(frame.subarray(0, -1)))).toEqual(parseStoredFrame(frame))
})

test('a damaged stored frame throws', () => {
  for (const damaged of ['', '{"type":"mess', 'null\f', '{"type":"message","data":{"type":"Ack"}}\f']) {
    expect(() => parseStoredFrame(Buffer.from(damaged))).toThrow(Error)
  }
})

// bound: frameInBytesMax, frameFromServerBytesMax
test('each end takes a frame of its bound, and breaks the link one byte past it', () => {
  const { frameInBytesMax, frameFromServerBytesMax } = limits
  for (const [decoder, bytes] of [
    [canonicalCodec.decodeFromClients(options), frameInBytesMax],
    [canonicalCodec.decodeFromServer(options), frameFromServerBytesMax],
  ] as const) {
    expect(decoder.push(Buffer.alloc(bytes, 'x'))).toEqual({ items: [] })
    expect(decoder.push(Buffer.from('x')).broken?.code).toBe('frame_too_large')
    decoder.close()
  }
})

test('the client’s end takes a frame that is larger than the server’s end would', () => {
  const text = 'x'.repeat(33 << 20)
  const event = { eventName: 'taskModeSwitched', payload: [id, text] } satisfies (typeof sampleEvents)[number]
  const frame = canonicalCodec.encodeToClient(eventMessage(event)) ?? Buffer.alloc(0)
  expect(canonicalCodec.decodeFromServer(options).push(frame).items[0]?.ok).toBe(true)
  expect(canonicalCodec.decodeFromClients(options).push(frame).broken?.code).toBe('frame_too_large')
})
