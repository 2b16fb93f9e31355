import { expect, test } from 'vitest'
import { StoreUnavailable } from '../../src/store/store.ts'
import { Sessions } from '../../src/broker/sessions.ts'
import type { Session } from '../../src/broker/session.ts'

const options = {
  repliesKeptPerSession: 4,
  repliesKeptBytesPerSession: 100,
  repliesKeptBytesMax: 1_000,
  ownTasksPerSession: 2,
  sessionGraceMs: 1_000,
  sessionsDetachedMax: 2,
}

function desk(): { sessions: Sessions; clock: { ms: number }; native: (connection: string) => Session } {
  const clock = { ms: 0 }
  let ids = 0
  const sessions = new Sessions(
    options,
    () => `s${++ids}`,
    () => clock.ms,
  )
  const native = (connection: string): Session => {
    const session = sessions.open('/l')
    sessions.attach(session, connection)
    sessions.keep(session)
    return session
  }
  return { sessions, clock, native }
}

test('a session that never said Hello is gone with its connection', () => {
  const { sessions } = desk()
  const session = sessions.open('/l')
  sessions.attach(session, 'c')
  sessions.detach(session, 'c')
  expect(sessions.find(session.id, '/l')).toBeUndefined()
  expect(sessions.count).toBe(0)
})

// bound: sessionGraceMs
test('a native session waits for its client to the last millisecond of its grace, and not longer', () => {
  const { sessions, clock, native } = desk()
  const session = native('c')
  sessions.detach(session, 'c')
  clock.ms = 1_000
  expect(sessions.find(session.id, '/l')).toBe(session)
  clock.ms = 1_001
  expect(sessions.find(session.id, '/l')).toBeUndefined()
})

test('a session that is attached does not grow old', () => {
  const { sessions, clock, native } = desk()
  const session = native('c')
  sessions.detach(session, 'c')
  sessions.attach(session, 'd')
  clock.ms = 1_000_000
  expect(sessions.find(session.id, '/l')).toBe(session)
})

test('it is found by its own listener alone', () => {
  const { sessions, native } = desk()
  const session = native('c')
  expect(sessions.find(session.id, '/other')).toBeUndefined()
})

test('the older link of a session that was taken up does not detach it', () => {
  const { sessions, native } = desk()
  const session = native('old')
  sessions.attach(session, 'new')
  sessions.detach(session, 'old')
  expect(session.connectionId).toBe('new')
})

// bound: sessionsDetachedMax
test('as many detached sessions wait as may; one past that the longest detached is forgotten', () => {
  const { sessions, native } = desk()
  const [first, second, third] = [native('a'), native('b'), native('c')]
  sessions.detach(second, 'b')
  sessions.detach(first, 'a')
  expect(sessions.find(second.id, '/l')).toBe(second)
  sessions.detach(third, 'c')
  expect(sessions.find(second.id, '/l')).toBeUndefined()
  expect([first, third].map(({ id }) => sessions.find(id, '/l'))).toEqual([first, third])
  expect(sessions.count).toBe(2)
})

// bound: ownTasksPerSession
test('up to the bound all tasks are its own; past it the oldest that does not run is no longer', () => {
  const { native } = desk()
  const session = native('c')
  const isLive = (task: string): boolean => task === 'runs'
  for (const task of ['older', 'runs']) session.own(task, isLive)
  expect([...session.ownTasks]).toEqual(['older', 'runs'])
  session.own('old', isLive)
  expect([...session.ownTasks]).toEqual(['runs', 'old'])
  session.own('new', isLive)
  expect([...session.ownTasks]).toEqual(['runs', 'new'])
})

test('the last task of a session is current until it is closed, and one that had none is known by that', () => {
  const { native } = desk()
  const session = native('c')
  expect([session.currentTask, session.hadTask]).toEqual([undefined, false])
  session.makeCurrent('t')
  session.noLongerCurrent('other')
  expect(session.currentTask).toBe('t')
  session.noLongerCurrent('t')
  expect([session.currentTask, session.hadTask]).toEqual([undefined, true])
})

test('sessions are named to others by numbers of their own', () => {
  const { native } = desk()
  expect([native('a').number, native('b').number]).toEqual([1, 2])
})

test('sessions of an earlier start that cannot be read when a link closes are forgotten later', () => {
  const clock = { ms: 0 }
  let fails = true
  const stored = { id: 'old', listener: '/l', client: { name: 'n', version: '1' }, seenAt: 0 }
  const sessions = new Sessions(
    options,
    () => 's',
    () => clock.ms,
    () => {
      if (fails) throw new StoreUnavailable('it has been closed.')
      return [stored]
    },
  )
  const session = sessions.open('/l')
  sessions.attach(session, 'c')
  sessions.keep(session)
  clock.ms = 1_001
  sessions.detach(session, 'c')
  expect(sessions.changes().forgotten).toEqual([])
  fails = false
  sessions.forgetOld()
  expect(sessions.changes().forgotten).toEqual(['old'])
})
