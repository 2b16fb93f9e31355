import { describe, expect, test } from 'vitest'
import { connectionMachine } from '../../machines/connection.ts'
import { startDaemonProcess } from '../daemon/daemon-process.ts'
import type { DaemonProcess } from '../daemon/daemon-process.ts'
import { RawLink } from '../daemon/raw-link.ts'
import { ConnectionDriver } from './connection-driver.ts'
import { expectAsInLedger } from './ledger.ts'
import { connectionInput, samples } from './sample-events.ts'
import { pathOf, tours } from './tours.ts'

const all = samples.connection
const granted = all['admission.granted']
const flushed = all['ack.flushed']

const longDrain = new URL('long-drain.ts', import.meta.url).href

/** What a peer can cause in each state. A Shutdown ends the daemon: it is walked on one of its own. */
const causes: Readonly<Record<string, readonly string[]>> = {
  connecting: ['admission.granted'],
  awaitingAck: ['ack.flushed'],
  'ready.flowing': ['lag.rose', 'peer.ended', 'framing.broken', 'close', 'link.closed'],
  'ready.congested': [
    ...['lag.fell', 'peer.ended', 'framing.broken', 'retention.passed', 'close', 'link.closed'],
  ],
  draining: ['outbox.emptied', 'link.closed'],
}

const generated = tours(connectionMachine, connectionInput, {
  events: Object.values(all),
  may: (state, event) => causes[state]?.includes(event) ?? false,
})
const refused = pathOf(connectionMachine, connectionInput, [all['admission.refused']])
const drained = pathOf(connectionMachine, connectionInput, [
  granted,
  flushed,
  all.drain,
  all['outbox.emptied'],
])

/** Its log says why links close. */
async function daemonWith(limits: object, nodeArgs: readonly string[] = []): Promise<DaemonProcess> {
  // With a journal on disk no reader falls below retention by being slow.
  const args = ['--log-level', 'debug', '--durability', 'memory']
  return await startDaemonProcess({ args, config: { limits }, nodeArgs })
}

describe('a link of a real daemon', () => {
  test('walks every path that leaves the daemon serving', async () => {
    // The least tail that a config may ask for, so that retention is soon passed; and time to look at a draining link.
    await using daemon = await daemonWith({ tailBytesMax: 8 * 1024 * 1024 }, ['--import', longDrain])
    const driver = await ConnectionDriver.begin(daemon)
    for (const tour of generated) {
      await driver.walk(tour).catch((cause: unknown) => {
        throw new Error(`on the path ${tour.title}`, { cause })
      })
    }
    expect(generated.length).toBeGreaterThan(5)
  })

  test(`walks ${drained.title}`, async () => {
    await using daemon = await daemonWith({})
    const driver = await ConnectionDriver.begin(daemon)
    await driver.walk(drained)
    expect(await daemon.exited).toBe(0)
  })

  test(`walks ${refused.title}`, async () => {
    await using daemon = await daemonWith({ connectionsMax: 2 })
    const driver = await ConnectionDriver.begin(daemon)
    await using second = await RawLink.open(daemon.socketPath)
    await driver.walk(refused)
    expect((await second.request('GetStatus')).ok).toBe(true)
  })

  test('these are all the edges that a peer can cause', () => {
    const walked = [...generated, refused, drained].flatMap(({ steps }) =>
      steps.flatMap(({ edges }) => edges),
    )
    expectAsInLedger('connection', 'socket', walked)
  })
})
