import { describe, expect, test } from 'vitest'
import { isCatchingUp, readerProgress } from '../../src/actors/audience.ts'
import type { Broker } from '../../src/actors/broker-actor.ts'
import type { Connection } from '../../src/actors/connection.ts'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'

const broker = (now: number): Broker =>
  ({ parts: { now: () => now, limits: { paceStallMs: 50 } } }) as unknown as Broker

const reader = (subscriber: object | undefined): Connection => ({ subscriber }) as unknown as Connection

describe('a reader is catching up', () => {
  const lane = {}

  // bound: paceStallMs
  test('while it is congested and something left to it less than the stall ago', () => {
    const congested = reader({ lane, congested: true, movedAt: 100 })
    expect([100, 149, 150, 151].map((now) => isCatchingUp(broker(now), congested))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  test('neither where it is not far behind, nor where it hears no events, nor before it is one', () => {
    for (const subscriber of [
      { lane, congested: false, movedAt: 100 },
      { lane: undefined, congested: true, movedAt: 100 },
      undefined,
    ])
      expect(isCatchingUp(broker(100), reader(subscriber))).toBe(false)
  })
})

describe("the progress of a task's reader", () => {
  test('is that of the client that started it, and none once that hears no events or is gone', async () => {
    const at = rig({ bufferBytes: 1_000, limits: { slabBytes: 1_024 } })
    const client = await at.connect()
    await at.connect()
    const id = await client.start()
    const task = at.tasks.live(id)
    if (task === undefined) throw new Error('it does not live')
    at.runner.last.started()
    await client.hears('taskStarted')
    expect(readerProgress(at.broker, task)).toMatchObject({ lagBytes: 0 })
    client.link.pause()
    for (let line = 0; line < 50; line++) at.runner.last.says('x'.repeat(100))
    await quiet()
    expect(readerProgress(at.broker, task)?.lagBytes).toBeGreaterThan(5_000)
    client.send({ commandName: 'Unsubscribe' })
    await quiet()
    expect(readerProgress(at.broker, task)).toBeUndefined()
    client.link.destroy()
    await until(() => at.connections.count === 1)
    expect(readerProgress(at.broker, task)).toBeUndefined()
  })
})
