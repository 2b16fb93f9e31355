import { setImmediate as turn } from 'node:timers/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Listeners } from '../../src/daemon/listeners.ts'
import { limits } from '../../src/limits.ts'
import { createLogger } from '../../src/log.ts'
import type { LinkHandlers } from '../../src/transport/transport.ts'
import { memoryTransport } from '../../src/transport/memory.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import { until } from '../actors/turns.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'

const scratch = scratchDirectory()
const handlers: LinkHandlers = { data: () => {}, drained: () => {}, ended: () => {}, closed: () => {} }

// bound: socketWatchMs
test('a socket file that was taken away is missed at the next look, and not before', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const transport = memoryTransport()
  const path = join(scratch, 'watched.sock')
  const said: unknown[] = []
  const destination = { write: (line: string) => void said.push(JSON.parse(line).msg) }
  const listeners = new Listeners({
    transport,
    policies: [{ path, codec: canonicalCodec, scope: 'all', role: 'client' }],
    log: createLogger({ level: 'info', pretty: false, destination }),
    watchMs: limits.socketWatchMs,
    accept: () => handlers,
  })
  listeners.bind()
  onTestFinished(() => listeners.close())
  transport.unlink(path)
  vi.advanceTimersByTime(limits.socketWatchMs - 1)
  await turn()
  expect(said).toEqual([])
  vi.advanceTimersByTime(1)
  // Real time: what is looked at is the file system.
  await until(() => said.at(-1) === 'bound again')
  vi.advanceTimersByTime(10 * limits.socketWatchMs)
  await turn()
  expect(said).toHaveLength(2)
})
