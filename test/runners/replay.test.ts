/** What a replay tells of its task, and how it is ended. */
import { describe, expect, test, vi } from 'vitest'
import { ManualClock } from './manual-clock.ts'
import { recordedEventLine } from '../../src/wire/recording.ts'
import { beginning, completed, ending, one, recordedId, said, sample, tools } from './sample-recording.ts'
import { updated, usage, used, work } from './sample-recording.ts'
import type { Timed } from './sample-recording.ts'
import { player, told, told6, wound } from './played-run.ts'

const play = player()

describe('what a replay tells', () => {
  test('is what its task did, without what tasks say themselves, and ends with its result and use', async () => {
    const run = play(sample)
    expect(run.calls).toEqual([])
    expect(await run.ended).toEqual({ ok: true, text: 'Wrote it.', usage: { tokens: usage, tools } })
    expect(run.calls).toEqual(['started', 'announced', 'ended'])
    expect(told(run)).toEqual(told6)
  })

  test('bears the playing task id and its own rising times, one for each message', async () => {
    const run = play(sample)
    await run.ended
    expect(JSON.stringify(run.announced)).not.toContain(recordedId)
    const times = run.announced.flatMap((event) =>
      event.eventName === 'message' ? [event.payload[0].message.ts] : [],
    )
    expect(times).toEqual([1, 1, 1])
    expect(run.announced.at(-1)).toEqual({
      eventName: 'taskTokenUsageUpdated',
      payload: [run.task.id, { ...usage, totalTokensIn: 1_000 }, tools],
    })
  })

  test('keeps the ids of other tasks in what tells of two, and puts its own for the recorded one', async () => {
    const run = play([
      ...beginning,
      [30, { eventName: 'taskSpawned', payload: [recordedId, 'child'] }],
      [31, { eventName: 'taskDelegationCompleted', payload: ['parent', recordedId, 'summary'] }],
      ...ending,
    ])
    await run.ended
    expect(run.announced.map(({ payload }) => payload)).toEqual([
      [run.task.id, 'child'],
      ['parent', run.task.id, 'summary'],
    ])
  })

  test('starts before any use above zero, also where the recording has it before', async () => {
    const run = play([[0, one('taskCreated')], [1, used()], [2, one('taskStarted')], ...work, ...ending])
    await run.ended
    expect(run.calls).toEqual(['started', 'announced', 'ended'])
    expect(told(run)[0]).toBe('taskTokenUsageUpdated')
  })

  test('a result that was said in parts becomes the completion under its time', async () => {
    const parts: Timed[] = [
      [310, said(1_400, 'completion_result', 'W', true)],
      [320, updated(said(1_400, 'completion_result', 'Wrote', true))],
      [400, used()],
      [401, completed],
      [402, updated(said(1_400, 'completion_result', 'Wrote it all.', false))],
    ]
    const run = play([...beginning, ...work, ...parts])
    expect(await run.ended).toMatchObject({ ok: true, text: 'Wrote it all.', saidTs: 2 })
    expect(told(run).slice(-2)).toEqual(['created completion_result:W', 'updated completion_result:Wrote'])
  })

  test('an error that the task survives is told, one that ends it is its result', async () => {
    const error = said(1_500, 'error', 'The model is away.')
    const run = play([
      ...beginning,
      [30, error],
      ...work,
      [310, { eventName: 'taskExited', payload: [recordedId, { code: 3 }] }],
      [310, said(1_501, 'error', 'It is gone.')],
      [310, one('taskAborted')],
      [310, one('taskResumable')],
    ])
    expect(await run.ended).toEqual({ ok: false, text: 'It is gone.', exit: { code: 3 } })
    expect(told(run)).toEqual(['created error:The model is away.', ...told6])
  })

  test('an end without an error says so', async () => {
    const run = play([...beginning, [30, one('taskAborted')]])
    expect(await run.ended).toEqual({ ok: false, text: 'The recording ends aborted.' })
    expect(run.calls).toEqual(['started', 'ended'])
  })

  test('a task that could not start does not start', async () => {
    const run = play([
      ...beginning.slice(0, 3),
      [5, said(1_001, 'error', 'No such program.')],
      [5, one('taskAborted')],
    ])
    expect(await run.ended).toEqual({ ok: false, text: 'No such program.' })
    expect(run.calls).toEqual(['ended'])
  })

  test('a recording without an end fails after all that it has', async () => {
    const run = play([...beginning, ...work])
    expect(await run.ended).toEqual({
      ok: false,
      text: 'The recording ends before its task does: record the task again once it has ended.',
    })
    expect(told(run)).toEqual(told6)
  })

  test('a task that was resumed is one run with its last end, without the time between', async () => {
    const clock = new ManualClock()
    const hours = 7_200_000
    const run = play(
      [
        ...beginning,
        [30, said(1_500, 'error', 'Stopped.')],
        [30, one('taskAborted')],
        [30, one('taskResumable')],
        [hours, one('taskFocused')],
        [hours, used({ ...usage, totalTokensIn: 0 })],
        [hours, one('taskStarted')],
        [hours + 10, said(1_600, 'text', 'Again.')],
        ...ending.map(([t, event]): Timed => [hours + t, event]),
      ],
      1,
      clock,
    )
    const waits = await wound(run, clock)
    expect(await run.ended).toMatchObject({ ok: true, text: 'Wrote it.' })
    expect(told(run)).toEqual(['created error:Stopped.', 'created text:Again.'])
    expect(run.calls.filter((call) => call === 'started')).toHaveLength(1)
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(430)
  })
})

