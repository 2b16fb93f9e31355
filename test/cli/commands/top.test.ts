/** `top` and `machines --live` on a real daemon: one picture, since stdout is no terminal. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CliWorld } from '../cli-process.ts'
import type { Started } from '../cli-process.ts'

const world = new CliWorld()
let watching: Started
afterAll(async () => {
  watching?.child.kill('SIGKILL')
  await watching?.finished
  await world.dispose()
})

beforeAll(async () => {
  await world.run(['start', '--', 'sleep', '60'])
  watching = world.start(['watch'])
  await vi.waitFor(async () => expect(await world.json(['clients'])).toHaveLength(1))
})

describe('top', () => {
  test('draws one picture where stdout is no terminal', async () => {
    const { code, out, err } = await world.run(['top'])
    expect([code, err]).toEqual([0, ''])
    expect(out).not.toContain('\u{1b}')
    const [first = '', second = '', third = ''] = out.split('\n')
    expect(first).toMatch(new RegExp(String.raw`^callboard \S+, pid ${world.daemons()[0]}, serving, up \d`))
    expect(second).toMatch(/^1 connection in 1 lane, 0\.0 MiB behind; \d+ events\/s, \d+ in all$/)
    expect(third).toMatch(/^tasks: 1 \w+$/)
    expect(out).toMatch(/sleep 60$/m)
  })

  test('--json gives the same as data, without itself', async () => {
    expect(await world.json(['top'])).toMatchObject({
      at: expect.any(Number),
      status: { pid: world.daemons()[0], state: 'serving' },
      clients: [{ clientId: expect.any(String) }],
      tasks: [{ text: 'sleep 60' }],
      eventsPerSecond: expect.any(Number),
    })
  })

  test('does not ask for tasks that have ended, and counts them', async () => {
    await world.run(['run', '--', 'true'])
    expect(await world.json(['top'])).toMatchObject({
      status: { tasks: { completed: 1 } },
      tasks: [{ text: 'sleep 60' }],
    })
  })

  test.each([
    [['--every', '10ms'], /Every 100ms at most\./],
    [['--sort', 'colour'], /Allowed choices are lag, age, refused, name/],
  ])('%j is refused with exit code 2 and a sentence', async (args, sentence) => {
    const { code, out, err } = await world.run(['top', ...args])
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(sentence)
  })

  test('without a daemon it is a sentence and 69', async () => {
    const env = { CALLBOARD_SOCKET: join(world.directory, 'none.sock') }
    expect(await world.run(['top'], { env })).toMatchObject({ code: 69, out: '' })
  })
})

describe('machines --live', () => {
  test('draws how many stand where and how often each edge was taken', async () => {
    const plain = await world.run(['machines', 'connection'])
    const { code, out, err } = await world.run(['machines', 'connection', '--live'])
    expect([code, err]).toEqual([0, ''])
    expect(out).not.toBe(plain.out)
    // The one that watches, and the one that asks.
    expect(out).toMatch(/flowing.*\b2\b/)
  })

  test('--json gives the counts', async () => {
    const counts = await world.json(['machines', 'task', '--live'])
    expect(counts).toMatchObject({ key: 'callboard/task', refused: 0 })
    const { leaves, edges } = counts as { leaves: number[]; edges: number[] }
    expect(leaves.filter((count) => count > 0)).toEqual([1])
    expect(edges.some((count) => count > 0)).toBe(true)
  })

  test.each([
    [['--live'], /which machine\? --live shows one: connection, /],
    [['task', '--live', '--format', 'dot'], /--live and --format dot cannot be had at once/],
    [['tsk', '--live'], /no machine is called "tsk"\. Did you mean task\?/],
  ])('%j is refused with exit code 2 and a sentence', async (args, sentence) => {
    const { code, out, err } = await world.run(['machines', ...args])
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(sentence)
  })

  test('without a daemon it is a sentence and 69', async () => {
    const env = { CALLBOARD_SOCKET: join(world.directory, 'none.sock') }
    expect(await world.run(['machines', 'task', '--live'], { env })).toMatchObject({ code: 69, out: '' })
  })
})
