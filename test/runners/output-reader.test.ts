import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { OutputReader } from '../../src/runners/output-reader.ts'
import { OutputStream } from '../../src/runners/output-stream.ts'
import { ManualClock } from './manual-clock.ts'

const graceMs = 100

/** A reader of two pipes, of which one stays open. */
async function reading() {
  const clock = new ManualClock()
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const output = new OutputStream({
    limits: { outputMessageBytes: 1_000, messageUpdateMs: 50 },
    clock,
    nextTs: () => 1,
    messages: () => {},
  })
  const reader = new OutputReader(stdout, stderr, output, clock)
  reader.begin()
  stderr.end()
  await turn()
  /** Winds the clock, and lets what comes of it happen. */
  const pass = async (ms: number): Promise<void> => {
    clock.wind(ms)
    await turn()
  }
  return { stdout, stderr, reader, pass }
}

/** Whether a promise has settled by now. */
function watched(promise: Promise<void>): () => boolean {
  let settled = false
  void promise.then(() => (settled = true))
  return () => settled
}

// bound: outputCloseGraceMs
test('an output that stays open is waited for as long as the grace, and then closed', async () => {
  const { stdout, reader, pass } = await reading()
  const waited = watched(reader.closedWithin(graceMs))
  const drained = watched(reader.drained(graceMs))
  await pass(graceMs - 1)
  expect([waited(), drained(), stdout.destroyed]).toEqual([false, false, false])
  await pass(1)
  await turn()
  expect([waited(), drained(), stdout.destroyed]).toEqual([true, true, true])
})

test('one that is closed within the grace is not waited for any longer', async () => {
  const { stdout, reader } = await reading()
  const drained = watched(reader.drained(graceMs))
  stdout.end()
  await turn()
  await turn()
  expect(drained()).toBe(true)
})

test('one that still speaks, or that is not read, has another grace each time', async () => {
  const { stdout, reader, pass } = await reading()
  const drained = watched(reader.drained(graceMs))
  for (let time = 0; time < 3; time++) {
    stdout.write('x')
    await turn()
    await pass(graceMs)
  }
  reader.pause()
  for (let time = 0; time < 3; time++) await pass(graceMs)
  reader.resume()
  await pass(graceMs)
  expect([drained(), stdout.destroyed]).toEqual([false, false])
  await pass(graceMs)
  await turn()
  expect([drained(), stdout.destroyed]).toEqual([true, true])
})
