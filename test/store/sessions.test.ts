/** Sessions and answers on disk: given again after a restart, and let go. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SessionRecord } from '../../src/store/store.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { openStore } from './sample-store.ts'

const scratch = scratchDirectory()
const directory = () => mkdtempSync(join(scratch, 'home-'))

describe('sessions and answers', () => {
  const session = (id: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
    id,
    listener: '/tmp/a.sock',
    client: { name: 'n', version: '1' },
    seenAt: 5,
    ...more,
  })
  const answer = (sessionId: string, requestId: string, text = 'yes') => ({
    sessionId,
    requestId,
    digest: 'd',
    frame: Buffer.from(text),
    at: 7,
  })

  test('are given again after a restart, until the session is forgotten', () => {
    const home = directory()
    const first = openStore(home)
    first.commit({
      sessions: [session('s'), session('t', { subscription: null })],
      answers: [answer('s', '1'), answer('t', '1', 'no')],
    })
    first.commit({ sessions: [session('s', { currentTask: 'a' })], answers: [answer('s', '2')] })
    first.close()
    const second = openStore(home)
    expect(second.sessions().toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([
      session('s', { currentTask: 'a' }),
      session('t', { subscription: null }),
    ])
    expect(second.answer('s', '1')).toEqual(answer('s', '1'))
    expect(second.answer('t', '1')?.frame.toString()).toBe('no')
    second.commit({ forgottenSessions: ['s'] })
    expect([second.answer('s', '1'), second.answer('s', '2'), second.answer('t', '1')?.digest]).toEqual([
      undefined,
      undefined,
      'd',
    ])
    expect(second.sessions().map(({ id }) => id)).toEqual(['t'])
    second.close()
  })

  test('answers go by age and by bytes, the oldest first', () => {
    let now = 1_000
    const store = openStore(directory(), {
      now: () => now,
      limits: { answersKeptMs: 1_000, repliesKeptBytesMax: 3_000 },
    })
    store.commit({ answers: [answer('s', 'old')] })
    now = 2_500
    store.commit({ answers: [answer('s', 'new')] })
    store.maintain()
    expect([store.answer('s', 'old'), store.answer('s', 'new')?.digest]).toEqual([undefined, 'd'])
    for (let index = 0; index < 10; index++)
      store.commit({ answers: [answer('s', `${index}`, 'x'.repeat(800))] })
    store.maintain()
    expect(Array.from({ length: 10 }, (_, index) => store.answer('s', `${index}`) !== undefined)).toEqual([
      ...Array.from({ length: 7 }, () => false),
      true,
      true,
      true,
    ])
    store.close()
  })

  test('ten times the bound of answers goes within a few chunks', () => {
    const store = openStore(directory(), { limits: { repliesKeptBytesMax: 10_000 } })
    store.commit({ answers: Array.from({ length: 500 }, (_, index) => answer('s', `${index}`)) })
    let chunks = 1
    while (store.maintain()) chunks++
    expect(chunks).toBeLessThan(10)
    expect(store.answer('s', '499')).toBeDefined()
    expect(store.answer('s', '400')).toBeUndefined()
    store.close()
  })
})
