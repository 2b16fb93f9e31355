/** What may hold secrets is nowhere on the disk any more once a task is closed, replaced or dropped. */
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SqliteStore } from '../../src/store/sqlite-store.ts'
import type { TaskRecord } from '../../src/store/store.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { openStore, record, storedMany } from './sample-store.ts'
import { storeProcess } from './store-process.ts'

const scratch = scratchDirectory()

/** Secrets of many sizes, so that some lie within pages and others on pages of their own. */
function withSecret(id: string, length: number, more: Partial<TaskRecord> = {}): TaskRecord {
  const secret = `SECRET-${id}-`.repeat(Math.ceil(length / 12))
  const request = { text: 'x', configuration: { key: secret } }
  return record(id, {
    state: 'running',
    request,
    runnerState: { secret },
    machine: { version: 1, snapshot: { secret } },
    ...more,
  })
}

const ids = Array.from({ length: 60 }, (_, index) => `t${index}`)
const lengthOf = (index: number) => [20, 300, 3_000, 30_000][index % 4] ?? 0

function isOnDisk(home: string, secret: string): boolean {
  return readdirSync(home).some((name) => readFileSync(join(home, name)).includes(secret))
}

/** Every task several times, growing and shrinking, among events. */
function fill(store: SqliteStore): void {
  for (let round = 0; round < 4; round++) {
    for (const [index, id] of ids.entries()) {
      store.commit({
        tasks: [withSecret(id, lengthOf(index + round))],
        events: storedMany(store.head, 3, [id]),
      })
    }
  }
}

async function expectErased(home: string, id: string): Promise<void> {
  await expect.poll(() => isOnDisk(home, `SECRET-${id}-`), { timeout: 20_000 }).toBe(false)
}

test('of closed tasks nothing is left, in the file or in its log; of others all is there', async () => {
  const home = mkdtempSync(join(scratch, 'home-'))
  const store = openStore(home)
  fill(store)
  expect(ids.every((id) => isOnDisk(home, `SECRET-${id}-`))).toBe(true)
  for (const [index, id] of ids.entries())
    if (index % 2 === 0) store.commit({ tasks: [record(id, { state: 'closed' })] })
  for (const [index, id] of ids.entries()) {
    if (index % 2 === 0) await expectErased(home, id)
  }
  store.close()
  expect(ids.filter((id) => isOnDisk(home, `SECRET-${id}-`))).toEqual(
    ids.filter((_, index) => index % 2 === 1),
  )
})

test('nor of tasks that retention dropped', async () => {
  const home = mkdtempSync(join(scratch, 'home-'))
  const store = openStore(home, { limits: { retentionTasksMax: 0 } })
  fill(store)
  store.commit({ tasks: ids.map((id, index) => withSecret(id, lengthOf(index), { state: 'resumable' })) })
  while (store.maintain());
  for (const id of ids) await expectErased(home, id)
  store.close()
})

test('nor where the daemon was killed before its log was emptied: the next one does it', async () => {
  const home = mkdtempSync(join(scratch, 'home-'))
  const work = `
    const request = { text: 'x', configuration: { key: 'SECRET-t0-'.repeat(500) } }
    store.commit({ tasks: [record('t0', { state: 'running', request })] })
    store.commit({ tasks: [record('t0', { state: 'closed' })] })
    process.kill(process.pid, 'SIGKILL')`
  expect(await storeProcess(work, [home]).ended).toBe('SIGKILL')
  expect(isOnDisk(home, 'SECRET-t0-')).toBe(true)
  const store = openStore(home)
  await expectErased(home, 't0')
  expect(store.tasks()).toEqual([record('t0', { state: 'closed' })])
  store.close()
})

test('while a reader stands in the log it waits, and goes on by itself', async () => {
  const home = mkdtempSync(join(scratch, 'home-'))
  const store = openStore(home, { limits: { retentionEveryMs: 20 } })
  store.commit({ tasks: [withSecret('t0', 3_000)] })
  const { openToRead, journalPaths } = await import('../../src/store/journal-file.ts')
  const reader = openToRead(journalPaths(home).journal)
  reader.exec('BEGIN; SELECT count(*) FROM tasks')
  store.commit({ tasks: [record('t0', { state: 'closed' })] })
  expect(isOnDisk(home, 'SECRET-t0-')).toBe(true)
  reader.exec('ROLLBACK')
  await expectErased(home, 't0')
  reader.close()
  store.close()
})
