/** The journal's file as a whole: what is in it, whether it is sound, its backup, and what is said where that cannot be. */
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { JournalReader } from '../../../src/store/journal-reader.ts'
import { openStore, readAll, storedMany } from '../../store/sample-store.ts'
import { keepJournal } from './kept-journal.ts'
import { ScriptedDaemon } from '../scripted-daemon.ts'

const kept = keepJournal()
const { world, journal, file } = kept

describe('info', () => {
  test('says where the journal is and what is in it, beside a daemon and without', async () => {
    const beside = await world.json(['store', 'info'])
    expect(beside).toMatchObject({
      path: journal,
      starts: 1,
      head: 401,
      firstAvailable: 1,
      events: 401,
      tasks: 3,
      unsettled: 2,
      journalId: kept.store.journalId,
    })
    kept.store.close()
    const { code, out } = await world.run(['store', 'info'])
    expect(code).toBe(0)
    expect(out).toMatch(/^file +\/.*journal\.sqlite$/m)
    expect(out).toMatch(/^tasks +3, of them not settled 2$/m)
    expect(out).toMatch(/^events +401, numbers up to 401$/m)
    for (const name of readdirSync(world.home)) expect(statSync(join(world.home, name)).mode & 0o077).toBe(0)
  })

  test('beside a daemon that keeps nothing it says that what lies there is of an earlier one', async () => {
    const path = join(world.directory, 'memory.sock')
    const result = {
      version: '1',
      pid: 1,
      state: 'serving',
      epoch: 'j.1',
      startedAt: 0,
      listeners: [],
      connections: 1,
      tasks: {},
      journal: { head: 0, firstAvailable: 1, bytes: 0, bytesMax: 1, durability: 'memory' },
      lanes: 0,
      memory: { rssBytes: 0, heapUsedBytes: 0 },
    }
    const daemon = new ScriptedDaemon(path, { GetStatus: () => ({ result }) })
    const { code, out } = await world.run(['store', 'info', '--socket', path])
    expect(code).toBe(0)
    expect(out).toMatch(/^daemon +runs with durability memory: nothing that it does is kept in this file$/m)
    expect(daemon.commands.map(({ commandName }) => commandName)).toContain('GetStatus')
  })

  test('where there is none it says so, with 78, and makes none', async () => {
    kept.store.close()
    rmSync(journal)
    for (const command of ['info', 'verify', 'export']) {
      const { code, err, out } = await world.run(['store', command])
      expect([code, out]).toEqual([78, ''])
      expect(err).toBe(
        `callboard: There is no journal ${journal} yet: a daemon makes it, but for one that keeps nothing.\n`,
      )
    }
    expect(readdirSync(world.home)).not.toContain('journal.sqlite')
  })
})

describe('verify', () => {
  test('finds a sound journal sound, also while it is written and after retention', async () => {
    expect((await world.run(['store', 'verify'])).out).toBe('The journal is sound: 3 tasks, 401 events.\n')
    kept.store.close()
    kept.store = openStore(world.home, { limits: { retentionTasksMax: 0 } })
    while (kept.store.maintain());
    expect(await world.json(['store', 'verify'])).toEqual({ ok: true, tasks: 2, events: 200, problems: [] })
  })

  const damage: Readonly<Record<string, [string, RegExp]>> = {
    'a hole': ['DELETE FROM segments WHERE first = 200', /events 200 to 200 are missing/],
    'a missing end': ['DELETE FROM segments WHERE first > 390', /events 391 to 401 are missing/],
    'a frame of another event': [
      'UPDATE segments SET frames = (SELECT frames FROM segments WHERE first = 1) WHERE first = 3',
      /event 3 cannot be read/,
    ],
    'a frame that is cut': [
      'UPDATE segments SET frames = CAST(substr(frames, 1, 50) AS BLOB) WHERE first = 3',
      /the events from 3 to 3 are cut off/,
    ],
    'a frame too many': [
      'UPDATE segments SET frames = CAST(frames || frames AS BLOB) WHERE first = 3',
      /more than event 3 in its place/,
    ],
    'an unknown task': ["DELETE FROM tasks WHERE id = 'live'", /the task of event 2 is not known/],
    'a broken record': [
      `UPDATE tasks SET listed = '{"id":' WHERE id = 'done'`,
      /the record of task "done" cannot be read/,
    ],
    'a broken machine': ["UPDATE machines SET value = '{'", /3 of machines cannot be read/],
  }
  test.each(Object.entries(damage))('finds %s: 1, and what it is', async (_, [sql, problem]) => {
    kept.store.close()
    const database = new DatabaseSync(journal, { defensive: false })
    database.exec(sql)
    database.close()
    const { code, err, out } = await world.run(['store', 'verify'])
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(problem)
    expect(err.split('\n')[0]).toMatch(/^callboard: the journal is damaged: \d+ problems?\.$/)
  })

  test('finds damaged pages, and goes on with the rest', async () => {
    kept.store.close()
    const bytes = readFileSync(journal)
    writeFileSync(journal, bytes.fill(0x41, bytes.length - 40_000, bytes.length - 20_000))
    const { code, out } = await world.run(['store', 'verify', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ ok: false, tasks: 3 })
  })

  test('a file whose tables are other ones is 78', async () => {
    kept.store.close()
    const database = new DatabaseSync(journal)
    database.exec('DROP INDEX segments_of_task')
    database.close()
    const { code, err } = await world.run(['store', 'verify'])
    expect(code).toBe(78)
    expect(err).toMatch(/^callboard: The journal .* cannot be opened: no such index: segments_of_task\./)
  })

  test('a file that is no journal is 78', async () => {
    kept.store.close()
    writeFileSync(journal, 'hello '.repeat(1_000))
    const { code, err } = await world.run(['store', 'verify'])
    expect(code).toBe(78)
    expect(err).toMatch(/^callboard: The journal .* cannot be opened: it is not a journal, or it is damaged/)
  })
})

