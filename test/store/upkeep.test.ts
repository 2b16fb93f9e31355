/** What keeps a store small, a piece at a time: how much of it, and how often. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { JournalReader } from '../../src/store/journal-reader.ts'
import { Upkeep } from '../../src/store/upkeep.ts'
import { verifyJournal } from '../../src/store/verify.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { openStore, record } from './sample-store.ts'

const scratch = scratchDirectory()
const newHome = (): string => mkdtempSync(join(scratch, 'home-'))

// bound: retentionRestFactor
test('between two chunks of what is due it rests for so many times a chunk, and no longer', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const chunk = vi.spyOn(Upkeep.prototype, 'chunk').mockReturnValue(true)
  onTestFinished(() => {
    chunk.mockRestore()
    vi.useRealTimers()
  })
  const bounds = { retentionEveryMs: 1_000, retentionChunkMs: 5, retentionRestFactor: 4 }
  const store = openStore(newHome(), { limits: bounds })
  vi.advanceTimersByTime(1_000)
  vi.advanceTimersByTime(19)
  expect(chunk).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1)
  expect(chunk).toHaveBeenCalledTimes(2)
  store.close()
})

// bound: answersForgottenAtOnce
test('as many old answers go in a chunk as may, and the one past them in the next', () => {
  const chunks = [2, 3].map((count) => {
    let now = 1_000
    const bounds = { answersKeptMs: 1_000, answersForgottenAtOnce: 2 }
    const store = openStore(newHome(), { limits: bounds, now: () => now })
    const frame = Buffer.from('yes')
    const ids = Array.from({ length: count }, (_, index) => String(index))
    const answers = ids.map((requestId) => ({ sessionId: 's', requestId, digest: 'd', frame, at: 7 }))
    store.commit({ answers })
    now += 2_000
    let taken = 0
    for (; ids.some((id) => store.answer('s', id) !== undefined); taken++) store.maintain()
    store.close()
    return taken
  })
  expect(chunks).toEqual([1, 2])
})

// bound: verifyProblemsMax
test('of the faults of a journal the first ones are told', () => {
  const max = limits.verifyProblemsMax
  const home = newHome()
  const store = openStore(home)
  for (let count = 0; count <= max; count++) store.commit({ tasks: [record(`t${count}`)] })
  store.close()
  const told = (broken: number): number => {
    const database = new DatabaseSync(join(home, 'journal.sqlite'))
    database.prepare(`UPDATE tasks SET listed = '{' WHERE ref <= ?`).run(broken)
    database.close()
    const reader = new JournalReader(home)
    const { problems } = verifyJournal(reader, () => {})
    reader.close()
    return problems.length
  }
  expect([max - 1, max, max + 1].map(told)).toEqual([max - 1, max, max])
})
