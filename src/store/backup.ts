/**
 * A copy of a journal, as of one moment, that a daemon can take up: what was said, and every task's record as of one
 * that cannot be resumed. Secrets are never copied: neither requests, the runners' memory, sessions and their answers,
 * nor who holds a lease.
 */
import { closeSync, openSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { integerOf } from './columns.ts'
import { unavailable } from './failure.ts'
import { closeQuietly } from './journal-file.ts'
import type { JournalReader } from './journal-reader.ts'
import { migrate } from './schema.ts'
import { StoreUnavailable } from './store.ts'
import type { Progress } from './verify.ts'

export interface Copied {
  readonly tasks: number
  readonly events: number
}

const segmentsAtOnce = 1_000

/** Writes the copy to a new file, 0600. Throws StoreUnavailable where there is one already, or it cannot be made. */
export function backUpJournal(reader: JournalReader, path: string, progress: Progress): Copied {
  makeNew(path)
  let copy: DatabaseSync | undefined
  try {
    copy = new DatabaseSync(path)
    copy.exec('PRAGMA temp_store = MEMORY')
    migrate(copy)
    const source = pathToFileURL(reader.path)
    source.searchParams.set('mode', 'ro')
    copy.prepare('ATTACH ? AS journal').run(source.href)
    const copied = copyInto(copy, reader.info().events, progress)
    copy.exec('DETACH journal')
    copy.close()
    return copied
  } catch (error) {
    closeQuietly(copy)
    for (const ending of ['', '-journal']) rmSync(`${path}${ending}`, { force: true })
    throw unavailable(path, 'be copied', error)
  }
}

function makeNew(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split(',')[0] ?? '') : String(cause)
    throw new StoreUnavailable(
      why.startsWith('EEXIST')
        ? `The file ${path} exists already: give the backup a new name.`
        : `The backup ${path} cannot be written: ${why}.`,
      { cause },
    )
  }
}

/** What ran, or waited, cannot go on from a copy that does not know what it was to run. */
const listed = `json_set(json_remove(listed, '$.lease', '$.asks', '$.waits'), '$.resumable', json('false'), '$.state',
  CASE WHEN phase = 2 OR listed ->> '$.state' = 'resumable' THEN 'aborted' ELSE listed ->> '$.state' END)`

function copyInto(copy: DatabaseSync, total: number, progress: Progress): Copied {
  copy.exec('BEGIN')
  copy.exec(`
    INSERT INTO facts SELECT * FROM journal.facts;
    INSERT INTO starts SELECT * FROM journal.starts;
    INSERT INTO tasks SELECT ref, id, CASE phase WHEN 2 THEN 1 ELSE phase END, touched, ${listed} FROM journal.tasks`)
  const some = copy.prepare(
    `INSERT INTO segments SELECT * FROM journal.segments WHERE first > ? ORDER BY first LIMIT ${segmentsAtOnce}`,
  )
  const last = copy.prepare('SELECT max(first) AS last FROM segments')
  const events = copy.prepare('SELECT sum(count) AS events FROM segments WHERE first > ?')
  let [count, place] = [0, 0]
  while (some.run(place).changes > 0) {
    count += integerOf(events.get(place), 'events')
    place = integerOf(last.get(), 'last')
    progress(count, total)
  }
  const tasks = copy.prepare('SELECT count(*) AS tasks FROM tasks WHERE listed IS NOT NULL').get()
  copy.exec('COMMIT')
  return { tasks: integerOf(tasks, 'tasks'), events: count }
}