describe('backup', () => {
  test('is a journal that a daemon takes up, without secrets, for its owner alone', async () => {
    const path = file('copy.sqlite')
    rmSync(path, { force: true })
    expect(await world.run(['store', 'backup', path])).toMatchObject({
      code: 0,
      err: '',
      out: `Copied 3 tasks and 401 events to ${path}\n`,
    })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path).includes('SECRET')).toBe(false)
    expect(readdirSync(world.directory).filter((name) => name.startsWith('copy'))).toEqual(['copy.sqlite'])
    const events = readAll(kept.store)
    const { journalId } = kept.store
    kept.store.close()
    rmSync(world.home, { recursive: true })
    mkdirSync(world.home, { mode: 0o700 })
    copyFileSync(path, journal)
    expect(await world.json(['store', 'verify'])).toMatchObject({ ok: true, tasks: 3, events: 401 })
    kept.store = openStore(world.home)
    expect([kept.store.journalId, kept.store.startNumber, readAll(kept.store)]).toEqual([
      journalId,
      2,
      events,
    ])
    expect(kept.store.unsettled()).toEqual([])
    expect(kept.store.tasks().map(({ state, resumable, lease }) => [state, resumable, lease])).toEqual([
      ['completed', false, undefined],
      ['aborted', false, undefined],
      ['aborted', false, undefined],
    ])
    expect([kept.store.sessions(), kept.store.task('done')?.request]).toEqual([[], undefined])
  })

  test('is of one moment, while a daemon goes on writing', async () => {
    const path = file('moment.sqlite')
    rmSync(path, { force: true })
    const started = world.start(['store', 'backup', path])
    const over = { now: false }
    void started.finished.then(() => (over.now = true))
    for (let commits = 0; !over.now && commits < 20_000; commits++) {
      kept.store.commit({ events: storedMany(kept.store.head, 20, ['done']) })
      if (commits % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await started.finished).code).toBe(0)
    kept.store.close()
    rmSync(world.home, { recursive: true })
    mkdirSync(world.home, { mode: 0o700 })
    copyFileSync(path, journal)
    const reader = new JournalReader(world.home)
    const { events, head } = reader.info()
    reader.close()
    expect(events).toBe(head)
    expect((await world.run(['store', 'verify'])).code).toBe(0)
  })

  test('never takes the place of a file; a place that cannot be written is a sentence', async () => {
    const path = file('taken')
    writeFileSync(path, 'mine')
    expect(await world.run(['store', 'backup', path])).toMatchObject({
      code: 1,
      err: `callboard: The file ${path} exists already: give the backup a new name.\n`,
    })
    expect(readFileSync(path, 'utf8')).toBe('mine')
    const { code, err } = await world.run(['store', 'backup', file('no/where')])
    expect(code).toBe(1)
    expect(err).toMatch(/cannot be written: ENOENT/)
  })
})

test('the exit codes are in the help, and an unknown command is 2', async () => {
  const { code, out } = await world.run(['store', '--help'])
  expect(code).toBe(0)
  for (const word of ['info', 'verify', 'export', 'import', 'backup', '78', 'CALLBOARD_HOME'])
    expect(out).toContain(word)
  const unknown = await world.run(['store', 'vacuum'])
  expect(unknown.code).toBe(2)
  expect(unknown.err).toMatch(/^callboard: unknown command 'vacuum'.* See `callboard store --help`\.\n$/)
})
