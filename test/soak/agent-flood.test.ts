/** An agent that says 1 GB: it is read as fast as it is taken, all of it, in bounded memory. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acpRunner } from '../../src/runners/acp.ts'
import { accepted } from '../../src/wire/rejection.ts'
import { taskOf } from '../runners/recorded-run.ts'
import type { RunResult } from '../../src/runners/runner.ts'

const agent = join(import.meta.dirname, '../runners/hostile-agent.ts')
const MiB = 1024 * 1024

test('1 GB of chunks, with pauses, ends in at most 150 MiB more', async () => {
  const chunks = 1_000_000
  const steps = JSON.stringify([{ flood: chunks, size: 1_000 }, { say: '.' }])
  const task = taskOf(
    { runner: 'acp', command: [process.execPath, agent, 'script', '{}'], cwd: tmpdir() },
    steps,
  )
  const before = process.memoryUsage().rss
  let [ts, characters, batches, most] = [0, 0, 0, 0]
  const { promise, resolve } = Promise.withResolvers<RunResult>()
  const run = acpRunner({ version: '0.0.0' }).start(task, {
    nextTs: () => (ts += 1),
    started: () => undefined,
    messages: () => undefined,
    announced(events) {
      for (const event of events) {
        if (event.eventName !== 'message') continue
        const { message } = event.payload[0]
        if (message.partial === false) characters += message.text?.length ?? 0
      }
      batches += 1
      most = Math.max(most, process.memoryUsage.rss() - before)
      // As the daemon does when its journal has enough for one turn.
      run.pause()
      setImmediate(() => run.resume())
    },
    asked: () => accepted(undefined),
    withdrew: () => undefined,
    remember: () => undefined,
    ended: resolve,
  })
  expect((await promise).ok).toBe(true)
  expect(characters).toBeGreaterThanOrEqual(chunks * 1_000)
  expect(batches).toBeGreaterThan(1_000)
  expect(most).toBeLessThan(150 * MiB)
  console.info(`most ${Math.round(most / MiB)} MiB over the start, ${batches} batches`)
})
