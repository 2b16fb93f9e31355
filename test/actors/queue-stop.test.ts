/** What waits when the store takes nothing, or when the daemon stops. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { memoryStore } from '../../src/store/memory.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { limits as defaults } from '../../src/limits.ts'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'
import { finish, narrow, waiting } from './narrow-rig.ts'

describe('when the store or the daemon stops', () => {
  test('a start that could not be kept takes no place, and no slot', async () => {
    const store = memoryStore(defaults)
    const { connect, runner } = rig(narrow({ store, limits: { queuedTasksMax: 1, storeRetryMs: 1 } }))
    const client = await connect()
    const fail = vi.spyOn(store, 'commit').mockImplementation(() => {
      throw Object.assign(new Error('The disk is full.'), { name: 'StoreUnavailable' })
    })
    const start = {
      commandName: 'StartNewTask' as const,
      data: { configuration: { callboard: { command: ['x'] } } },
    }
    expect(await client.refusal(start)).toBe('storage_unavailable')
    fail.mockRestore()
    await until(() => runner.runs.length === 0)
    await vi.waitFor(async () => expect(await client.refusal(start)).toBe(undefined))
    expect(await client.refusal(start)).toBe(undefined)
    expect(await client.refusal(start)).toBe('queue_full')
  })

  test('a turn that could not be kept comes when the store takes something again', async () => {
    const store = memoryStore(defaults)
    const { connect, runner } = rig(narrow({ store, limits: { storeRetryMs: 1 } }))
    const client = await connect()
    const first = await client.start()
    const second = await client.start()
    const commit = store.commit.bind(store)
    let left = 2
    const fail = vi.spyOn(store, 'commit').mockImplementation((what) => {
      // The start and the end of the first are kept, the turn of the second is not.
      if (left-- > 0) return commit(what)
      throw Object.assign(new Error('The disk is full.'), { name: 'StoreUnavailable' })
    })
    finish(runner.last)
    await client.hears('taskIdle', first)
    await quiet()
    expect(runner.runs).toHaveLength(1)
    expect(await waiting(client)).toEqual([second])
    fail.mockRestore()
    await vi.waitFor(() => expect(runner.runs).toHaveLength(2))
    expect(runner.last.task.id).toBe(second)
  })

  test('a daemon that forgets ends what waits when it drains, and starts nothing more', async () => {
    const { broker, connect, runner, asked } = rig(narrow())
    const client = await connect()
    const first = await client.start()
    const second = await client.start()
    broker.drain(1_000)
    await client.hears('taskAborted', second)
    finish(runner.last)
    await client.hears('taskIdle', first)
    await vi.waitFor(() => expect(asked.stopped).toBe(true))
    expect(runner.runs).toHaveLength(1)
  })

  test('a daemon that remembers leaves what waits queued', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'callboard-queue-'))
    const opened = openSqliteStore({ directory, durability: 'normal', now: Date.now })
    if (!opened.ok) throw new Error(opened.message)
    const { broker, connect, runner, asked, store } = rig(narrow({ store: opened.store }))
    const client = await connect()
    await client.start()
    const second = await client.start()
    broker.drain(1_000)
    finish(runner.last)
    await vi.waitFor(() => expect(asked.stopped).toBe(true))
    expect(runner.runs).toHaveLength(1)
    expect(client.told(second)).not.toContain('taskAborted')
    expect(store.task(second)?.state).toBe('queued')
    store.close()
    rmSync(directory, { recursive: true })
  })
})
