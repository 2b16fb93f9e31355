import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RunQueue } from '../../src/broker/queue.ts'
import type { QueueOptions, QueueTask } from '../../src/broker/queue.ts'

const roomy: QueueOptions = { slots: 2, runningMax: 100, waitingMax: 100, waitingBytesMax: 10_000 }

function queueOf(options: Partial<QueueOptions> = {}): RunQueue {
  return new RunQueue({ ...roomy, ...options })
}

function task(id: string, more: Partial<QueueTask> = {}): QueueTask {
  return { id, client: 'a', priority: 0, bytes: 1, ...more }
}

/** Lets all run that may. */
function granted(queue: RunQueue): string[] {
  const ids: string[] = []
  for (let next = queue.next(); next !== undefined; next = queue.next()) ids.push(next.id)
  return ids
}

describe('slots', () => {
  test('so many run at once, the next waits and runs when one leaves', () => {
    const queue = queueOf()
    expect(['1', '2', '3', '4'].map((id) => queue.enter(task(id)))).toEqual([
      'granted',
      'granted',
      'waiting',
      'waiting',
    ])
    expect([queue.place('1'), queue.place('3'), queue.place('4')]).toEqual([undefined, 1, 2])
    queue.leave('1')
    expect(granted(queue)).toEqual(['3'])
    expect(queue.waiting()).toEqual(['4'])
  })

  test('one that leaves while it waits frees nothing but its place', () => {
    const queue = queueOf({ slots: 1 })
    for (const id of ['1', '2', '3']) queue.enter(task(id))
    queue.leave('2')
    expect([granted(queue), queue.place('3'), queue.waitingBytes]).toEqual([[], 1, 1])
    queue.leave('2')
    expect(queue.waitingBytes).toBe(1)
  })

  test('one that is withdrawn takes no place and no bytes, until it is put back; one that runs runs on', () => {
    const queue = queueOf({ slots: 1 })
    for (const id of ['runs', 'a', 'b']) queue.enter(task(id))
    const { waitingBytes } = queue
    const putBack = queue.withdraw('a')
    expect([queue.waiting(), queue.waitingBytes * 2]).toEqual([['b'], waitingBytes])
    putBack()
    expect([queue.waiting(), queue.waitingBytes]).toEqual([['a', 'b'], waitingBytes])
    queue.withdraw('runs')()
    expect([queue.isRunning('runs'), queue.waitingCount]).toEqual([true, 2])
  })

  test('one that comes does not overtake one that could run and has not been let', () => {
    const queue = queueOf({ slots: 1 })
    for (const id of ['1', '2']) queue.enter(task(id))
    queue.leave('1')
    expect(queue.enter(task('3', { client: 'b', priority: 10 }))).toBe('waiting')
    expect(granted(queue)).toEqual(['3'])
  })

  test('a grant that is undone waits again where it waited', () => {
    const queue = queueOf({ slots: 1 })
    for (const id of ['1', '2', '3']) queue.enter(task(id, { client: id }))
    queue.leave('1')
    const before = [queue.waiting(), queue.waitingBytes, queue.runningCount]
    queue.next()?.undo()
    expect([queue.waiting(), queue.waitingBytes, queue.runningCount]).toEqual(before)
    expect(granted(queue)).toEqual(['2'])
  })
})

describe('bounds', () => {
  test('past the number or the bytes that may wait it is full, and what may run is taken all the same', () => {
    const queue = queueOf({ slots: 1, waitingMax: 2, waitingBytesMax: 10 })
    expect(queue.enter(task('1', { bytes: 1_000 }))).toBe('granted')
    expect(queue.enter(task('2', { bytes: 11 }))).toBe('full')
    expect(queue.enter(task('3', { bytes: 10 }))).toBe('waiting')
    expect(queue.enter(task('4', { bytes: 1 }))).toBe('full')
    queue.leave('3')
    expect([queue.enter(task('5')), queue.enter(task('6')), queue.enter(task('7', { bytes: 0 }))]).toEqual([
      'waiting',
      'waiting',
      'full',
    ])
    expect(queue.waitingCount).toBe(2)
  })

  test('what waited before a restart waits again, past every bound, and runs when it is let', () => {
    const queue = queueOf({ slots: 1, waitingMax: 1, waitingBytesMax: 1 })
    for (const id of ['1', '2', '3']) queue.readmit(task(id))
    expect(queue.waiting()).toEqual(['1', '2', '3'])
    expect(granted(queue)).toEqual(['1'])
  })

  test('tasks inside tasks are bounded by what may run in all', () => {
    const queue = queueOf({ slots: 1, runningMax: 3 })
    queue.enter(task('1'))
    const inside = ['2', '3', '4'].map((id) => queue.enter(task(id, { parent: '1' })))
    expect(inside).toEqual(['granted', 'granted', 'full'])
  })
})

