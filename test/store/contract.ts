/** What every store does alike, whatever it keeps. Called by the test files of both. */
import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { record, storedMany } from './sample-store.ts'

export function describeStore(name: string, open: () => Store): void {
  describe(`${name}, as every store`, () => {
    test('begins at nothing', () => {
      const store = open()
      expect([
        store.head,
        store.firstAvailable(),
        store.read(0, 1),
        store.tasks(),
        store.unsettled(),
      ]).toEqual([0, 1, [], [], []])
      store.close()
    })

    test('goes on where the last commit ended', () => {
      const store = open()
      store.commit({ tasks: [record('a')], events: storedMany(0, 3) })
      store.commit({ events: storedMany(3, 2) })
      expect([store.head, store.lastOfStart(store.startNumber), store.lastOfStart(99)]).toEqual([
        5,
        5,
        undefined,
      ])
      store.close()
    })

    test('gives a task back with its request, and lists it without', () => {
      const store = open()
      const request = { text: 'é\u0000\u{1f4a9}', configuration: { key: 'secret' } }
      const saved = record('a', { request, exit: { code: 0 } })
      store.commit({ tasks: [saved] })
      expect(store.task('a')).toEqual(saved)
      expect(store.tasks()).toEqual([record('a', { exit: { code: 0 } })])
      expect(store.task('b')).toBeUndefined()
      store.close()
    })

    test('keeps the last record of an id', () => {
      const store = open()
      store.commit({ tasks: [record('a', { runs: 1 })] })
      store.commit({ tasks: [record('a', { runs: 2, text: 'again' })] })
      expect([store.tasks(), store.use().tasks]).toEqual([[record('a', { runs: 2, text: 'again' })], 1])
      store.close()
    })

    test('lists tasks in the order in which they began and ended', () => {
      const store = open()
      for (const id of ['b', 'a', 'c']) store.commit({ tasks: [record(id)] })
      expect(store.tasks().map(({ id }) => id)).toEqual(['b', 'a', 'c'])
      store.close()
    })

    test('can be probed, and closed twice', () => {
      const store = open()
      store.probe()
      store.close()
      store.close()
      expect(store.head).toBe(0)
    })

    test('is a journal of its own', () => {
      const [one, other] = [open(), open()]
      expect(one.journalId).not.toBe(other.journalId)
      expect(one.journalId).toMatch(/^[0-9a-f]{16}$/)
      one.close()
      other.close()
    })
  })
}
