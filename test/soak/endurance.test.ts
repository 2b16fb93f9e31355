import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { RawLink } from '../daemon/raw-link.ts'
import { heapArgs, heapBytes } from './heap.ts'
import { measuredTrial } from './measured-trial.ts'

const MiB = 1024 * 1024
/** The journal's tail alone is 33 MB; what is asked here is that growth ends. */
const loadedBytesMax = 128 * MiB
const patience = { timeout: 120_000, interval: 20 }

function running(...command: readonly string[]): unknown {
  return { text: 'x', configuration: { callboard: { command } } }
}

async function start(link: RawLink, request: unknown): Promise<string> {
  const { ok, result } = await link.request('StartNewTask', request)
  expect(ok).toBe(true)
  return { taskId: '', ...(typeof result === 'object' ? result : {}) }.taskId
}

it('gives the heap back after 1,000 tasks in a row', async () => {
  const trial = await measuredTrial(heapArgs)
  await using starter = await RawLink.open(trial.path)
  await starter.request('Subscribe', { events: ['taskIdle'] })
  const inARow = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const task = await start(starter, running('true'))
      await vi.waitFor(() => expect(starter.events(task)).toEqual(['taskIdle']), {
        timeout: 20_000,
        interval: 1,
      })
      starter.messages.splice(1)
    }
  }
  await inARow(100)
  const before = await heapBytes(trial.daemon)
  await trial.attack('1,000 tasks in a row', async () => inARow(1_000))
  // Each task's record is kept, for lists and for its resumption, and its events are in the journal's tail.
  expect((await heapBytes(trial.daemon)) - before).toBeLessThan(4 * MiB)
})

it('answers within 2 s while 64 tasks flood 20 watchers of whom 5 are mute', async () => {
  const trial = await measuredTrial()
  let slowestMs = 0
  const load = async (): Promise<void> => {
    for (let n = 0; n < 5; n++) await trial.mute()
    for (let n = 0; n < 15; n++) (await trial.mute()).resume()
    await using starter = await RawLink.open(trial.path)
    await starter.request('Subscribe', { events: ['taskIdle'] })
    const script = 'yes 0123456789abcdef | head -c 3000000'
    for (let n = 0; n < 64; n++) starter.command('StartNewTask', running('sh', '-c', script))
    while (starter.events().length < 64) {
      const asked = performance.now()
      expect((await trial.old.request('GetStatus')).ok).toBe(true)
      slowestMs = Math.max(slowestMs, performance.now() - asked)
      await delay(50)
    }
  }
  await trial.attack('64 flooding tasks, 20 watchers, 5 mute', load, loadedBytesMax)
  console.log(`slowest GetStatus: ${slowestMs.toFixed(0)} ms`)
  expect(slowestMs).toBeLessThan(2_000)
})

it('ends every task once in a storm of cancels', async () => {
  const trial = await measuredTrial()
  await using starter = await RawLink.open(trial.path)
  await trial.attack('200 tasks cancelled by 5 clients at once', async () => {
    const tasks = await Promise.all(
      Array.from({ length: 200 }, async () => start(starter, running('sleep', '600'))),
    )
    const cancellers = await Promise.all(Array.from({ length: 5 }, async () => RawLink.open(trial.path)))
    for (const canceller of cancellers) for (const task of tasks) canceller.command('CancelTask', task)
    await vi.waitFor(async () => {
      const { result } = await trial.old.request('ListTasks', { states: ['starting', 'running'] })
      expect(result).toEqual({ tasks: [] })
    }, patience)
    for (const task of tasks) {
      await vi.waitFor(() => {
        expect(starter.events(task).filter((name) => name === 'taskAborted')).toHaveLength(1)
      }, patience)
    }
    for (const canceller of cancellers) await canceller[Symbol.asyncDispose]()
  })
})

it('keeps its seams while subscriptions change for 30 s', async () => {
  const trial = await measuredTrial(heapArgs)
  const globs = ['message', 'task*', '*Usage*', '*', 'taskIdle', 'none', 'm*e', '*d']
  const names = (): string[] => globs.filter(() => Math.random() < 0.3)
  const churn = async (until: number): Promise<number> => {
    await using link = await RawLink.open(trial.path)
    let changes = 0
    while (performance.now() < until) {
      const events = names()
      const wanted = {
        ...(events.length === 0 ? {} : { events }),
        ...(Math.random() < 0.5 ? { after: 0 } : {}),
      }
      const asked = Math.random() < 0.2 ? 'Unsubscribe' : 'Subscribe'
      const reply = await link.request(asked, asked === 'Subscribe' ? wanted : undefined)
      expect(reply.ok, JSON.stringify(reply.error)).toBe(true)
      expectRising(link)
      link.messages.splice(1)
      changes++
    }
    return changes
  }
  const until = performance.now() + 30_000
  await using starter = await RawLink.open(trial.path)
  await starter.request('Unsubscribe')
  const load = async (): Promise<void> => {
    const changing = Array.from({ length: 10 }, async () => churn(until))
    while (performance.now() < until) {
      await start(starter, running('seq', '1', '2000'))
      await delay(100)
    }
    const changes = (await Promise.all(changing)).reduce((sum, one) => sum + one, 0)
    console.log(`${changes} subscriptions`)
    expect(changes).toBeGreaterThan(500)
  }
  await trial.attack('subscriptions changed for 30 s', load, loadedBytesMax)
  await vi.waitFor(async () => {
    const { result } = await trial.old.request('GetStatus')
    expect(result).toMatchObject({ connections: 2, lanes: 0 })
  }, patience)
})

/** Between a Reply and the next one, sequences only rise. */
function expectRising({ messages }: RawLink): void {
  let last = 0
  for (const { type, seq } of messages) {
    if (type === 'Reply') last = 0
    if (seq === undefined) continue
    expect(seq).toBeGreaterThan(last)
    last = seq
  }
}
