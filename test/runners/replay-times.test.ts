/** When a replay tells what it tells, by a clock that is wound. */
import { describe, expect, test, vi } from 'vitest'
import { ManualClock } from './manual-clock.ts'
import { beginning, completed, said, sample } from './sample-recording.ts'
import type { Timed } from './sample-recording.ts'
import { player, told, told6, wound } from './played-run.ts'

const play = player()

describe('when a replay tells it', () => {
  test('is as it was recorded at speed 1', async () => {
    const clock = new ManualClock()
    const run = play(sample, 1, clock)
    expect(await wound(run, clock)).toEqual([20, 10, 60, 60, 50, 20, 80, 100])
    expect(run.calls.at(-1)).toBe('ended')
  })

  test.each([
    [10, 40],
    [0.5, 800],
    [1_000, 0.4],
  ])('at speed %d it takes %d ms', async (speed, total) => {
    const clock = new ManualClock()
    const waits = await wound(play(sample, speed, clock), clock)
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(total)
  })

  test('at speed 0 no timer runs', async () => {
    const clock = new ManualClock()
    expect(await wound(play(sample, 0, clock), clock)).toEqual([])
  })

  // bound: replayTimerMsMax
  test('a wait of one timer takes one, a longer one several', async () => {
    for (const [at, waits] of [
      [420, [20, 400]],
      [421, [20, 400, 1]],
      [1_020, [20, 400, 400, 200]],
    ] as const) {
      const clock = new ManualClock()
      const late: Timed[] = [...beginning, [at, completed]]
      expect(await wound(play(late, 1, clock, { replayTimerMsMax: 400 }), clock)).toEqual(waits)
    }
  })

  test('times that go back do not wait', async () => {
    const clock = new ManualClock()
    const run = play(
      [...beginning, [500, said(1_100, 'text', 'a')], [100, said(1_101, 'text', 'b')], [510, completed]],
      1,
      clock,
    )
    expect(await wound(run, clock)).toEqual([20, 480, 10])
    expect(told(run)).toEqual(['created text:a', 'created text:b'])
  })

  test('a paused one tells nothing until it is resumed', async () => {
    const clock = new ManualClock()
    const run = play(sample, 1, clock)
    await vi.waitFor(() => expect(clock.next).toBe(20), { interval: 1 })
    clock.wind(20)
    await vi.waitFor(() => expect(run.calls).toEqual(['started']), { interval: 1 })
    run.run.pause()
    clock.wind(10_000)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect([run.calls, clock.next]).toEqual([['started'], undefined])
    run.run.resume()
    await run.ended
    expect(told(run)).toEqual(told6)
  })
})