describe('exclusivity', () => {
  const here = { exclusive: 'cwd:/here' }

  test('tasks with the same key run one at a time, others pass them by', () => {
    const queue = queueOf({ slots: 3 })
    expect(queue.enter(task('1', here))).toBe('granted')
    expect(queue.enter(task('2', here))).toBe('waiting')
    expect(queue.enter(task('3', { exclusive: 'cwd:/there' }))).toBe('granted')
    expect(queue.enter(task('4'))).toBe('granted')
    queue.leave('4')
    expect(granted(queue)).toEqual([])
    queue.leave('1')
    expect(granted(queue)).toEqual(['2'])
  })

  test('a task inside a task shares its key, and the key is held until the last of them has left', () => {
    const queue = queueOf()
    queue.enter(task('parent', here))
    expect(queue.enter(task('child', { ...here, parent: 'parent' }))).toBe('granted')
    expect(queue.enter(task('grandchild', { parent: 'child' }))).toBe('granted')
    expect(queue.enter(task('other', { ...here, client: 'b' }))).toBe('waiting')
    queue.leave('parent')
    queue.leave('child')
    expect(granted(queue)).toEqual([])
    queue.leave('grandchild')
    expect(granted(queue)).toEqual(['other'])
  })

  test('two tasks whose children want what the other holds do not wait for each other', () => {
    const queue = queueOf()
    queue.enter(task('p', { exclusive: 'P' }))
    queue.enter(task('q', { exclusive: 'Q' }))
    expect(queue.enter(task('p1', { exclusive: 'Q', parent: 'p' }))).toBe('granted')
    expect(queue.enter(task('q1', { exclusive: 'P', parent: 'q' }))).toBe('granted')
    // But nobody else may run beside them.
    queue.leave('p')
    queue.leave('q')
    expect(queue.enter(task('r', { exclusive: 'P' }))).toBe('waiting')
    queue.leave('q1')
    // `p1` shares P, which its ancestor held.
    expect(granted(queue)).toEqual([])
    queue.leave('p1')
    expect(granted(queue)).toEqual(['r'])
  })

  test('inside a task without a key, a key is waited for, and no slot', () => {
    const queue = queueOf({ slots: 2 })
    queue.enter(task('parent'))
    queue.enter(task('holder', here))
    expect(queue.enter(task('child', { ...here, parent: 'parent' }))).toBe('waiting')
    expect(queue.enter(task('plain', { parent: 'parent' }))).toBe('granted')
    queue.enter(task('next'))
    queue.leave('holder')
    expect(granted(queue)).toEqual(['child', 'next'])
  })

  test('a parent that does not run is no parent', () => {
    const queue = queueOf({ slots: 1 })
    queue.enter(task('1'))
    expect(queue.enter(task('2', { parent: 'unknown' }))).toBe('waiting')
    expect(queue.enter(task('3', { parent: '2' }))).toBe('waiting')
    queue.leave('1')
    expect(granted(queue)).toEqual(['2'])
  })
})

const keys = fc.option(fc.constantFrom('X', 'Y', 'Z'), { nil: undefined })
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('enter' as const),
        client: fc.constantFrom('a', 'b', 'c'),
        priority: fc.integer({ min: -1, max: 1 }),
        exclusive: keys,
        /** Which of the tasks so far it is inside of. */
        parent: fc.option(fc.nat(), { nil: undefined }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('leave' as const), at: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('leaveWaiting' as const), at: fc.nat() }) },
  ),
  { maxLength: 80 },
)

