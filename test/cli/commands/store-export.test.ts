/** The journal as lines, and lines as a journal: the export, and the import of what was exported. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openStore, readAll, record, stored, storedMany } from '../../store/sample-store.ts'
import { hostile, keepJournal } from './kept-journal.ts'

const kept = keepJournal()
const { world, file } = kept

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
    expect(values[0]).toMatchObject({
      callboard: 'export',
      version: 1,
      journal: kept.store.journalId,
      head: 401,
    })
    expect(values.slice(1, 4).map((value) => value['task'])).toMatchObject([
      { id: 'done', text: hostile },
      { id: 'live' },
      { id: 'waits' },
    ])
    expect(values.slice(4, -1).map((value) => value['event'])).toEqual(
      readAll(kept.store).map(({ frame }) => JSON.parse(frame.toString().slice(0, -1))),
    )
    expect(values.at(-1)).toEqual({ end: { tasks: 3, events: 401 } })
    expect(lines.join('\n')).not.toMatch(/SECRET/)
    expect(lines.join('')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
  })

  test('has the events of tasks that stayed, also from below what can be read', async () => {
    kept.store.close()
    kept.store = openStore(world.home, { limits: { retentionTasksMax: 0 } })
    while (kept.store.maintain());
    const lines = await exported()
    expect(lines).toHaveLength(1 + 2 + 200 + 1)
  })

  test('a reader that goes away ends it quietly', async () => {
    kept.store.commit({
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
    kept.store.close()
    rmSync(world.home, { recursive: true })
    mkdirSync(world.home, { mode: 0o700 })
    return lines
  }

  const importing = (lines: readonly string[], end = '\n') => {
    writeFileSync(file('export.jsonl'), lines.join('\n') + end)
    return world.run(['store', 'import', file('export.jsonl')])
  }

  test('brings all of it into a new journal; what ran is aborted', async () => {
    const before = readAll(kept.store)
    const lines = await moved()
    expect(await importing(lines)).toMatchObject({
      code: 0,
      err: '',
      out: 'Imported 3 tasks and 401 events.\n',
    })
    kept.store = openStore(world.home)
    expect(readAll(kept.store).map(({ frame }) => JSON.parse(frame.toString().slice(0, -1)))).toEqual(
      before.map(({ frame }) => JSON.parse(frame.toString().slice(0, -1))),
    )
    expect(kept.store.tasks().map(({ id, state, resumable, text }) => [id, state, resumable, text])).toEqual([
      ['done', 'completed', false, hostile],
      ['live', 'aborted', false, ''],
      ['waits', 'aborted', false, ''],
    ])
    expect(kept.store.unsettled()).toEqual([])
    expect((await world.run(['store', 'verify'])).code).toBe(0)
  })

  test('gives events the next numbers where the journal has some already', async () => {
    const lines = await moved()
    kept.store = openStore(world.home)
    kept.store.commit({ tasks: [record('own')], events: storedMany(0, 7, ['own']) })
    kept.store.close()
    expect((await importing(lines)).code).toBe(0)
    kept.store = openStore(world.home)
    const events = readAll(kept.store)
    expect([kept.store.head, events.length]).toEqual([408, 408])
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
    kept.store.close()
    const { code, err } = await importing(lines)
    expect([code, err]).toEqual([
      1,
      'callboard: the task "done" is in the journal already: nothing was imported.\n',
    ])
    kept.store = openStore(world.home)
    expect([kept.store.head, kept.store.tasks().length]).toEqual([401, 3])
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
      kept.store = openStore(world.home)
      expect([kept.store.head, kept.store.tasks()]).toEqual([0, []])
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
