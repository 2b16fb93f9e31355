import { expect, onTestFinished, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { memoryTransport } from '../../src/transport/memory.ts'
import { quiet, until } from '../actors/turns.ts'
import { keptServer } from './library-pair.ts'

// bound: frameSweepMs
test('an unfinished frame past its deadline costs its link at the next sweep, and not before', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const transport = memoryTransport()
  const frameDeadlineMs = 2 * limits.frameSweepMs
  const { server, connected, disconnected } = keptServer('/s', { transport, limits: { frameDeadlineMs } })
  server.listen()
  const silent = (): void => {}
  const handlers = { opened: silent, data: silent, drained: silent, ended: silent, closed: silent }
  const link = transport.connect('/s', handlers)
  await until(() => connected.length === 1)
  link.write(Buffer.from('{"type":'))
  await quiet()
  vi.advanceTimersByTime(3 * limits.frameSweepMs - 1)
  await quiet()
  expect(disconnected).toEqual([])
  vi.advanceTimersByTime(1)
  await until(() => disconnected.length === 1)
})
