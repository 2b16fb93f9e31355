/** When TERM and KILL come, and how long descendants are looked for: on a clock that is wound by hand. */
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ProcessTree } from '../../src/runners/process-tree.ts'
import type { FoundMembers } from '../../src/runners/process-tree.ts'
import { TreeEnding } from '../../src/runners/tree-ending.ts'
import type { EndingOptions } from '../../src/runners/tree-ending.ts'
import type { ProcessEntry, ProcessTable } from '../../src/runners/process-table.ts'
import { ManualClock } from './manual-clock.ts'

const member: ProcessEntry = {
  pid: 900_000_001,
  parent: 1,
  group: 900_000_001,
  session: 900_000_001,
  start: 100,
  zombie: false,
}

const noTable: ProcessTable = { find: () => undefined, read: () => Promise.reject(new Error('none')) }

/** One process that ends when its test says so, whatever it is sent. */
class StubbornTree extends ProcessTree {
  isAlive = true
  /** Signals with their times. */
  readonly signals: [ms: number, signal: string][] = []
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    super(noTable, [])
    this.#clock = clock
  }

  override find(): Promise<FoundMembers> {
    return Promise.resolve({ members: this.isAlive ? [member] : [], certain: true })
  }

  override lives(): boolean {
    return this.isAlive
  }

  override signal(_members: readonly ProcessEntry[], signal: NodeJS.Signals): void {
    this.signals.push([this.#clock.now(), signal])
  }

  killsAt(): number[] {
    return this.signals.filter(([, signal]) => signal === 'SIGKILL').map(([ms]) => ms)
  }
}

function ending(limits: Partial<EndingOptions['limits']> = {}) {
  const clock = new ManualClock()
  const tree = new StubbornTree(clock)
  const bounds = { cancelGraceMs: 100, reapPollMs: 10, reapDeadlineMs: 1_000, ...limits }
  const ending = new TreeEnding(tree, { limits: bounds, clock })
  const found: { left?: number; atMs?: number } = {}
  void ending.left.then((left) => Object.assign(found, { left, atMs: clock.now() }))
  /** Lets time pass millisecond by millisecond up to `ms`. */
  const until = async (ms: number): Promise<void> => {
    await turn()
    while (clock.now() < ms) {
      clock.wind(1)
      await turn()
    }
  }
  return { tree, ending, found, until }
}

// bound: cancelGraceMs
test('TERM comes at once and once, KILL at the end of the grace and not before', async () => {
  const { tree, until } = ending()
  await until(99)
  expect(tree.signals).toEqual([
    [0, 'SIGTERM'],
    [0, 'SIGCONT'],
  ])
  await until(100)
  expect(tree.signals.slice(2)).toEqual([[100, 'SIGKILL']])
})

test('by force KILL comes at once', async () => {
  const { tree, ending: forced, until } = ending()
  await until(5)
  forced.force()
  await until(6)
  expect(tree.killsAt()).toEqual([5])
})

// bound: reapPollMs
test('who has gone is missed at the next look, one poll after the last', async () => {
  const { tree, found, until } = ending({ reapPollMs: 10 })
  await until(42)
  tree.isAlive = false
  await until(49)
  expect(found).toEqual({})
  await until(50)
  expect(found).toEqual({ left: 0, atMs: 50 })
})

// bound: reapDeadlineMs
test('who outlives KILL is looked for up to the deadline after it, ever more rarely, and given up past it', async () => {
  const atDeadline = ending({ reapDeadlineMs: 30 })
  await atDeadline.until(500)
  expect(atDeadline.tree.killsAt()).toEqual([100, 110, 130])
  expect(atDeadline.found).toEqual({ left: 1, atMs: 170 })
  const pastIt = ending({ reapDeadlineMs: 29 })
  await pastIt.until(500)
  expect(pastIt.tree.killsAt()).toEqual([100, 110])
  expect(pastIt.found).toEqual({ left: 1, atMs: 130 })
})
