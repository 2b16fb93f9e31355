import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Leases } from '../../src/broker/leases.ts'
import type { Claim, ClaimOutcome, Claimant } from '../../src/broker/leases.ts'

const grace = 10_000

function some(max = 100): Leases {
  return new Leases({ leaseGraceMs: grace, leasesPerSessionMax: max })
}

function session(name: string): Claimant {
  return { sessionId: `session ${name}`, clientId: `client ${name}`, client: name }
}

const shown = (name: string, until?: number) => ({
  clientId: `client ${name}`,
  client: name,
  ...(until === undefined ? {} : { until }),
})

const claimOf = (name: string, more: Partial<Claim> = {}): Claim => ({ task: 't', ...session(name), ...more })

const news = (outcome: ClaimOutcome): unknown =>
  outcome.kind === 'changed' ? outcome.change.news : outcome.kind

describe('claiming', () => {
  test('what nobody holds is claimed, and then others may not steer', () => {
    const leases = some()
    expect(leases.allows('t', 'session b')).toBe(true)
    expect(news(leases.claim(claimOf('a', { ttlMs: 50 }), 1_000))).toEqual({
      why: 'claimed',
      holder: shown('a', 1_050),
    })
    expect([leases.allows('t', 'session a'), leases.allows('t', 'session b')]).toEqual([true, false])
    expect(leases.holder('t')).toEqual(shown('a', 1_050))
    expect(leases.of('session a')).toEqual(['t'])
  })

  test('a second one is told who holds it, and takes it over only by saying so', () => {
    const leases = some()
    leases.claim(claimOf('a'), 0)
    expect(leases.claim(claimOf('b'), 0)).toEqual({ kind: 'held', holder: shown('a') })
    expect(news(leases.claim(claimOf('b', { steal: true }), 0))).toEqual({
      why: 'stolen',
      holder: shown('b'),
      from: shown('a'),
    })
    expect([leases.of('session a'), leases.of('session b')]).toEqual([[], ['t']])
  })

  test('the holder renews with what it says now: time and approvals too', () => {
    const leases = some()
    leases.claim(claimOf('a', { ttlMs: 50, approve: 'all' }), 0)
    expect(news(leases.claim(claimOf('a'), 10))).toEqual({
      why: 'renewed',
      holder: shown('a'),
      from: shown('a', 50),
    })
    expect([leases.approving('t', 'approval'), leases.expire(1_000_000)]).toEqual([undefined, []])
  })

  // bound: leasesPerSessionMax
  test('one session holds so many, and renews at the bound', () => {
    const leases = some(2)
    for (const task of ['1', '2']) leases.claim(claimOf('a', { task }), 0)
    expect(leases.claim(claimOf('a', { task: '3' }), 0).kind).toBe('tooMany')
    expect(leases.claim(claimOf('a', { task: '2' }), 0).kind).toBe('changed')
    leases.release('1', 'session a')
    expect(leases.claim(claimOf('a', { task: '3' }), 0).kind).toBe('changed')
  })

  test('approval is by kind, or all', () => {
    const leases = some()
    leases.claim(claimOf('a', { approve: ['approval'] }), 0)
    expect(leases.approving('t', 'approval')?.clientId).toBe('client a')
    expect(leases.approving('t', 'question')).toBe(undefined)
    leases.claim(claimOf('a', { approve: 'all' }), 0)
    expect(leases.approving('t', 'question')?.clientId).toBe('client a')
    leases.claim(claimOf('b', { steal: true }), 0)
    expect(leases.approving('t', 'question')).toBe(undefined)
  })

  test('a change that could not be stored is undone', () => {
    const leases = some()
    const first = leases.claim(claimOf('a'), 0)
    const second = leases.claim(claimOf('b', { steal: true }), 0)
    if (second.kind === 'changed') second.change.undo()
    expect([leases.holder('t'), leases.of('session b')]).toEqual([shown('a'), []])
    if (first.kind === 'changed') first.change.undo()
    expect([leases.holder('t'), leases.of('session a')]).toEqual([undefined, []])
  })
})

