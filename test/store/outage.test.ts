/** A store that cannot commit: it says why, keeps nothing of it, goes on reading, and works again by itself. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { journalPaths } from '../../src/store/journal-file.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { openStore, readAll, record, seqsOf, stored, storedMany } from './sample-store.ts'
import { storeProcess } from './store-process.ts'

const scratch = scratchDirectory()
const directory = () => mkdtempSync(join(scratch, 'home-'))

function thrownBy(deed: () => void): unknown {
  try {
    deed()
  } catch (error) {
    return error
  }
  return undefined
}

describe('a file that may not grow', () => {
  test('refuses the commit as a whole, gives what it has, and takes all once there is room', () => {
    const store = openStore(directory())
    store.commit({ tasks: [record('a')], events: storedMany(0, 5) })
    store.limitFileBytes(1)
    const large = {
      tasks: [record('b')],
      events: [stored(6, 'b', 'x'.repeat(500_000))],
      answers: [{ sessionId: 's', requestId: '1', digest: '', frame: Buffer.from('x'), at: 1 }],
    }
    for (let times = 0; times < 3; times++) {
      const error = thrownBy(() => store.commit(large))
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(String(error)).toMatch(
        /^StoreUnavailable: The journal \/.* cannot be written: the disk has no room left, .*\.$/,
      )
      expect(thrownBy(() => store.probe())).toBeInstanceOf(StoreUnavailable)
    }
    expect([store.head, seqsOf(readAll(store)), store.tasks(), store.answer('s', '1')]).toEqual([
      5,
      [1, 2, 3, 4, 5],
      [record('a')],
      undefined,
    ])
    expect(() => store.maintain()).not.toThrow()
    store.limitFileBytes(1e9)
    store.probe()
    store.commit(large)
    expect(readAll(store)).toEqual([...storedMany(0, 5), ...large.events])
    expect(seqsOf(store.readTask('b', 0, 10))).toEqual([6])
    store.close()
  })

  test('makes room for itself where retention may drop something', () => {
    const limits = { retentionTasksMax: 1 }
    const store = openStore(directory(), { limits })
    store.commit({ tasks: [record('a')], events: [stored(1, 'a', 'x'.repeat(500_000))] })
    store.limitFileBytes(1)
    const next = { tasks: [record('b')], events: [stored(2, 'b', 'x'.repeat(400_000))] }
    expect(thrownBy(() => store.commit(next))).toBeInstanceOf(StoreUnavailable)
    store.commit({ tasks: [record('b')] })
    store.maintain()
    store.probe()
    store.commit(next)
    expect([store.head, store.firstAvailable(), seqsOf(readAll(store))]).toEqual([2, 2, [2]])
    store.close()
  })

  test('erases nothing of a task whose closing it could not commit', () => {
    const store = openStore(directory())
    const open = record('a', { request: { text: 'x', configuration: { key: 'secret' } } })
    store.commit({ tasks: [open] })
    store.limitFileBytes(1)
    expect(
      thrownBy(() =>
        store.commit({
          tasks: [record('a', { state: 'closed' })],
          events: [stored(1, 'a', 'x'.repeat(500_000))],
        }),
      ),
    ).toBeInstanceOf(StoreUnavailable)
    expect(store.task('a')).toEqual(open)
    store.close()
  })
})

test('while another program writes, commits are refused at once, and work when it is done', () => {
  const home = directory()
  const store = openStore(home)
  store.commit({ events: storedMany(0, 2) })
  const other = new DatabaseSync(journalPaths(home).journal)
  other.exec('BEGIN IMMEDIATE')
  const began = performance.now()
  const error = thrownBy(() => store.commit({ events: storedMany(2, 1) }))
  expect(String(error)).toMatch(/cannot be written: another process is writing to it\.$/)
  expect(performance.now() - began).toBeLessThan(2_000)
  expect(seqsOf(readAll(store))).toEqual([1, 2])
  other.exec('ROLLBACK')
  other.close()
  store.probe()
  store.commit({ events: storedMany(2, 1) })
  expect(seqsOf(readAll(store))).toEqual([1, 2, 3])
  store.close()
})

test('a file that is damaged while it is open says so where it is read', () => {
  const home = directory()
  const { journal } = journalPaths(home)
  const store = openStore(home)
  for (let commits = 0; commits < 300; commits++) store.commit({ events: storedMany(store.head, 10) })
  store.close()
  const again = openStore(home)
  writeFileSync(
    journal,
    Buffer.from(readFileSync(journal).map((byte, at) => (at > 150_000 ? (at * 7) & 0xff : byte))),
  )
  const error = thrownBy(() => readAll(again))
  expect(error).toBeInstanceOf(StoreUnavailable)
  expect(String(error)).toMatch(/cannot be read: it is damaged: run `callboard store verify`\.$/)
  again.close()
})

test('a journal that is moved away while it is open takes no more commits, until it is back', () => {
  const home = directory()
  const { journal } = journalPaths(home)
  const warnings: string[] = []
  const log = { warn: (fields: object) => warnings.push(JSON.stringify(fields)), info: () => undefined }
  const store = openStore(home, { log })
  store.commit({ events: storedMany(0, 2) })
  renameSync(journal, `${journal}.away`)
  store.maintain()
  store.maintain()
  for (const deed of [() => store.commit({ events: storedMany(2, 1) }), () => store.probe()])
    expect(String(thrownBy(deed))).toMatch(
      /^StoreUnavailable: The journal .* was moved away or replaced while it was open: put it back, or /,
    )
  expect(warnings).toHaveLength(1)
  expect([store.head, seqsOf(readAll(store))]).toEqual([2, [1, 2]])
  writeFileSync(journal, 'another')
  expect(thrownBy(() => store.probe())).toBeInstanceOf(StoreUnavailable)
  renameSync(`${journal}.away`, journal)
  store.probe()
  store.commit({ events: storedMany(2, 1) })
  store.close()
  const again = openStore(home)
  expect(seqsOf(readAll(again))).toEqual([1, 2, 3])
  again.close()
})

describe('a disk without room', () => {
  const worker = `
    say('open')
    let refused
    for (let tries = 0; refused === undefined && tries < 1000; tries++) {
      try { store.commit({ events: [stored(store.head + 1, 'a', 'x'.repeat(2000))] }) } catch (error) { refused = error }
    }
    say(refused.name + ': ' + refused.message)
    say('head ' + store.head)
    process.stdin.once('data', () => {
      store.probe()
      store.commit({ events: [stored(store.head + 1, 'a', 'x'.repeat(2000))] })
      say('head ' + store.head)
      store.close()
      process.exit(0)
    })`

  test('a commit is refused; when there is room again all goes on, and nothing is lost', async () => {
    const home = directory()
    const { child, said, ended } = storeProcess(worker, [home], 300)
    await expect.poll(() => said.length, { timeout: 20_000 }).toBe(3)
    expect(said[1]).toMatch(
      /^StoreUnavailable: The journal .* cannot be written: the disk (failed, or has no room left|has no room left, .*)\.$/,
    )
    const head = Number(said[2]?.slice('head '.length))
    expect(head).toBeGreaterThan(5)
    execFileSync('prlimit', ['--pid', `${child.pid}`, '--fsize=1000000000:'])
    child.stdin?.write('go on\n')
    expect(await ended).toBe(0)
    expect(said[3]).toBe(`head ${head + 1}`)
    const store = openStore(home)
    expect(readAll(store)).toHaveLength(head + 1)
    store.close()
  })

  test('a start is refused with a sentence', async () => {
    const home = directory()
    const { said, ended } = storeProcess('say(outcome.message)', [home], 4)
    expect(await ended).toBe(0)
    expect(said[0]).toMatch(/^The journal .* cannot be opened: the disk (failed|has no room left).*\.$/)
    openStore(home).close()
  })
})

test('a store that has been closed says so, and is no fault of whoever comes too late', () => {
  const store = openStore(directory())
  store.commit({ tasks: [record('a')], events: storedMany(0, 5) })
  store.close()
  const late = [
    () => store.commit({ events: [stored(6)] }),
    () => store.probe(),
    () => void store.read(0, 1_000),
    () => void store.readTask('a', 0, 1_000),
    () => void store.sessions(),
    () => void store.task('a'),
  ]
  for (const deed of late) {
    const error = thrownBy(deed)
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(String(error)).toContain('it has been closed.')
  }
  expect(store.maintain()).toBe(false)
})
