/** The library's client when its program leaves: at whatever time that is, nothing more is dialled, told or waited for. */
import { describe, expect, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { memoryTransport } from '../../src/transport/memory.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { quiet, until } from '../actors/turns.ts'
import { keptClient, keptServer } from '../server/library-pair.ts'
import { RecordingClock } from './recording-clock.ts'

/** A client over memory, and how often it has dialled. */
function dialling(clock: RecordingClock) {
  const transport = memoryTransport()
  const connect = vi.fn<Transport['connect']>((path, handlers) => transport.connect(path, handlers))
  const { server, connected } = keptServer('/s', { transport })
  return { server, connected, connect, ...keptClient('/s', { transport: { ...transport, connect }, clock }) }
}

describe('disconnect', () => {
  test('in the turn in which it was made dials nobody', async () => {
    const { server, client, connect, heard } = dialling(new RecordingClock())
    server.listen()
    client.disconnect()
    await quiet()
    expect(connect).not.toHaveBeenCalled()
    expect(heard).toEqual([])
  })

  test('while the socket opens ends it, and tells of no connection', async () => {
    const clock = new RecordingClock()
    const { server, client, connect, heard, log, connected } = dialling(clock)
    server.listen()
    await until(() => connect.mock.calls.length === 1)
    client.disconnect()
    await quiet()
    expect([heard, log, client.isConnected]).toEqual([[], [], false])
    expect(connected.length).toBeLessThanOrEqual(1)
    expect(clock.running).toBe(0)
  })

  test('while it waits to dial again leaves no timer', async () => {
    const clock = new RecordingClock()
    const { client, connect } = dialling(clock)
    await until(() => clock.waits.includes(limits.ipcClientRetryMs))
    client.disconnect()
    expect(clock.running).toBe(0)
    await quiet()
    expect(connect).toHaveBeenCalledOnce()
  })
})

/** Throws where it is asked for the wait before another attempt. */
class FailingClock extends RecordingClock {
  override setTimeout(run: () => void, ms: number): number {
    if (ms === limits.ipcClientRetryMs) throw new Error('this test throws')
    return super.setTimeout(run, ms)
  }
}

test('a clock that throws ends it, and that is logged', async () => {
  const clock = new FailingClock()
  const { client, connect, log } = dialling(clock)
  await until(() => log.some((line) => line.includes('failed')))
  expect(log.at(-1)).toBe('[client] failed Error: this test throws')
  client.disconnect()
  await quiet()
  expect(connect).toHaveBeenCalledOnce()
  expect([client.isReady, clock.running]).toEqual([false, 0])
})
