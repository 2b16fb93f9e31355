/**
 * The tables of the journal's file, and how an older file becomes one of today: each migration is one transaction and
 * raises `user_version` by one. A migration that was published is never changed; a change is a new one at the end.
 */
import type { DatabaseSync } from 'node:sqlite'
import { integerOf } from './columns.ts'

/** "CBRD": tells our file from any other SQLite database. */
export const applicationId = 0x43_42_52_44

/**
 * A segment is consecutive events of one task, as their canonical frames lie one behind the other: a row per event
 * costs twice to three times as much (docs: `npm run bench`). What may hold secrets has tables of its own, so that
 * lists do not read it, transitions do not write it, and erasing it touches nothing else.
 */
const tables = `
CREATE TABLE facts (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE starts (number INTEGER PRIMARY KEY, head INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE TABLE tasks (
  ref INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  phase INTEGER NOT NULL,
  touched INTEGER NOT NULL,
  listed TEXT
);
CREATE INDEX tasks_going ON tasks (ref) WHERE phase = 0;
CREATE INDEX tasks_settled ON tasks (touched, ref) WHERE phase = 1;
CREATE INDEX tasks_live ON tasks (ref) WHERE phase = 2;
CREATE TABLE requests (ref INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE runner_states (ref INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE machines (ref INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE segments (
  first INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  task INTEGER NOT NULL,
  names TEXT NOT NULL,
  frames BLOB NOT NULL
);
CREATE INDEX segments_of_task ON segments (task, first);
CREATE TABLE sessions (id TEXT PRIMARY KEY, touched INTEGER NOT NULL, record TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE answers (
  number INTEGER PRIMARY KEY,
  session TEXT NOT NULL,
  request TEXT NOT NULL,
  digest TEXT NOT NULL,
  at INTEGER NOT NULL,
  touched INTEGER NOT NULL,
  frame BLOB NOT NULL,
  UNIQUE (session, request)
);
CREATE TABLE probes (number INTEGER PRIMARY KEY, value BLOB NOT NULL);
`

/** Messages that wait for a task's run: apart, since they may be long and lists do not show them. */
const undelivered = 'CREATE TABLE undelivered (ref INTEGER PRIMARY KEY, value TEXT NOT NULL)'

/** The n-th makes version n + 1 of version n. */
const migrations: readonly string[] = [tables, undelivered]

export const schemaVersion = migrations.length

export function versionOf(database: DatabaseSync): number {
  return integerOf(database.prepare('PRAGMA user_version').get(), 'user_version')
}

/** Whether the file is a journal, or holds nothing yet. Another program's database must not be written to. */
export function isOurs(database: DatabaseSync): boolean {
  const id = integerOf(database.prepare('PRAGMA application_id').get(), 'application_id')
  if (id === applicationId) return true
  const count = integerOf(database.prepare('SELECT count(*) AS count FROM sqlite_schema').get(), 'count')
  return id === 0 && count === 0 && versionOf(database) === 0
}

/** Brings the file up to the newest version. Throws what SQLite throws; what was done until then stays. */
export function migrate(database: DatabaseSync, steps: readonly string[] = migrations): void {
  for (let version = versionOf(database); version < steps.length; version++) {
    database.exec('BEGIN IMMEDIATE')
    try {
      database.exec(steps[version] ?? '')
      database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version + 1}`)
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
}
