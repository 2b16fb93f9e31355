import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Chunk } from '../../src/broker/chunk.ts'

test('frames are joined up to the bytes of a chunk, and no further', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 700 }), { minLength: 1, maxLength: 20 }),
      (some) => {
        const frames = some.map((bytes) => Buffer.from(bytes))
        const [first = Buffer.alloc(0), ...others] = frames
        const chunk = new Chunk(first, 2_000)
        let joined = first
        for (const frame of others) {
          expect(chunk.add(frame)).toBe(joined.length + frame.length <= 2_000)
          if (joined.length + frame.length <= 2_000) joined = Buffer.concat([joined, frame])
        }
        expect([chunk.length, chunk.bytes.equals(joined)]).toEqual([joined.length, true])
      },
    ),
  )
})

test('the first frame is never written into, though there may be bytes behind it', () => {
  const whole = Buffer.from('first and what others have')
  const chunk = new Chunk(whole.subarray(0, 5), 100)
  expect(chunk.bytes.buffer).toBe(whole.buffer)
  chunk.add(Buffer.from(', second'))
  expect([chunk.bytes.toString(), whole.toString()]).toEqual(['first, second', 'first and what others have'])
})

test('many small frames are copied a few times, and take about their bytes', () => {
  const frame = Buffer.from('x'.repeat(100))
  const chunk = new Chunk(frame, 64 * 1024)
  const buffers = new Set<ArrayBufferLike>()
  for (let count = 1; count < 600; count++) {
    expect(chunk.add(frame)).toBe(true)
    buffers.add(chunk.bytes.buffer)
  }
  expect(buffers.size).toBeLessThan(10)
  expect(chunk.bytes.buffer.byteLength).toBeLessThanOrEqual(64 * 1024)
})

test('a first frame larger than a chunk stays alone', () => {
  const chunk = new Chunk(Buffer.from('larger'), 5)
  expect([chunk.add(Buffer.from('')), chunk.bytes.toString()]).toEqual([false, 'larger'])
})
