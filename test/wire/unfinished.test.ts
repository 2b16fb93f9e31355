import { expect, test, vi } from 'vitest'
import { UnfinishedFrames } from '../../src/wire/unfinished.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import type { Rejection } from '../../src/wire/rejection.ts'

function decoders(options: { bytesMax?: number; deadlineMs?: number }) {
  const unfinished = new UnfinishedFrames(options)
  const clock = { ms: 0 }
  const open = () => {
    const broken = vi.fn<(reason: Rejection) => void>()
    return { broken, decoder: canonicalCodec.decodeFromClients({ unfinished, now: () => clock.ms, broken }) }
  }
  return { unfinished, clock, open }
}

const part = (bytes: number) => Buffer.alloc(bytes, 'x')

// bound: unfinishedBytesMax
test('the budget may be reached, and one byte more breaks the link that holds the most', () => {
  const { unfinished, open } = decoders({ bytesMax: 100 })
  const [small, large] = [open(), open()]
  large.decoder.push(part(60))
  expect(small.decoder.push(part(40)).broken).toBeUndefined()
  expect(unfinished.bytes).toBe(100)
  expect(small.decoder.push(part(1)).broken).toBeUndefined()
  expect(large.broken).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'limit_exceeded' }))
  expect(small.broken).not.toHaveBeenCalled()
  expect(unfinished.bytes).toBe(41)
  expect(large.decoder.push(part(1))).toMatchObject({ items: [], broken: { code: 'limit_exceeded' } })
  expect(unfinished.bytes).toBe(41)
})

test('the link that pushes is told by its batch alone where it holds the most', () => {
  const { unfinished, open } = decoders({ bytesMax: 100 })
  const [small, large] = [open(), open()]
  small.decoder.push(part(40))
  expect(large.decoder.push(part(61)).broken?.code).toBe('limit_exceeded')
  expect(large.broken).not.toHaveBeenCalled()
  expect(small.broken).not.toHaveBeenCalled()
  expect(unfinished.bytes).toBe(40)
})

test('finishing a frame and closing a decoder give the bytes back', () => {
  const { unfinished, open } = decoders({ bytesMax: 100 })
  const [one, two] = [open(), open()]
  one.decoder.push(part(50))
  two.decoder.push(part(30))
  one.decoder.push(Buffer.from('\fxx'))
  expect(unfinished.bytes).toBe(32)
  two.decoder.close()
  expect([unfinished.bytes, unfinished.frames]).toEqual([2, 1])
  expect(two.decoder.push(part(10))).toEqual({ items: [] })
  expect(unfinished.bytes).toBe(2)
})

// bound: frameDeadlineMs
test('a frame may take until the deadline and is broken one millisecond past it', () => {
  const { unfinished, clock, open } = decoders({ deadlineMs: 1_000 })
  const slow = open()
  clock.ms = 5
  slow.decoder.push(part(1))
  for (clock.ms = 5; clock.ms < 1_005; clock.ms += 100) slow.decoder.push(part(1))
  unfinished.sweep(1_005)
  expect(slow.broken).not.toHaveBeenCalled()
  unfinished.sweep(1_006)
  expect(slow.broken).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'invalid_frame' }))
  expect(unfinished.frames).toBe(0)
})

test('a client that pipelines, so that a part of a frame is always pending, lives', () => {
  const { unfinished, clock, open } = decoders({ deadlineMs: 1_000 })
  const busy = open()
  for (; clock.ms < 60_000; clock.ms += 900) {
    busy.decoder.push(Buffer.from('rest\fbegin'))
    unfinished.sweep(clock.ms + 899)
  }
  expect(busy.broken).not.toHaveBeenCalled()
  expect(unfinished.frames).toBe(1)
})

test('white space after a frame is no unfinished frame', () => {
  const { unfinished, open } = decoders({})
  open().decoder.push(Buffer.from('{}\f\r\n \t'))
  expect(unfinished.frames).toBe(0)
})