describe('ending', () => {
  test('by release of the holder, nobody else', () => {
    const leases = some()
    leases.claim(claimOf('a'), 0)
    expect(leases.release('t', 'session b')).toBe(undefined)
    expect(leases.release('t', 'session a')?.news).toEqual({ why: 'released', from: shown('a') })
    expect(leases.release('t', 'session a')).toBe(undefined)
  })

  test('with its time, exactly', () => {
    const leases = some()
    leases.claim(claimOf('a', { ttlMs: 50 }), 0)
    expect([leases.nextDeadline, leases.expire(49)]).toEqual([50, []])
    expect(leases.expire(50).map((change) => change.news)).toEqual([{ why: 'expired', from: shown('a', 50) }])
    expect(leases.nextDeadline).toBe(undefined)
  })

  // bound: leaseGraceMs
  test('with its session, after a grace in which its client may come back', () => {
    const leases = some()
    leases.claim(claimOf('a'), 0)
    leases.sessionGone('session a', true, 5)
    expect([leases.nextDeadline, leases.allows('t', 'session b')]).toEqual([5 + grace, false])
    expect(
      leases.sessionBack({ ...session('a'), clientId: 'client new' }).map((change) => change.news),
    ).toEqual([{ why: 'renewed', holder: { ...shown('a'), clientId: 'client new' }, from: shown('a') }])
    expect([leases.expire(1_000_000), leases.holder('t')?.clientId]).toEqual([[], 'client new'])
    leases.sessionGone('session a', true, 20)
    expect(leases.expire(20 + grace - 1)).toEqual([])
    expect(leases.expire(20 + grace).map((change) => change.news.why)).toEqual(['left'])
  })

  test('at once with a session that nobody can come back to', () => {
    const leases = some()
    leases.claim(claimOf('a'), 0)
    leases.sessionGone('session a', false, 5)
    expect(leases.expire(5).map((change) => change.news.why)).toEqual(['left'])
  })

  test('a second loss of the link does not make the grace longer', () => {
    const leases = some()
    leases.claim(claimOf('a'), 0)
    leases.sessionGone('session a', true, 5)
    leases.sessionGone('session a', true, 500)
    expect(leases.nextDeadline).toBe(5 + grace)
  })

  test('with its task', () => {
    const leases = some()
    leases.claim(claimOf('a'), 0)
    expect(leases.taskClosed('t')?.news).toEqual({ why: 'closed', from: shown('a') })
    expect(leases.taskClosed('t')).toBe(undefined)
  })

  test('one of before a restart waits for its session, and no longer than its time', () => {
    const leases = some()
    leases.restore({ task: 't', ...session('a'), approve: [] }, 100)
    leases.restore({ task: 'u', ...session('a'), until: 50, approve: 'all' }, 100)
    expect(leases.expire(100).map((change) => [change.task, change.news.why])).toEqual([['u', 'expired']])
    leases.sessionBack(session('a'))
    expect(leases.expire(1_000_000)).toEqual([])
  })
})

const names = fc.constantFrom('a', 'b', 'c')
const tasks = fc.constantFrom('t', 'u', 'v')
const moves = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('claim' as const),
      name: names,
      task: tasks,
      ttlMs: fc.option(fc.integer({ min: 1, max: 30_000 }), { nil: undefined }),
      steal: fc.boolean(),
      undo: fc.boolean(),
    }),
    fc.record({ do: fc.constant('release' as const), name: names, task: tasks }),
    fc.record({ do: fc.constant('gone' as const), name: names }),
    fc.record({ do: fc.constant('back' as const), name: names }),
    fc.record({ do: fc.constant('closed' as const), task: tasks }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 12_000 }) }),
  ),
  { maxLength: 60 },
)
type Move = typeof moves extends fc.Arbitrary<(infer One)[]> ? One : never

/** The same, as plainly as can be: one list, looked through each time. */
class Plain {
  leases: { task: string; name: string; until: number }[] = []
  gone = new Map<string, number>()

  holder(task: string): string | undefined {
    return this.leases.find((one) => one.task === task)?.name
  }

  of(name: string): number {
    return this.leases.filter((one) => one.name === name).length
  }

  drop(task: string): void {
    this.leases = this.leases.filter((one) => one.task !== task)
  }

  expire(now: number): string[] {
    const ended = this.leases.filter(
      ({ name, until }) => until <= now || (this.gone.get(name) ?? Infinity) + grace <= now,
    )
    for (const { task } of ended) this.drop(task)
    return ended.map(({ task }) => task)
  }
}

/** Does the same to both; what the leases said to it, and what they should have. */
function step(leases: Leases, plain: Plain, move: Move, now: number): [unknown, unknown] {
  switch (move.do) {
    case 'claim': {
      const { name, task, ttlMs, steal, undo } = move
      const outcome = leases.claim({ task, ...session(name), ttlMs, steal }, now)
      const may = steal || (plain.holder(task) ?? name) === name
      if (outcome.kind === 'changed' && undo) outcome.change.undo()
      if (may && !undo) {
        plain.drop(task)
        plain.leases.push({ task, name, until: now + (ttlMs ?? Infinity) })
      }
      return [outcome.kind, may ? 'changed' : 'held']
    }
    case 'release': {
      const own = plain.holder(move.task) === move.name
      if (own) plain.drop(move.task)
      return [leases.release(move.task, session(move.name).sessionId) !== undefined, own]
    }
    case 'gone':
      if (!plain.gone.has(move.name)) plain.gone.set(move.name, now)
      return [leases.sessionGone(session(move.name).sessionId, true, now), undefined]
    case 'back':
      plain.gone.delete(move.name)
      return [leases.sessionBack(session(move.name)).length, plain.of(move.name)]
    case 'closed': {
      const held = plain.holder(move.task) !== undefined
      plain.drop(move.task)
      return [leases.taskClosed(move.task) !== undefined, held]
    }
    case 'wait':
      return [0, 0]
  }
}

test('whatever is claimed, stolen, released and lost: one holder at most, as in a plain list', () => {
  fc.assert(
    fc.property(moves, (all) => {
      const leases = some()
      const plain = new Plain()
      let now = 0
      for (const move of all) {
        // Who has no link claims nothing.
        if (move.do === 'claim' && plain.gone.has(move.name)) continue
        if (move.do === 'wait') now += move.ms
        expect(
          leases
            .expire(now)
            .map(({ task }) => task)
            .toSorted(),
        ).toEqual(plain.expire(now).toSorted())
        const [said, expected] = step(leases, plain, move, now)
        expect(said).toEqual(expected)
        for (const task of ['t', 'u', 'v']) {
          expect(leases.holder(task)?.client).toBe(plain.holder(task))
        }
        const held = ['a', 'b', 'c'].flatMap((name) => leases.of(session(name).sessionId))
        expect(held.toSorted()).toEqual(plain.leases.map(({ task }) => task).toSorted())
      }
    }),
    { numRuns: 300 },
  )
})
