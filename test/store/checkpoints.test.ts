/** The write-ahead log is moved by a thread and stays within its bound, also under load that never rests. */
import { mkdtempSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { openStore, readAll, stored } from './sample-store.ts'

const scratch = scratchDirectory()
const limits = { walCheckpointBytes: 500_000, walBytesMax: 8_000_000 }
const text = 'x'.repeat(3_000)

test('the log stays within its bound while events come without a pause', async () => {
  const home = mkdtempSync(join(scratch, 'home-'))
  const store = openStore(home, { limits })
  const log = join(home, 'journal.sqlite-wal')
  let largest = 0
  for (let commits = 0; commits < 4_000; commits++) {
    store.commit({ events: [stored(store.head + 1, 'a', text)] })
    if (commits % 10 !== 0) continue
    await new Promise((resolve) => setImmediate(resolve))
    largest = Math.max(largest, statSync(log).size)
  }
  // Without checkpoints it would be six times as large; it passes its bound between two looks.
  expect(largest).toBeLessThan(2 * limits.walBytesMax)
  expect(statSync(join(home, 'journal.sqlite')).size).toBeGreaterThan(5_000_000)
  expect(readAll(store)).toHaveLength(4_000)
  store.close()
})

test('a reader that stays in the log keeps it from being reused, and stops nobody', async () => {
  const home = mkdtempSync(join(scratch, 'home-'))
  const warnings: object[] = []
  const log = { warn: (fields: object) => warnings.push(fields), info: () => undefined }
  const store = openStore(home, { limits, log })
  const { openToRead, journalPaths } = await import('../../src/store/journal-file.ts')
  const reader = openToRead(journalPaths(home).journal)
  reader.exec('BEGIN; SELECT count(*) FROM tasks')
  let longest = 0
  for (let commits = 0; commits < 2_000; commits++) {
    const began = performance.now()
    store.commit({ events: [stored(store.head + 1, 'a', text)] })
    longest = Math.max(longest, performance.now() - began)
    if (commits % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(longest).toBeLessThan(1_000)
  reader.exec('ROLLBACK')
  reader.close()
  for (let commits = 0; commits < 500; commits++) {
    store.commit({ events: [stored(store.head + 1, 'a', text)] })
    await new Promise((resolve) => setImmediate(resolve))
  }
  await expect
    .poll(() => statSync(join(home, 'journal.sqlite-wal')).size)
    .toBeLessThan(2 * limits.walBytesMax)
  expect(warnings).toEqual([])
  store.close()
})

test('closing leaves the file alone, complete', () => {
  const home = mkdtempSync(join(scratch, 'home-'))
  const store = openStore(home, { limits })
  for (let commits = 0; commits < 500; commits++)
    store.commit({ events: [stored(store.head + 1, 'a', text)] })
  store.close()
  const again = openStore(home)
  expect(readAll(again)).toHaveLength(500)
  again.close()
})