interface World {
  readonly queue: RunQueue
  readonly tasks: Map<string, QueueTask>
  readonly running: Set<string>
  readonly waiting: Set<string>
}

const slots = 3

/** Whether it was started inside a task that has a key, at any depth. */
function isInsideKeyed(tasks: ReadonlyMap<string, QueueTask>, id: string): boolean {
  const parent = tasks.get(tasks.get(id)?.parent ?? '')
  return parent !== undefined && (parent.exclusive !== undefined || isInsideKeyed(tasks, parent.id))
}

function check(world: World): void {
  const { queue, tasks, running, waiting } = world
  expect([queue.runningCount, queue.waitingCount]).toEqual([running.size, waiting.size])
  expect([...queue.waiting()].toSorted()).toEqual([...waiting].toSorted())
  for (const id of running) expect(queue.isRunning(id)).toBe(true)
  // Two of a key run only where one of them runs inside a task that has a key.
  const held = new Map<string, string[]>()
  for (const id of running) {
    const key = tasks.get(id)?.exclusive
    if (key !== undefined && !isInsideKeyed(tasks, id)) held.set(key, [...(held.get(key) ?? []), id])
  }
  for (const ids of held.values()) expect(ids).toHaveLength(1)
  const top = [...running].filter((id) => tasks.get(id)?.parent === undefined)
  expect(top.length).toBeLessThanOrEqual(slots)
}

type Move = typeof steps extends fc.Arbitrary<readonly (infer One)[]> ? One : never

/** Lets all run that may, each after a grant that was undone: that changes nothing. */
function settle({ queue, running, waiting }: World): void {
  const before = queue.waiting()
  queue.next()?.undo()
  expect([queue.waiting(), queue.runningCount]).toEqual([before, running.size])
  for (const id of granted(queue)) {
    expect(waiting.delete(id)).toBe(true)
    running.add(id)
  }
}

function enter(world: World, move: Move & { do: 'enter' }): void {
  const { queue, tasks, running, waiting } = world
  const id = `t${tasks.size}`
  const { client, priority, exclusive } = move
  const parent = move.parent === undefined ? undefined : [...running][move.parent % Math.max(1, running.size)]
  const entered = task(id, {
    client,
    priority,
    ...(exclusive === undefined ? {} : { exclusive }),
    ...(parent === undefined ? {} : { parent }),
  })
  tasks.set(id, entered)
  const outcome = queue.enter(entered)
  if (outcome === 'granted') running.add(id)
  else waiting.add(id)
  // Nothing waits for its own parent: inside a task with a key, nothing waits at all.
  const mayWait = parent === undefined || (exclusive !== undefined && !isInsideKeyed(tasks, id))
  expect(mayWait ? 'granted' : outcome).toBe('granted')
}

function leave(world: World, move: Move & { do: 'leave' | 'leaveWaiting' }): void {
  const { queue, running, waiting } = world
  const from = [...(move.do === 'leave' ? running : waiting)]
  const id = from[move.at % Math.max(1, from.length)] ?? 'none'
  queue.leave(id)
  running.delete(id)
  waiting.delete(id)
  check(world)
  settle(world)
}

function play(world: World, moves: readonly Move[]): void {
  for (const move of moves) {
    if (move.do === 'enter') enter(world, move)
    else leave(world, move)
    check(world)
  }
}

test('whatever comes and goes: slots and keys hold, nothing waits for its parent, and in the end all have run', () => {
  fc.assert(
    fc.property(steps, (moves) => {
      const world: World = {
        queue: queueOf({ slots, waitingMax: 1_000 }),
        tasks: new Map(),
        running: new Set(),
        waiting: new Set(),
      }
      play(world, moves)
      // No starvation and no deadlock: when those that run leave one after the other, everybody gets a turn.
      for (let left = world.tasks.size; world.running.size > 0; left--) {
        expect(left).toBeGreaterThan(-1)
        play(world, [{ do: 'leave', at: left }])
      }
      expect([world.waiting.size, world.queue.waitingBytes, world.queue.runningCount]).toEqual([0, 0, 0])
    }),
    { numRuns: 300 },
  )
})
