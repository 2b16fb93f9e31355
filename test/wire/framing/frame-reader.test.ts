import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader } from '../../../src/wire/framing/frame-reader.ts'
import { leastCpuMs } from '../cpu-time.ts'

const formFeed = 0x0c

function reading(frameBytesMax = 1 << 20, delimiter = formFeed) {
  const reader = new FrameReader({ delimiter, frameBytesMax })
  const frames: Buffer[] = []
  return {
    reader,
    frames,
    read: (chunk: Buffer | string) => reader.read(Buffer.from(chunk), (one) => frames.push(one)),
  }
}

test('any chunking gives the same frames', () => {
  const frame = fc.stringMatching(/^[a-zé{ ][^\f]{0,300}$/u).map((one) => `x${one}`)
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 8 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 90 })),
      (frames, sizes) => {
        const { read, frames: got, reader } = reading()
        const bytes = Buffer.from(frames.map((one) => `${one}\f`).join(''))
        for (let at = 0; at < bytes.length;) {
          const size = sizes.next().value ?? 1
          expect(read(bytes.subarray(at, at + size))).toBe(true)
          at += size
        }
        expect(got.map(String)).toEqual(frames)
        expect(reader.pendingBytes).toBe(0)
      },
    ),
  )
})

test('a frame that lies whole in a chunk is not copied', () => {
  const reader = new FrameReader({ delimiter: formFeed, frameBytesMax: 100 })
  const chunk = Buffer.from('abc\fdef\f')
  const frames: Buffer[] = []
  reader.read(chunk, (one) => frames.push(one))
  expect(frames.map((one) => one.buffer)).toEqual([chunk.buffer, chunk.buffer])
  expect(frames.map((one) => one.byteOffset - chunk.byteOffset)).toEqual([0, 4])
})

test('a pending frame does not change when the chunk it came in is used again', () => {
  const { read, frames } = reading()
  const chunk = Buffer.from('abc')
  read(chunk)
  chunk.fill('z')
  read('d\f')
  expect(frames.map(String)).toEqual(['abcd'])
})

test('a frame of the limit passes, and one byte more does not, ended or not', () => {
  for (const pieces of [['x'.repeat(10)], ['x'.repeat(4), 'x'.repeat(6)]]) {
    const { read, frames } = reading(10)
    for (const piece of pieces) expect(read(piece)).toBe(true)
    expect(read('\f')).toBe(true)
    expect(frames.map(String)).toEqual(['x'.repeat(10)])
  }
  expect(reading(10).read(`${'x'.repeat(11)}\f`)).toBe(false)
  expect(reading(10).read('x'.repeat(11))).toBe(false)
  const { read } = reading(10)
  read('x'.repeat(10))
  expect(read('x')).toBe(false)
})

test('a megabyte of delimiters and white space is counted and gives no frame', () => {
  const { read, frames, reader } = reading()
  expect(read(Buffer.alloc(1_000_000, '\f'))).toBe(true)
  expect(read(' \r\n\t\f \f')).toBe(true)
  expect(frames).toEqual([])
  expect(reader.emptyFrames).toBe(1_000_002)
})

test('white space of any length before a frame is no part of it', () => {
  const { read, frames, reader } = reading(10)
  for (let i = 0; i < 100; i++) read(' \n')
  expect(reader.pendingBytes).toBe(0)
  read('  a b\n\f')
  expect(frames.map(String)).toEqual(['a b\n'])
})

test('a newline may be the delimiter', () => {
  const { read, frames, reader } = reading(100, 0x0a)
  read('{}\r\n\n  {"a"')
  read(':1}\n')
  expect(frames.map(String)).toEqual(['{}\r', '{"a":1}'])
  expect(reader.emptyFrames).toBe(1)
})

test('it says whether the pending frame began with the last chunk', () => {
  const { read, reader } = reading()
  const steps = ['a', 'b', 'c\fd', 'e', '\f', 'f'].map((chunk) => {
    read(chunk)
    return reader.pendingBytes > 0 && reader.pendingIsNew
  })
  expect(steps).toEqual([true, false, true, false, false, true])
})

test('one byte at a time takes linear time', () => {
  const byte = Buffer.from('x')
  const best = (bytes: number) =>
    leastCpuMs(() => {
      const { reader, frames } = reading(16 << 20)
      for (let i = 0; i < bytes; i++) reader.read(byte, (one) => frames.push(one))
      reader.read(Buffer.from('\f'), (one) => frames.push(one))
      expect(frames[0]?.length).toBe(bytes)
    })
  // Eight times the bytes would take 64 times as long were it quadratic: far from 8 even on a busy machine.
  expect(best(4 << 20) / best(1 << 19)).toBeLessThan(30)
})
