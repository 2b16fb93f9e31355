/** The journal's file as a whole: what the five commands do with it, and what they say where they cannot. */
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { JournalReader } from '../../../src/store/journal-reader.ts'
import type { SqliteStore } from '../../../src/store/sqlite-store.ts'
import { openStore, readAll, record, stored, storedMany } from '../../store/sample-store.ts'
import { CliWorld } from '../cli-process.ts'
import { ScriptedDaemon } from '../scripted-daemon.ts'

const world = new CliWorld()
afterAll(() => world.dispose())

const journal = join(world.home, 'journal.sqlite')
const file = (name: string) => join(world.directory, name)
let store: SqliteStore

const hostile = '\u001b[2J\u009b31m\u202eevil\u2028\u{e0041}'

beforeEach(() => {
  rmSync(world.home, { recursive: true, force: true })
  mkdirSync(world.home, { recursive: true, mode: 0o700 })
  store = openStore(world.home)
  const request = { text: 'x', configuration: { key: 'SECRET-OF-REQUEST' } }
  const lease = { sessionId: 'SECRET-OF-SESSION', clientId: 'c' }
  const whole = {
    request,
    runnerState: 'SECRET-OF-RUNNER',
    machine: { version: 1, snapshot: 'SECRET-OF-MACHINE' },
    lease,
    waits: { order: 1, client: 'SECRET-OF-TURN' },
  }
  store.commit({
    tasks: [
      record('done', { text: hostile, ...whole }),
      record('live', { state: 'running', ...whole }),
      record('waits', { state: 'queued', ...whole }),
    ],
    events: storedMany(0, 400, ['done', 'live']),
    sessions: [{ id: 'SECRET-OF-SESSION', listener: '/', client: { name: 'n', version: '1' }, seenAt: 1 }],
    answers: [
      {
        sessionId: 'SECRET-OF-SESSION',
        requestId: '1',
        digest: 'SECRET-OF-ANSWER',
        frame: Buffer.from('x'),
        at: 1,
      },
    ],
  })
  store.commit({ events: [stored(401, 'done', hostile)] })
})

afterEach(() => store.close())

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
      journalId: store.journalId,
    })
    store.close()
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
    store.close()
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
    store.close()
    store = openStore(world.home, { limits: { retentionTasksMax: 0 } })
    while (store.maintain());
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
    store.close()
    const database = new DatabaseSync(journal, { defensive: false })
    database.exec(sql)
    database.close()
    const { code, err, out } = await world.run(['store', 'verify'])
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(problem)
    expect(err.split('\n')[0]).toMatch(/^callboard: the journal is damaged: \d+ problems?\.$/)
  })

  test('finds damaged pages, and goes on with the rest', async () => {
    store.close()
    const bytes = readFileSync(journal)
    writeFileSync(journal, bytes.fill(0x41, bytes.length - 40_000, bytes.length - 20_000))
    const { code, out } = await world.run(['store', 'verify', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ ok: false, tasks: 3 })
  })

  test('a file whose tables are other ones is 78', async () => {
    store.close()
    const database = new DatabaseSync(journal)
    database.exec('DROP INDEX segments_of_task')
    database.close()
    const { code, err } = await world.run(['store', 'verify'])
    expect(code).toBe(78)
    expect(err).toMatch(/^callboard: The journal .* cannot be opened: no such index: segments_of_task\./)
  })

  test('a file that is no journal is 78', async () => {
    store.close()
    writeFileSync(journal, 'hello '.repeat(1_000))
    const { code, err } = await world.run(['store', 'verify'])
    expect(code).toBe(78)
    expect(err).toMatch(/^callboard: The journal .* cannot be opened: it is not a journal, or it is damaged/)
  })
})

/** An export as its lines. */
async function exported(): Promise<string[]> {
  const { code, out, err } = await world.run(['store', 'export'])
  expect([code, err]).toEqual([0, ''])
  return out.trimEnd().split('\n')
}

