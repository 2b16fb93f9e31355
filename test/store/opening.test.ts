/** What can be wrong with a journal's file or its directory, each as one sentence that says what to do. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { journalPaths, openToRead } from '../../src/store/journal-file.ts'
import { migrate, schemaVersion, versionOf } from '../../src/store/schema.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { killChild, spawnUntil } from '../transport/child-process.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { openStore, readAll, record, storedMany } from './sample-store.ts'

const scratch = scratchDirectory()
const directory = () => mkdtempSync(join(scratch, 'home-'))
const isRoot = process.getuid?.() === 0

/** A journal with some events, closed. */
function filled(): { home: string; journal: string } {
  const home = directory()
  const store = openStore(home)
  for (let commits = 0; commits < 200; commits++) store.commit({ events: storedMany(store.head, 10) })
  store.commit({ tasks: [record('a')] })
  store.close()
  return { home, journal: journalPaths(home).journal }
}

function refusal(home: string): string {
  const outcome = openSqliteStore({ directory: home, durability: 'normal', now: Date.now })
  if (!outcome.ok) return outcome.message
  outcome.store.close()
  throw new Error('it was opened')
}

describe('an opening is refused in one sentence', () => {
  const spoil: Readonly<Record<string, [RegExp, (journal: string, home: string) => void]>> = {
    'a text file': [
      /is not a journal, or it is damaged/,
      (journal) => writeFileSync(journal, 'hello '.repeat(1_000)),
    ],
    'random bytes in its header': [
      /is not a journal, or it is damaged/,
      (journal) =>
        writeFileSync(journal, Buffer.from(readFileSync(journal).map((byte, at) => (at < 100 ? at : byte)))),
    ],
    'damaged tables': [
      /is damaged: run `callboard store verify`/,
      (journal) =>
        writeFileSync(
          journal,
          Buffer.from(readFileSync(journal).map((byte, at) => (at > 100 && at < 20_000 ? at & 0xff : byte))),
        ),
    ],
    'half a file': [/damaged/, (journal) => writeFileSync(journal, readFileSync(journal).subarray(0, 5_000))],
    'a file from a newer version': [
      /made by a newer Callboard \(version 1000 of the file, this one knows up to \d+\): update/,
      (journal) => changed(journal, 'PRAGMA user_version = 1000'),
    ],
    "another program's database": [
      /another program's database, not a journal: move it away/,
      (journal) => {
        rmSync(journal)
        changed(journal, 'CREATE TABLE bookmarks (url)')
      },
    ],
    'a directory in its place': [
      /not a regular file: move it away/,
      (journal) => {
        rmSync(journal)
        mkdirSync(journal)
      },
    ],
    'a link in its place': [
      /not a regular file: move it away/,
      (journal, home) => {
        copyFileSync(journal, join(home, 'other'))
        rmSync(journal)
        symlinkSync(join(home, 'other'), journal)
      },
    ],
    'a home that is gone': [/cannot be opened: ENOENT/, (_, home) => rmSync(home, { recursive: true })],
  }

  test.each(Object.entries(spoil))('%s', (_, [sentence, deed]) => {
    const { home, journal } = filled()
    deed(journal, home)
    const message = refusal(home)
    expect(message).toMatch(sentence)
    expect(message).toMatch(/^The (journal|file|home) \/.*\.$/)
    expect(message).not.toContain('\n')
    // It says the same again: nothing was changed and no lock stayed.
    expect(refusal(home)).toBe(message)
  })

  test('a file in place of the home', () => {
    const file = join(directory(), 'file')
    writeFileSync(file, '')
    expect(refusal(file)).toBe(`The home ${file} is not a directory.`)
  })

  test.runIf(isRoot)('a file of another user', () => {
    const { home, journal } = filled()
    chownSync(journal, 12_345, 12_345)
    expect(refusal(home)).toMatch(/belongs to another user \(uid 12345\): move it away/)
  })

  test('a home that may not be written', () => {
    const { home, journal } = filled()
    chmodSync(scratch, 0o755)
    chmodSync(home, 0o500)
    if (isRoot) for (const path of [home, journal, journalPaths(home).lock]) chownSync(path, 65_534, 65_534)
    expect(refusalAsNobody(home)).toMatch(/cannot be opened: .*(read-only|cannot be opened|EACCES)/)
    chmodSync(home, 0o700)
  })
})

/** What somebody else than root is told, who may write everywhere. */
function refusalAsNobody(home: string): string {
  if (!isRoot) return refusal(home)
  process.seteuid?.(65_534)
  try {
    return refusal(home)
  } finally {
    process.seteuid?.(0)
  }
}

