/** The page's list of tasks that do not live: how much of it, and how often all are looked at. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { StoredTasks } from '../../src/daemon/stored-tasks.ts'
import { inspectorLimits } from '../../src/inspector/limits.ts'
import { rig } from '../actors/rig.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** A daemon in which tasks settle, and in which listing all of them takes so long. */
async function listing(listingMs: number, tasksMax = 10) {
  const { broker, store, connect, runner } = rig()
  const client = await connect()
  const tasks = store.tasks.bind(store)
  const listedAll = vi.spyOn(store, 'tasks').mockImplementation(() => {
    vi.advanceTimersByTime(listingMs)
    return tasks()
  })
  const stored = new StoredTasks(broker, { ...inspectorLimits, tasksMax })
  const settle = async (): Promise<string> => {
    const id = await client.start()
    runner.last.started()
    runner.last.ends()
    await client.hears('taskIdle', id)
    return id
  }
  const shown = (): string[] => stored.list().newest.map(({ id }) => id)
  return { stored, listedAll, settle, shown }
}

// bound: listingRestMsMin, listingRestFactor
test.each([
  ['no time', 0, inspectorLimits.listingRestMsMin],
  ['its part of the shortest rest', 10, inspectorLimits.listingRestMsMin],
  ['a little more', 11, 11 * inspectorLimits.listingRestFactor],
])(
  'a listing that took %s is done again when it has rested, not a millisecond before',
  async (_, took, rest) => {
    const { listedAll, settle, shown } = await listing(took)
    const ids = [await settle()]
    expect(shown()).toEqual(ids)
    vi.advanceTimersByTime(rest - 1)
    ids.push(await settle())
    shown()
    expect(listedAll).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1)
    ids.push(await settle())
    expect(shown()).toEqual(ids)
    expect(listedAll).toHaveBeenCalledTimes(2)
  },
)

// bound: tasksMax
test('as many are shown as may be, past that the newest, and all are counted', async () => {
  const { stored, settle, shown } = await listing(0, 2)
  const ids = [await settle(), await settle()]
  expect(shown()).toEqual(ids)
  ids.push(await settle())
  vi.advanceTimersByTime(inspectorLimits.listingRestMsMin)
  expect([shown(), stored.list().byState]).toEqual([ids.slice(1), { completed: 3 }])
})