describe('export', () => {
  test('gives tasks and events, no secrets, and nothing that moves a cursor', async () => {
    const lines = await exported()
    expect(lines).toHaveLength(1 + 3 + 401 + 1)
    const values = lines.map((line): Record<string, unknown> => JSON.parse(line))
    expect(values[0]).toMatchObject({ callboard: 'export', version: 1, journal: store.journalId, head: 401 })
    expect(values.slice(1, 4).map((value) => value['task'])).toMatchObject([
      { id: 'done', text: hostile },
      { id: 'live' },
      { id: 'waits' },
    ])
    expect(values.slice(4, -1).map((value) => value['event'])).toEqual(
      readAll(store).map(({ frame }) => JSON.parse(frame.toString().slice(0, -1))),
    )
    expect(values.at(-1)).toEqual({ end: { tasks: 3, events: 401 } })
    expect(lines.join('\n')).not.toMatch(/SECRET/)
    expect(lines.join('')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
  })

  test('has the events of tasks that stayed, also from below what can be read', async () => {
    store.close()
    store = openStore(world.home, { limits: { retentionTasksMax: 0 } })
    while (store.maintain());
    const lines = await exported()
    expect(lines).toHaveLength(1 + 2 + 200 + 1)
  })

  test('a reader that goes away ends it quietly', async () => {
    store.commit({
      events: Array.from({ length: 2_000 }, (_, index) => stored(402 + index, 'done', 'x'.repeat(2_000))),
    })
    const started = world.start(['store', 'export'])
    const { stdout } = started.child
    stdout?.once('data', () => stdout.destroy())
    const { code, err } = await started.finished
    expect([code, err]).toEqual([141, ''])
  })
})

describe('import', () => {
  /** An export of the journal, and an empty home in its place. */
  async function moved(): Promise<string[]> {
    const lines = await exported()
    store.close()
    rmSync(world.home, { recursive: true })
    mkdirSync(world.home, { mode: 0o700 })
    return lines
  }

  const importing = (lines: readonly string[], end = '\n') => {
    writeFileSync(file('export.jsonl'), lines.join('\n') + end)
    return world.run(['store', 'import', file('export.jsonl')])
  }

  test('brings all of it into a new journal; what ran is aborted', async () => {
    const before = readAll(store)
    const lines = await moved()
    expect(await importing(lines)).toMatchObject({
      code: 0,
      err: '',
      out: 'Imported 3 tasks and 401 events.\n',
    })
    store = openStore(world.home)
    expect(readAll(store).map(({ frame }) => JSON.parse(frame.toString().slice(0, -1)))).toEqual(
      before.map(({ frame }) => JSON.parse(frame.toString().slice(0, -1))),
    )
    expect(store.tasks().map(({ id, state, resumable, text }) => [id, state, resumable, text])).toEqual([
      ['done', 'completed', false, hostile],
      ['live', 'aborted', false, ''],
      ['waits', 'aborted', false, ''],
    ])
    expect(store.unsettled()).toEqual([])
    expect((await world.run(['store', 'verify'])).code).toBe(0)
  })

  test('gives events the next numbers where the journal has some already', async () => {
    const lines = await moved()
    store = openStore(world.home)
    store.commit({ tasks: [record('own')], events: storedMany(0, 7, ['own']) })
    store.close()
    expect((await importing(lines)).code).toBe(0)
    store = openStore(world.home)
    const events = readAll(store)
    expect([store.head, events.length]).toEqual([408, 408])
    expect(JSON.parse(events[7]?.frame.toString().slice(0, -1) ?? '')).toMatchObject({
      data: { seq: 8, task: 'done' },
    })
    expect(await world.json(['store', 'verify'])).toMatchObject({ ok: true, tasks: 4, events: 408 })
  })

  test('beside a daemon it is refused: 78', async () => {
    const lines = await exported()
    const { code, err } = await importing(lines)
    expect(code).toBe(78)
    expect(err).toMatch(
      /^callboard: The journal .* is in use by another process: stop that daemon \(`callboard stop`\)/,
    )
  })

  test('ids that are there already are refused, and nothing is imported', async () => {
    const lines = await exported()
    store.close()
    const { code, err } = await importing(lines)
    expect([code, err]).toEqual([
      1,
      'callboard: the task "done" is in the journal already: nothing was imported.\n',
    ])
    store = openStore(world.home)
    expect([store.head, store.tasks().length]).toEqual([401, 3])
  })

  const wrong: Readonly<Record<string, [(lines: string[]) => string[], RegExp]>> = {
    'nothing at all': [() => [], /this is not an export/],
    'another file': [() => ['hello'], /this is not an export: its first line must be/],
    'another JSON': [() => ['{"callboard":"recording"}'], /this is not an export/],
    'a newer version': [
      (lines) => [(lines[0] ?? '').replace('"version":1', '"version":2'), ...lines.slice(1)],
      /made by a newer Callboard \(version 2 of exports, this one reads up to 1\): update/,
    ],
    'a line that is cut': [
      (lines) => [...lines.slice(0, 100), (lines[100] ?? '').slice(0, 40)],
      /line 101 is not JSON: the file may have been cut off there/,
    ],
    'an end that is missing': [(lines) => lines.slice(0, -1), /the export is cut off after line 405/],
    'a line that is missing': [
      (lines) => lines.toSpliced(50, 1),
      /line 405 says .* 3 tasks and 400 events before it: lines are missing/,
    ],
    'something after its end': [(lines) => [...lines, lines[4] ?? ''], /line 407 comes after the end/],
    'an event that nobody knows': [
      (lines) =>
        lines.with(
          10,
          '{"event":{"type":"TaskEvent","origin":"server","seq":1,"task":"done","data":{"eventName":"taskDanced","payload":[]}}}',
        ),
      /line 11 is no event that this version knows/,
    ],
    'an event of no task': [
      (lines) => lines.toSpliced(1, 1).toSpliced(-1, 1, '{"end":{"tasks":2,"events":401}}'),
      /an event of a task that is not in it \("done"\): nothing was imported/,
    ],
    'a task that is none': [(lines) => lines.with(1, '{"task":{"id":5}}'), /line 2 is no task: id/],
    'a task twice': [
      (lines) => [...lines.slice(0, 2), lines[1] ?? '', '{"end":{"tasks":2,"events":0}}'],
      /the task "done" is in the journal already/,
    ],
    'something else': [(lines) => lines.with(1, '{"friend":1}'), /line 2 is neither a task nor an event/],
    'deep nesting': [
      (lines) => lines.with(1, `{"task":${'['.repeat(200)}${']'.repeat(200)}}`),
      /line 2 nests more than 100 deep/,
    ],
    'text for a terminal': [
      (lines) => lines.with(1, '{"task":{"id":"\\u001b[2J","state":"no"}}'),
      /line 2 is no task: state/,
    ],
  }
  test.each(Object.entries(wrong))(
    '%s is refused with a sentence, and changes nothing',
    async (_, [change, sentence]) => {
      const lines = await moved()
      const { code, err, out } = await importing(change(lines))
      expect([code, out]).toEqual([1, ''])
      expect(err).toMatch(sentence)
      expect(err.trimEnd()).not.toMatch(/[\p{C}]/u)
      store = openStore(world.home)
      expect([store.head, store.tasks()]).toEqual([0, []])
    },
  )

  test('a file that is not there is 1; none is 2', async () => {
    expect(await world.run(['store', 'import', file('nothing')])).toMatchObject({
      code: 1,
      err: `callboard: ${file('nothing')} cannot be read: ENOENT: no such file or directory.\n`,
    })
    const { code, err } = await world.run(['store', 'import'])
    expect(code).toBe(2)
    expect(err).toMatch(/missing required argument 'file'.* See `callboard store import --help`\.\n$/)
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
    const events = readAll(store)
    const { journalId } = store
    store.close()
    rmSync(world.home, { recursive: true })
    mkdirSync(world.home, { mode: 0o700 })
    copyFileSync(path, journal)
    expect(await world.json(['store', 'verify'])).toMatchObject({ ok: true, tasks: 3, events: 401 })
    store = openStore(world.home)
    expect([store.journalId, store.startNumber, readAll(store)]).toEqual([journalId, 2, events])
    expect(store.unsettled()).toEqual([])
    expect(store.tasks().map(({ state, resumable, lease }) => [state, resumable, lease])).toEqual([
      ['completed', false, undefined],
      ['aborted', false, undefined],
      ['aborted', false, undefined],
    ])
    expect([store.sessions(), store.task('done')?.request]).toEqual([[], undefined])
  })

  test('is of one moment, while a daemon goes on writing', async () => {
    const path = file('moment.sqlite')
    rmSync(path, { force: true })
    const started = world.start(['store', 'backup', path])
    const over = { now: false }
    void started.finished.then(() => (over.now = true))
    for (let commits = 0; !over.now && commits < 20_000; commits++) {
      store.commit({ events: storedMany(store.head, 20, ['done']) })
      if (commits % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await started.finished).code).toBe(0)
    store.close()
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
