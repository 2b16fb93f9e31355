/** Settled tasks are counted without a look at each; whatever was written, the counts are those that a look would give. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { StatementSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { SqliteStore } from '../../src/store/sqlite-store.ts'
import type { Commit, Store, TaskRecord } from '../../src/store/store.ts'
import { taskStates, unsettledStates } from '../../src/wire/commands.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { openStore, record } from './sample-store.ts'

const scratch = scratchDirectory()
const unsettled: ReadonlySet<string> = new Set(unsettledStates)

function looked(store: Store): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { state } of store.tasks()) if (!unsettled.has(state)) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

const saved = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  state: fc.constantFrom<TaskRecord['state']>(...taskStates),
})
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('save' as const), tasks: fc.array(saved, { maxLength: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('forget' as const), id: fc.constantFrom('a', 'b', 'c') }),
  },
  fc.record({ kind: fc.constantFrom('fail' as const, 'retain' as const) }),
)

function* failing(): Generator<Commit> {
  yield { tasks: [record('a', { state: 'failed' }), record('e', { state: 'running' })] }
  throw new Error('no')
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function take(store: SqliteStore, one: Step): void {
  if (one.kind === 'save') store.commit({ tasks: one.tasks.map(({ id, state }) => record(id, { state })) })
  else if (one.kind === 'forget') store.commit({ forgottenTasks: [one.id] })
  else if (one.kind === 'retain') while (store.maintain());
  else {
    try {
      store.commitAll(failing())
    } catch {
      // Nothing of it is there.
    }
  }
}

test('on disk, through saves, resumptions, closings, prunings, retention and commits that fail', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const home = mkdtempSync(join(scratch, 'home-'))
      const store = openStore(home, { limits: { retentionTasksMax: 2, taskRowsKnown: 3 } })
      const [counted, seen] = [[store.settledCounts()], [looked(store)]]
      for (const one of steps) {
        take(store, one)
        counted.push(store.settledCounts())
        seen.push(looked(store))
      }
      store.close()
      expect(counted).toEqual(seen)
    }),
    { numRuns: 40 },
  )
})

test('in memory', () => {
  const store = memoryStore(limits)
  store.commit({ tasks: [record('a'), record('b', { state: 'failed' }), record('c', { state: 'running' })] })
  store.commit({ tasks: [record('a', { state: 'queued' }), record('d', { state: 'failed' })] })
  expect(store.settledCounts()).toEqual({ failed: 2 })
})

test('once they are counted they are not counted again', () => {
  const store = openStore(mkdtempSync(join(scratch, 'home-')))
  store.commit({ tasks: [record('a')] })
  store.settledCounts()
  const all = vi.spyOn(StatementSync.prototype, 'all')
  onTestFinished(() => all.mockRestore())
  store.commit({ tasks: [record('b'), record('c', { state: 'running' })] })
  expect(store.settledCounts()).toEqual({ completed: 2 })
  expect(all).not.toHaveBeenCalled()
  store.close()
})
