/**
 * A journal of a million events and ten thousand tasks, as daemons would have left it: written with the store itself in
 * commits of ten events, since to make it by running tasks would take an hour. Nearly all are settled; some were
 * running when their daemon was killed, some were waiting.
 */
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { Commit, StoredEvent, TaskRecord } from '../../src/store/store.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import type { EventMessage } from '../../src/wire/envelope.ts'

export const largeTasks = 10_000
export const eventsPerTask = 100
export const largeEvents = largeTasks * eventsPerTask
/** One of so many tasks was running, and as many were waiting. */
const liveEvery = 200
const eventsPerCommit = 10
const tasksPerTransaction = 50
const begunAt = Date.now() - 3_600_000

/** What retention must be for a journal of this size to be kept, and for what comes after it. */
export const largeRetention = { tasks: 3 * largeTasks, bytes: 4 * 1024 ** 3 } as const

export function largeTaskId(index: number): string {
  return `01990000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`
}

/** Writes it into a home directory. Returns the bytes of its frames. */
export function makeLargeJournal(home: string): number {
  const opened = openSqliteStore({
    directory: home,
    durability: 'normal',
    limits: { retentionTasksMax: largeRetention.tasks, retentionBytesMax: largeRetention.bytes },
    now: Date.now,
  })
  if (!opened.ok) throw new Error(opened.message)
  let bytes = 0
  for (let first = 0; first < largeTasks; first += tasksPerTransaction) {
    const commits = Array.from({ length: tasksPerTransaction }, (_, index) => commitsOf(first + index)).flat()
    opened.store.commitAll(commits)
    for (const { events = [] } of commits) for (const { frame } of events) bytes += frame.length
  }
  opened.store.close()
  return bytes
}

/** A journal as a start finds it after a kill, from one home in another. */
export function copyJournal(from: string, to: string): void {
  for (const name of ['journal.sqlite', 'journal.sqlite-wal'])
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name))
}

function commitsOf(task: number): Commit[] {
  const id = largeTaskId(task)
  const events = Array.from({ length: eventsPerTask }, (_, index) => eventOf(id, task, index))
  const commits: Commit[] = []
  for (let start = 0; start < events.length; start += eventsPerCommit)
    commits.push({
      events: events.slice(start, start + eventsPerCommit),
      ...(start === 0 ? { tasks: [recordOf(id, task)] } : {}),
    })
  return commits
}

function eventOf(id: string, task: number, index: number): StoredEvent {
  const seq = task * eventsPerTask + index + 1
  const about = { seq, task: id, at: begunAt + Math.floor(seq / 1_000) }
  const message: EventMessage = {
    type: 'TaskEvent',
    origin: 'server',
    ...about,
    data: saying(id, seq, index),
  }
  const frame = canonicalCodec.encodeToClient(message)
  if (frame === undefined) throw new Error('not said')
  return { seq, task: id, name: message.data.eventName, frame }
}

function saying(taskId: string, seq: number, index: number): EventMessage['data'] {
  if (index === 0) return { eventName: 'taskCreated', payload: [taskId] }
  const ts = begunAt + seq
  const message = { ts, type: 'say', say: 'command_output', text: `line ${seq}`, partial: false } as const
  return { eventName: 'message', payload: [{ taskId, action: 'created', message }] }
}

function recordOf(id: string, task: number): TaskRecord {
  const kind = task % liveEvery
  const state = kind === 0 ? 'running' : kind === 1 ? 'queued' : 'completed'
  return {
    id,
    state,
    text: 'true',
    createdAt: begunAt,
    startedBy: 'earlier',
    lastTs: begunAt,
    runs: state === 'queued' ? 0 : 1,
    resumable: true,
    request: { text: 'true', configuration: { callboard: { command: ['true'] } } },
  }
}

export const runningBefore = largeTasks / liveEvery
