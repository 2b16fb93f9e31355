/** What `run` does when its daemon goes away. */
import { expect, test, vi } from 'vitest'
import { daemonBack, forgotten, isGone, notBack, withDaemonBack } from '../../src/cli/daemon-return.ts'
import { CallboardError } from '../../src/client/callboard-error.ts'
import { limits } from '../../src/limits.ts'

/** A daemon that answers from `backAt` milliseconds on. */
async function awaited(backAt: number, signal = new AbortController().signal): Promise<string | undefined> {
  let now = 0
  return await daemonBack({
    probe: async () => await Promise.resolve(now >= backAt ? 'connected' : undefined),
    signal,
    now: () => now,
    wait: async (ms) => {
      now += ms
      await Promise.resolve()
    },
  })
}

// bound: daemonReturnMs
test('a daemon that comes back in time is followed on, one that does so later is not', async () => {
  expect(await awaited(limits.daemonReturnMs)).toBe('connected')
  expect(await awaited(limits.daemonReturnMs + 1)).toBeUndefined()
})

test('nobody waits for it after Ctrl-C', async () => {
  await expect(awaited(1, AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C')
})

/** A daemon that comes back at once and goes away again so often. `closed`: how many links were let go. */
async function goingAway(times: number) {
  const seen = { waits: 0, closed: 0 }
  const end = await withDaemonBack({
    probe: async () =>
      await Promise.resolve({
        [Symbol.asyncDispose]: async () => {
          seen.closed++
          await Promise.resolve()
        },
      }),
    signal: new AbortController().signal,
    waiting: () => seen.waits++,
    use: async () => {
      await Promise.resolve()
      if (seen.waits <= times) throw new CallboardError('closed', 'gone')
      return 'its end'
    },
  })
  return { end, ...seen }
}

// bound: daemonReturnsMax
test('a daemon that goes away again is waited for anew, so many times and no more', async () => {
  const max = limits.daemonReturnsMax
  expect(await goingAway(0)).toEqual({ end: 'its end', waits: 1, closed: 1 })
  expect(await goingAway(max - 1)).toEqual({ end: 'its end', waits: max, closed: max })
  expect(await goingAway(max)).toEqual({ end: undefined, waits: max, closed: max })
})

test('what fails for another reason than that it is gone is not tried again', async () => {
  const use = vi.fn<() => Promise<never>>().mockRejectedValue(new CallboardError('unknown_task', 'none'))
  const probe = async () => await Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() })
  const { signal } = new AbortController()
  await expect(withDaemonBack({ probe, signal, waiting: () => {}, use })).rejects.toThrow('none')
  expect(use).toHaveBeenCalledTimes(1)
})

test('what is gone is a link that broke, and no refusal', () => {
  expect(
    (['closed', 'unreachable', 'unknown_task'] as const).map((code) => isGone(new CallboardError(code, ''))),
  ).toEqual([true, true, false])
})

test('one sentence says which command runs the task again', () => {
  const failure = notBack({ socket: '/tmp/my sock' }, 't1', undefined)
  expect([failure.exitCode, failure.message]).toEqual([
    69,
    'the daemon went away while the task t1 ran; once one runs again ' +
      "(`callboard serve --socket '/tmp/my sock'`), `callboard resume t1 --socket '/tmp/my sock'` runs the task again.",
  ])
  expect(forgotten('t1', undefined)).toMatchObject({
    exitCode: 1,
    message: 'the daemon went away while the task t1 ran, and the one that runs now does not know the task.',
  })
})
