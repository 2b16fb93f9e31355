import { expect, test } from 'vitest'
import { parseStat } from '../../src/runners/linux-processes.ts'

const rest = (state: string, threads: number): string =>
  `${state} 10 20 30 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 ${threads} 0 12345 99 1`

test('a program may be named like the fields around it', () => {
  expect(parseStat(7, `7 (a) S 1 2 (b) ${rest('S', 1)}`)).toEqual({
    pid: 7,
    parent: 10,
    group: 20,
    session: 30,
    start: 12_345,
    zombie: false,
  })
})

test('a zombie is one without further threads', () => {
  expect(parseStat(7, `7 (a) ${rest('Z', 1)}`)?.zombie).toBe(true)
  expect(parseStat(7, `7 (a) ${rest('Z', 3)}`)?.zombie).toBe(false)
})

test('what is no stat line is no process', () => {
  expect(parseStat(7, '')).toBeUndefined()
})