function changed(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

describe('its files', () => {
  test('are for their owner alone, also those that were not, and whatever the umask', () => {
    const earlier = process.umask(0)
    try {
      const home = directory()
      const store = openStore(home)
      store.commit({ events: storedMany(0, 3) })
      expect(modes(home)).toEqual({
        'journal.lock': 0o600,
        'journal.sqlite': 0o600,
        'journal.sqlite-shm': 0o600,
        'journal.sqlite-wal': 0o600,
      })
      store.close()
      chmodSync(journalPaths(home).journal, 0o666)
      openStore(home).close()
      expect(modes(home)).toEqual({ 'journal.lock': 0o600, 'journal.sqlite': 0o600 })
    } finally {
      process.umask(earlier)
    }
  })

  const modes = (home: string) =>
    Object.fromEntries(
      readdirSync(home)
        .toSorted()
        .map((name) => [name, statSync(join(home, name)).mode & 0o777]),
    )
})

describe('two at a time', () => {
  test('in one process: the second is refused, the first goes on; once it is closed, another may', () => {
    const home = directory()
    const first = openStore(home)
    expect(refusal(home)).toMatch(/in use by another process: stop that daemon/)
    first.commit({ events: storedMany(0, 3) })
    expect(refusal(home)).toMatch(/in use/)
    first.close()
    const second = openStore(home)
    expect(readAll(second)).toHaveLength(3)
    second.close()
  })

  test('in two processes: refused until the other is dead', async () => {
    const home = directory()
    const sqlite = join(import.meta.dirname, '../../src/store/sqlite.ts')
    const source = `
      const { openSqliteStore } = await import(${JSON.stringify(sqlite)})
      const outcome = openSqliteStore({ directory: process.argv[1], durability: 'normal', now: Date.now })
      console.log(outcome.ok ? 'open' : outcome.message)
      setInterval(() => {}, 1000)`
    const child = await spawnUntil(source, [home], 'open')
    try {
      expect(refusal(home)).toMatch(/in use by another process/)
    } finally {
      await killChild(child)
    }
    openStore(home).close()
  })

  test('who only reads may at any time, and sees what was committed', () => {
    const home = directory()
    const { journal } = journalPaths(home)
    expect(() => openToRead(journal)).toThrow(/There is no journal/)
    const store = openStore(home)
    store.commit({ events: storedMany(0, 3) })
    const reader = openToRead(journal)
    const count = reader.prepare('SELECT sum(count) AS count FROM segments')
    expect(count.get()).toEqual({ count: 3 })
    store.commit({ events: storedMany(3, 3) })
    expect(count.get()).toEqual({ count: 6 })
    expect(() => reader.exec('DELETE FROM segments')).toThrow(/readonly/)
    store.close()
    reader.close()
    const alone = openToRead(journal)
    expect(alone.prepare('SELECT count(*) AS count FROM starts').get()).toEqual({ count: 1 })
    alone.close()
  })
})

describe('migrations', () => {
  const steps = [
    'CREATE TABLE one (value); INSERT INTO one VALUES (1)',
    'ALTER TABLE one ADD COLUMN more; UPDATE one SET more = value + 1',
    'CREATE TABLE two AS SELECT more FROM one',
  ]

  test('bring every older version to the newest, and change nothing there', () => {
    for (let from = 0; from <= steps.length; from++) {
      const database = new DatabaseSync(':memory:')
      migrate(database, steps.slice(0, from))
      expect(versionOf(database)).toBe(from)
      migrate(database, steps)
      migrate(database, steps)
      expect([versionOf(database), database.prepare('SELECT * FROM two').all()]).toEqual([3, [{ more: 2 }]])
      database.close()
    }
  })

  test('one that fails leaves the version before it whole', () => {
    const database = new DatabaseSync(':memory:')
    const broken = [...steps.slice(0, 2), 'CREATE TABLE half (a); INSERT INTO nowhere VALUES (1)']
    expect(() => migrate(database, broken)).toThrow(/nowhere/)
    expect(versionOf(database)).toBe(2)
    expect(database.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'one' }])
    migrate(database, steps)
    expect(versionOf(database)).toBe(3)
    database.close()
  })

  test('an older file is not read before a daemon brought it up to date', () => {
    const { journal } = filled()
    changed(journal, `PRAGMA user_version = ${schemaVersion - 1}`)
    expect(() => openToRead(journal)).toThrow(/made by an older Callboard: a daemon of this one updates it/)
  })
})
