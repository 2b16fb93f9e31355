import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliWorld } from '../cli-process.ts'

const world = new CliWorld()
let first = ''
let second = ''

beforeAll(async () => {
  first = (await world.run(['start', '--', 'sh', '-c', 'echo one; echo two'])).out.trim()
  await world.run(['watch', first])
  second = (await world.run(['start', '--', 'sh', '-c', 'exit 3'])).out.trim()
  await world.run(['watch', second])
  // Something goes on all the while.
  await world.run(['start', '--', 'sh', '-c', 'while :; do echo tick; sleep 0.01; done'])
})
afterAll(() => world.dispose())

function events(out: string): { seq: number; task: string; data: { eventName: string } }[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('history', () => {
  test('prints what a task did, as watch does, and ends', async () => {
    const [told, watched] = await Promise.all([world.run(['history', first]), world.run(['watch', first])])
    expect(told).toMatchObject({ code: 0, err: '' })
    expect(told.out).toContain('stdout│ two')
    expect(told.out).toBe(watched.out)
  })

  test('without names prints all tasks, also while one of them goes on', async () => {
    const told = await world.run(['history', '--json'])
    expect(told).toMatchObject({ code: 0, err: '' })
    const all = events(told.out)
    const seqs = all.map((event) => event.seq)
    expect(seqs).toEqual(Array.from(seqs, (_, index) => index + 1))
    expect(new Set(all.map((event) => event.task))).toHaveLength(3)
  })

  test('--after begins behind an event', async () => {
    const [whole, rest] = await Promise.all([
      world.run(['history', '--json', first, second]),
      world.run(['history', '--json', '--after', '5', first, second]),
    ])
    const expected = events(whole.out).filter((event) => event.seq > 5)
    expect(expected.length).toBeGreaterThan(5)
    expect(events(rest.out)).toEqual(expected)
    expect(await world.run(['history', '--after', '999999999', first])).toMatchObject({
      code: 0,
      out: '',
      err: 'callboard: the journal has not come to event 999999999 yet: it is read from its end.\n',
    })
  })

  test('of nobody’s task, or after no sequence, is a sentence', async () => {
    expect((await world.run(['history', 'zzzz'])).err).toContain('`callboard ps --all` lists them')
    expect(await world.run(['history', '--after', 'now'])).toMatchObject({ code: 2, out: '' })
  })
})

describe('prune', () => {
  test('forgets tasks that have ended, by their ids or their age, and no others', async () => {
    expect(await world.run(['prune', first])).toMatchObject({ code: 0, out: 'Forgot 1 task.\n' })
    expect((await world.run(['show', first])).code).toBe(1)
    expect((await world.run(['prune', '--json', '--older-than', '1d'])).out).toBe('{"pruned":0}\n')
    expect((await world.run(['prune', '--older-than', '0s'])).out).toBe('Forgot 1 task.\n')
    const left: unknown[] = JSON.parse((await world.run(['ps', '--all', '--json'])).out)
    expect(left).toMatchObject([{ state: 'running' }])
  })

  test('says what it wants to know, and that a task that runs stays', async () => {
    expect(await world.run(['prune'])).toMatchObject({ code: 2, out: '' })
    expect(await world.run(['prune', '--older-than', 'soon'])).toMatchObject({ code: 2, out: '' })
    const [runs]: { id: string }[] = JSON.parse((await world.run(['ps', '--json'])).out)
    expect((await world.run(['prune', runs?.id ?? ''])).err).toContain('has not settled')
  })
})
