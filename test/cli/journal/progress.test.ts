import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { Progress } from '../../../src/cli/journal/progress.ts'

/** A stream that keeps what it is given. */
function stream(isTTY: boolean) {
  const written: string[] = []
  const writable = new Writable({
    write(chunk: Buffer, _, done) {
      written.push(chunk.toString())
      done()
    },
  })
  return { written, stream: Object.assign(writable, { isTTY }) }
}

test('a terminal is told how far it is, not too often, and in the end nothing is left of it', () => {
  const terminal = stream(true)
  const progress = new Progress('copied', terminal.stream)
  for (let done = 0; done <= 1_000; done++) progress.say(1_000_000 + done, 4_000_000)
  progress.end()
  expect(terminal.written[0]).toBe('\r\u001b[Kcallboard: copied 1,000,000 events (25 %)')
  expect(terminal.written.at(-1)).toBe('\r\u001b[K')
  expect(terminal.written.length).toBeLessThan(20)
})

test('anything else is told nothing', () => {
  const file = stream(false)
  const progress = new Progress('copied', file.stream)
  progress.say(1, 2)
  progress.end()
  expect(file.written).toEqual([])
})

test('work that is done before anybody looks leaves a terminal alone', () => {
  const terminal = stream(true)
  new Progress('copied', terminal.stream).end()
  expect(terminal.written).toEqual([])
})
