/** PruneTasks: what has ended is forgotten, what lives is not. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import type { Task } from '../../src/wire/envelope.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import type { MemoryClient } from './memory-client.ts'
import { Restarts } from './restart.ts'
import { rig } from './rig.ts'
import type { Rig, RigOptions } from './rig.ts'

const scratch = scratchDirectory()
const opened: Restarts[] = []
afterEach(() => {
  for (const one of opened.splice(0)) one.close()
})

const prune = (data: { before?: number; ids?: string[] }) => ({ commandName: 'PruneTasks', data }) as const

async function ended({ runner }: Rig, client: MemoryClient): Promise<string> {
  const task = await client.start('prompt', { command: ['x'], env: { KEY: 'secret' } })
  runner.last.started()
  runner.last.says('words')
  runner.last.ends()
  await client.hears('taskIdle', task)
  return task
}

async function listed(client: MemoryClient): Promise<string[]> {
  const { tasks } = await client.ask<{ tasks: Task[] }>({ commandName: 'ListTasks', data: {} })
  return tasks.map(({ id }) => id)
}

describe.each([
  ['in memory', (options: RigOptions) => Promise.resolve(rig(options))],
  [
    'on disk',
    (options: RigOptions) => {
      const home = new Restarts(scratch, options)
      opened.push(home)
      return home.start()
    },
  ],
])('tasks %s', (_, start) => {
  test('that have ended go, those of a time or of these ids; one that runs stays, and naming it is refused', async () => {
    const place = await start({})
    const client = await place.connect()
    const [one, two, three] = [
      await ended(place, client),
      await ended(place, client),
      await ended(place, client),
    ]
    const runs = await client.start()
    expect(await client.ask(prune({ ids: [two, 'never was'] }))).toEqual({ pruned: 1 })
    expect(await listed(client)).toEqual([one, three, runs])
    expect(await client.refusal({ commandName: 'GetTask', data: two })).toBe('unknown_task')
    expect(await client.refusal({ commandName: 'ResumeTask', data: two })).toBe('unknown_task')
    expect(await client.refusal(prune({ ids: [one, runs] }))).toBe('busy')
    expect(await client.ask(prune({ ids: [one], before: 1 }))).toEqual({ pruned: 0 })
    expect(await client.ask(prune({ before: Date.now() + 1 }))).toEqual({ pruned: 2 })
    expect(await listed(client)).toEqual([runs])
    expect(await client.refusal(prune({}))).toBe('invalid_command')
  })

  test('of others stay hidden on a scope=own listener, and are not forgotten there', async () => {
    const place = await start({ listeners: [{}, { scope: 'own' }] })
    const client = await place.connect()
    const theirs = await ended(place, client)
    const own = await place.connect(1)
    const mine = await ended(place, own)
    expect(await own.ask(prune({ ids: [theirs] }))).toEqual({ pruned: 0 })
    expect(await own.ask(prune({ before: Date.now() + 1 }))).toEqual({ pruned: 1 })
    expect(await listed(client)).toEqual([theirs])
    expect(await client.refusal({ commandName: 'GetTask', data: mine })).toBe('unknown_task')
  })

  test('that another client holds stay', async () => {
    const place = await start({})
    const [holder, other] = [await place.connect(), await place.connect()]
    for (const client of [holder, other]) await client.greet()
    const held = await ended(place, holder)
    await holder.ask({ commandName: 'ClaimTask', data: { taskId: held } })
    expect(await other.refusal(prune({ ids: [held] }))).toBe('not_owner')
    expect(await other.ask(prune({ before: Date.now() + 1 }))).toEqual({ pruned: 0 })
    expect(await holder.ask(prune({ ids: [held] }))).toEqual({ pruned: 1 })
  })

  // bound: pruneTasksMax
  test('go at most so many at once, the oldest first, and the answer says that there are more', async () => {
    const place = await start({ limits: { pruneTasksMax: 2 } })
    const client = await place.connect()
    const tasks = [await ended(place, client), await ended(place, client), await ended(place, client)]
    expect(await client.ask(prune({ before: Date.now() + 1 }))).toEqual({ pruned: 2, more: true })
    expect(await listed(client)).toEqual(tasks.slice(2))
    expect(await client.ask(prune({ before: Date.now() + 1 }))).toEqual({ pruned: 1 })
    expect(limits.pruneTasksMax).toBeGreaterThan(2)
  })

  test('that others hold do not stand in the way of those behind them', async () => {
    const place = await start({ limits: { pruneTasksMax: 2 } })
    const [holder, other] = [await place.connect(), await place.connect()]
    for (const client of [holder, other]) await client.greet()
    const held: string[] = []
    for (let count = 0; count < 3; count++) {
      held.push(await ended(place, holder))
      await holder.ask({ commandName: 'ClaimTask', data: { taskId: held[count] ?? '' } })
    }
    for (let count = 0; count < 3; count++) await ended(place, other)
    const all = prune({ before: Date.now() + 1 })
    expect(await other.ask(all)).toEqual({ pruned: 2, more: true })
    expect(await other.ask(all)).toEqual({ pruned: 1 })
    expect(await other.ask(all)).toEqual({ pruned: 0 })
    expect(await listed(other)).toEqual(held)
  })

  test('that are closed and pruned in one write are gone', async () => {
    const place = await start({})
    const client = await place.connect()
    const task = await ended(place, client)
    client.send(
      { commandName: 'CloseTask', data: task, requestId: 'close' },
      { ...prune({ ids: [task] }), requestId: 'prune' },
      { commandName: 'ResumeTask', data: task, requestId: 'resume' },
    )
    expect(await client.reply('prune')).toEqual({ ok: true, result: { pruned: 1 } })
    expect(await client.reply('resume')).toMatchObject({ error: { code: 'unknown_task' } })
  })
})

test('what a pruned task told is deleted from the journal, and no restart brings it back', async () => {
  const home = new Restarts(scratch)
  opened.push(home)
  const place = await home.start()
  const client = await place.connect()
  const [one, two] = [await ended(place, client), await ended(place, client)]
  const before = place.store.use().events
  const ofOne = place.store.readTask(one, 0, 1e6).length
  await client.ask(prune({ ids: [one] }))
  const last = place.store.readTask(two, 0, 1e6)
  const after = await home.start()
  // The next start goes on with what was being deleted.
  const store = after.store
  if (!('maintain' in store) || typeof store.maintain !== 'function') throw new Error('no store on disk')
  const maintain: () => unknown = store.maintain.bind(store)
  // A chunk has its milliseconds, and finds the file taken while the log is moved into it: the next one goes on.
  await vi.waitFor(() => {
    maintain()
    expect(store.use().events).toBe(before - ofOne)
  })
  expect(store.readTask(one, 0, 1e6)).toEqual([])
  expect(store.readTask(two, 0, 1e6)).toEqual(last)
  expect(await listed(await after.connect())).toEqual([two])
})

test('whoever follows one task that is kept gets all of it, also what lies below what is kept of all', async () => {
  const small = { slabBytes: 4_096, tailBytesMax: 16_384, laneTailBytesMax: 8_192, storeReadBytes: 4_096 }
  const home = new Restarts(scratch, { limits: small })
  opened.push(home)
  const place = await home.start()
  const client = await place.connect()
  await client.greet()
  const kept = await ended(place, client)
  const gone = await ended(place, client)
  for (let index = 0; index < 20; index++) await ended(place, client)
  await client.ask(prune({ ids: [gone] }))
  const { firstAvailable } = place.journal
  const told = place.store.readTask(kept, 0, 1e6).map(({ seq }) => seq)
  expect(told[0]).toBeLessThan(firstAvailable)
  const reader = await place.connect()
  await reader.greet()
  const subscribe = (tasks: string[]) => ({ commandName: 'Subscribe', data: { tasks, after: 0 } }) as const
  expect(await reader.ask(subscribe([kept]))).not.toHaveProperty('gap')
  await vi.waitFor(() => expect(reader.events().map(({ seq }) => seq)).toEqual(told))
  expect(await reader.ask(subscribe([gone]))).toHaveProperty('gap')
  expect(await reader.ask(subscribe([kept, gone]))).toHaveProperty('gap')
})

test('nothing is pruned where the store takes nothing', async () => {
  const home = new Restarts(scratch)
  opened.push(home)
  const place = await home.start()
  const client = await place.connect()
  const task = await ended(place, client)
  const { firstAvailable } = { firstAvailable: place.store.firstAvailable() }
  const commit = place.store.commit.bind(place.store)
  place.store.commit = () => {
    throw Object.assign(new Error('the disk is full.'), { name: 'StoreUnavailable' })
  }
  expect(await client.refusal(prune({ ids: [task] }))).toBe('storage_unavailable')
  place.store.commit = commit
  expect(place.store.firstAvailable()).toBe(firstAvailable)
  expect(await listed(client)).toEqual([task])
})
