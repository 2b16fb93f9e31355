import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nestingExceeds } from '../../src/wire/nesting.ts'
import { leastCpuMs } from './cpu-time.ts'

const exceeds = (json: string, max: number) => nestingExceeds(Buffer.from(json), max)

test('a value nested to the limit passes and one level more does not', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(exceeds(nested(100), 100)).toBe(false)
  expect(exceeds(nested(101), 100)).toBe(true)
  expect(exceeds('{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000), 100)).toBe(true)
})

test('siblings do not add up', () => {
  expect(exceeds(`[${'[],{},'.repeat(1_000)}[]]`, 2)).toBe(false)
})

test('brackets inside strings do not count, whatever is escaped before them', () => {
  const inside = [
    '[[[[',
    '\\',
    '"[[',
    '\\\\"[[',
    'x'.repeat(200) + '"[[[[[',
    '\\"'.repeat(100) + '[[[',
    '\\'.repeat(99),
  ]
  for (const text of inside) expect(exceeds(JSON.stringify([text, text]), 1), text).toBe(false)
  expect(exceeds(`["${'x'.repeat(200)}\\\\",[[1]]]`, 2)).toBe(true)
})

test('it agrees with the depth of any JSON value', () => {
  const depth = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? 1 + Object.values(value).reduce((most: number, one) => Math.max(most, depth(one)), 0)
      : 0
  const text = fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', 'é', 'x'.repeat(60)), maxLength: 12 })
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      text,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(text, tie('value')),
    ),
  }))
  fc.assert(
    fc.property(value, fc.integer({ min: 0, max: 7 }), (one, max) => {
      expect(exceeds(JSON.stringify(one), max)).toBe(depth(one) > max)
    }),
  )
})

test('unterminated strings and stray brackets end the scan quietly', () => {
  for (const junk of [
    '"'.padEnd(200, 'x'),
    '["' + '\\'.repeat(501),
    ']'.repeat(500),
    '"' + '\\"'.repeat(300),
  ]) {
    expect(exceeds(junk, 2)).toBe(false)
  }
})

test('it takes linear time for backslashes and escaped quotes', () => {
  for (const unit of ['\\\\', '\\"', 'x', '"",']) {
    const timed = (bytes: number) => {
      const frame = Buffer.from('["' + unit.repeat(bytes / unit.length))
      return leastCpuMs(() => void nestingExceeds(frame, 100))
    }
    timed(1 << 20)
    // Sixteen times the bytes would take 256 times as long were it quadratic; caches and neighbours make it 30 at times.
    expect(timed(32 << 20) / timed(2 << 20), unit).toBeLessThan(64)
  }
})
