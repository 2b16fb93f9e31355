import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { OutputStream } from '../../src/runners/output-stream.ts'
import { bytesOf, lastStates } from './recorded-run.ts'
import type { Clock } from '../../src/runners/clock.ts'
import type { StreamName } from '../../src/runners/output-stream.ts'
import type { RunnerMessage } from '../../src/runners/runner.ts'

interface Timer {
  readonly at: number
  readonly act: () => void
}

/** A clock that stands still until it is wound on. */
function woundClock(): Clock & { wind(ms: number): void } {
  let now = 0
  let timers: Timer[] = []
  return {
    now: () => now,
    after(ms, act) {
      const timer = { at: now + ms, act }
      timers.push(timer)
      return () => (timers = timers.filter((one) => one !== timer))
    },
    wind(ms) {
      now += ms
      const due = timers.filter((one) => one.at <= now)
      timers = timers.filter((one) => one.at > now)
      for (const one of due) one.act()
    },
  }
}

function recorded(outputMessageBytes: number) {
  let ts = 0
  const clock = woundClock()
  const batches: (readonly RunnerMessage[])[] = []
  const output = new OutputStream({
    limits: { outputMessageBytes, messageUpdateMs: 50 },
    clock,
    nextTs: () => (ts += 1),
    messages: (batch) => void batches.push(batch),
  })
  return { clock, output, batches }
}

function shown(batches: readonly (readonly RunnerMessage[])[]) {
  return batches.flat().map(({ action, message }) => [action, message.stream, message.text, message.partial])
}

// bound: messageUpdateMs
test('a message grows by its full text, at most every 50 ms, and the last update always comes', () => {
  const { clock, output, batches } = recorded(100)
  output.push('stdout', Buffer.from('a'))
  output.push('stdout', Buffer.from('b'))
  output.push('stdout', Buffer.from('c'))
  expect(shown(batches)).toEqual([['created', 'stdout', 'a', true]])
  clock.wind(49)
  expect(batches).toHaveLength(1)
  clock.wind(1)
  expect(shown(batches).at(-1)).toEqual(['updated', 'stdout', 'abc', true])
  output.push('stdout', Buffer.from('d'))
  output.end()
  expect(shown(batches).slice(2)).toEqual([['updated', 'stdout', 'abcd', false]])
  clock.wind(1_000)
  expect(batches).toHaveLength(3)
  expect(new Set(batches.flat().map(({ message }) => message.ts)).size).toBe(1)
})

// bound: outputMessageBytes
test('a message is open below its bound, finished at it, and what is past it begins the next', () => {
  for (const [text, expected] of [
    ['aaa', [['created', 'stdout', 'aaa', true]]],
    ['aaaa', [['created', 'stdout', 'aaaa', false]]],
    [
      'aaaab',
      [
        ['created', 'stdout', 'aaaa', false],
        ['created', 'stdout', 'b', true],
      ],
    ],
  ] as const) {
    const { output, batches } = recorded(4)
    output.push('stdout', Buffer.from(text))
    expect(shown(batches)).toEqual(expected)
  }
})

test('a flood creates finished messages at once, in one batch for one read', () => {
  const { output, batches } = recorded(4)
  output.push('stdout', Buffer.from('aaaabbbbcc'))
  expect(batches).toHaveLength(1)
  expect(shown(batches)).toEqual([
    ['created', 'stdout', 'aaaa', false],
    ['created', 'stdout', 'bbbb', false],
    ['created', 'stdout', 'cc', true],
  ])
})

test('when the other stream speaks, the open message is finished first', () => {
  const { output, batches } = recorded(100)
  output.push('stdout', Buffer.from('out'))
  output.push('stderr', Buffer.from('err'))
  output.push('stdout', Buffer.from('more'))
  output.end()
  expect(lastStates(batches.flat()).map(({ stream, text, partial }) => [stream, text, partial])).toEqual([
    ['stdout', 'out', false],
    ['stderr', 'err', false],
    ['stdout', 'more', false],
  ])
})

test('a character split over reads waits for its rest and is never shown in part', () => {
  const { output, batches } = recorded(100)
  const bytes = Buffer.from('a€😀b')
  for (const byte of bytes) output.push('stdout', Buffer.from([byte]))
  output.end()
  expect(batches.flat().every(({ message }) => message.bytes === undefined)).toBe(true)
  expect(lastStates(batches.flat()).map(({ text }) => text)).toEqual(['a€😀b'])
})

test('bytes that are no UTF-8 are shown as U+FFFD and given exactly', () => {
  const { output, batches } = recorded(100)
  output.push('stdout', Buffer.from([0x61, 0xff, 0xe2, 0x82]))
  output.end()
  const messages = lastStates(batches.flat())
  expect(messages[0]?.text).toContain('\uFFFD')
  expect(Buffer.concat(messages.map(bytesOf))).toEqual(Buffer.from([0x61, 0xff, 0xe2, 0x82]))
})

test('no output makes no message', () => {
  const { output, batches } = recorded(100)
  output.push('stdout', Buffer.alloc(0))
  output.end()
  expect(batches).toEqual([])
})

test('whatever the bytes and the reads, each stream is restored exactly and messages keep their bounds', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 }).map((value) => Buffer.from(value))
  const binary = fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value))
  const read = fc.tuple(fc.constantFrom<StreamName>('stdout', 'stderr'), fc.oneof(text, binary))
  fc.assert(
    fc.property(fc.array(read, { maxLength: 30 }), fc.integer({ min: 1, max: 20 }), (reads, bytesMax) => {
      const { output, batches } = recorded(bytesMax)
      for (const [stream, chunk] of reads) output.push(stream, chunk)
      output.end()
      const messages = lastStates(batches.flat())
      for (const name of ['stdout', 'stderr'] as const) {
        const sent = Buffer.concat(reads.flatMap(([stream, chunk]) => (stream === name ? [chunk] : [])))
        const got = Buffer.concat(messages.flatMap((one) => (one.stream === name ? [bytesOf(one)] : [])))
        expect(got.equals(sent)).toBe(true)
      }
      expect(messages.every((one) => one.partial === false && bytesOf(one).length <= bytesMax)).toBe(true)
    }),
  )
})

test('UTF-8 output is never given as bytes, wherever reads and messages end', () => {
  const chunks = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), chunks, (value, sizes) => {
      const { output, batches } = recorded(7)
      let rest = Buffer.from(value)
      for (let turn = 0; rest.length > 0; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1
        output.push('stdout', rest.subarray(0, size))
        rest = rest.subarray(size)
      }
      output.end()
      expect(batches.flat().some(({ message }) => message.bytes !== undefined)).toBe(false)
      expect(
        lastStates(batches.flat())
          .map((one) => one.text)
          .join(''),
      ).toBe(value)
    }),
  )
})

test('a slow trickle of 64 KiB costs text in proportion to its length', () => {
  const { clock, output, batches } = recorded(1_024)
  for (let sent = 0; sent < 64 * 1_024; sent += 16) {
    output.push('stdout', Buffer.alloc(16, 'x'))
    clock.wind(10)
  }
  output.end()
  const text = batches.flat().reduce((sum, { message }) => sum + (message.text?.length ?? 0), 0)
  // 80 bytes an update, 1024 a message: 13 updates of 512 bytes on average.
  expect(text).toBeLessThan(64 * 1_024 * 9)
})
