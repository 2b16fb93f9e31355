import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { listedText } from '../../src/actors/listed-text.ts'

test('a text is listed whole up to the bound, and cut past it', () => {
  expect(listedText('abc', 3)).toBe('abc')
  expect(listedText('abcd', 3)).toBe('abc')
})

test('what is listed of a long text does not keep the long one', () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const long = (index: number): string => JSON.parse(`"${String(index).padStart(1_000_000, 'x')}"`)
  collect()
  const before = process.memoryUsage().heapUsed
  const kept = Array.from({ length: 40 }, (_, index) => listedText(long(index), 100))
  collect()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000)
  expect(kept.every((text) => text.length === 100)).toBe(true)
})