describe('how a replay is ended', () => {
  test.each(['cancel', 'kill'] as const)('%s ends it at once while it waits, once', async (how) => {
    const clock = new ManualClock()
    const run = play(sample, 1, clock)
    await vi.waitFor(() => expect(clock.next).toBe(20), { interval: 1 })
    run.run[how]()
    run.run.cancel()
    expect(run.calls).toEqual([])
    expect(await run.ended).toEqual({ ok: false, text: 'The playing of the recording was cancelled.' })
    await new Promise((resolve) => setImmediate(resolve))
    expect([run.calls, clock.next]).toEqual([['ended'], undefined])
  })

  test('a cancel in the turn of its start lets nothing begin', async () => {
    const run = play(sample)
    run.run.cancel()
    await run.ended
    expect(run.calls.at(-1)).toBe('ended')
    expect(run.calls.filter((call) => call === 'ended')).toHaveLength(1)
  })

  test('a cancel while it is paused ends it', async () => {
    const run = play(sample)
    run.run.pause()
    run.run.cancel()
    await run.ended
    run.run.resume()
    expect(run.calls).toEqual(['ended'])
  })

  test('it takes no messages', () => {
    const run = play(sample)
    expect(run.run.send('x', [])).toMatchObject({ ok: false, error: { code: 'unsupported' } })
    run.run.cancel()
  })
})

// bound: recordingReadBytes
test('a batch of events ends with the one that fills it, and not before', async () => {
  const six = Array.from({ length: 6 }, (_, index): Timed => [30, said(2_000 + index, 'text', 'x')])
  const [first] = six
  const lineBytes = first === undefined ? 0 : recordedEventLine(...first).length - 1
  for (const [recordingReadBytes, batches] of [
    [2 * lineBytes, 3],
    [2 * lineBytes + 1, 2],
  ] as const) {
    const events = [...beginning, ...six, ...ending]
    const run = play(events, 0, new ManualClock(), { recordingReadBytes })
    await run.ended
    expect(run.announced).toHaveLength(6)
    expect(run.calls.filter((call) => call === 'announced')).toHaveLength(batches)
  }
})

// bound: replayMessagesKnown
test('as many messages are known as may be; one more, and the one not heard of for longest is another', async () => {
  const [a, b, c] = [1, 2, 3].map((n): Timed => [30, said(2_000 + n, 'text', 'x')])
  if (a === undefined || b === undefined || c === undefined) throw new Error('there are three')
  const again = (one: Timed): Timed => [31, updated(one[1])]
  const times = async (...events: Timed[]): Promise<number[]> => {
    const run = play([...beginning, ...events, ...ending], 0, new ManualClock(), { replayMessagesKnown: 2 })
    await run.ended
    return run.announced.flatMap((event) =>
      event.eventName === 'message' ? [event.payload[0].message.ts] : [],
    )
  }
  expect(await times(a, b, again(a), again(b))).toEqual([1, 2, 1, 2])
  expect(await times(a, b, again(a), c, again(a), again(b))).toEqual([1, 2, 1, 3, 1, 4])
})

test('a long recording is told in batches, and only the latest messages are remembered', async () => {
  const many = Array.from({ length: 3_000 }, (_, index): Timed => [
    30,
    said(2_000 + index, 'text', 'x'.repeat(100)),
  ])
  const again: Timed[] = [
    [31, updated(said(4_999, 'text', 'known'))],
    [31, updated(said(2_000, 'text', 'forgotten'))],
  ]
  const run = play([...beginning, ...many, ...again, ...ending], 0, new ManualClock(), {
    replayMessagesKnown: 100,
  })
  await run.ended
  expect(run.calls.filter((call) => call === 'announced').length).toBeGreaterThan(5)
  const times = run.announced.flatMap((event) =>
    event.eventName === 'message' ? [event.payload[0].message.ts] : [],
  )
  expect(times).toEqual([...Array.from({ length: 3_000 }, (_, index) => index + 1), 3_000, 3_001])
})
