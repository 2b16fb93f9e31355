import { describe, expect, test } from 'vitest'
import { resolveTaskId, shortId, shortIdLength } from '../../src/cli/task-id.ts'

const tasks = ['0aa1-1111-aaaa0001', '0aa1-2222-aaaa0002', '0bb1-3333-bbbb0001'].map((id) => ({ id }))

const resolve = (typed: string, among: readonly { id: string }[]) =>
  resolveTaskId(typed, among, '`callboard ps --all`')

describe('task ids', () => {
  test('a unique beginning or end means the task', () => {
    expect(resolve('0b', tasks)).toBe('0bb1-3333-bbbb0001')
    expect(resolve('0002', tasks)).toBe('0aa1-2222-aaaa0002')
  })

  test('a whole id means its task, also where it begins another', () => {
    expect(resolve('0a', [{ id: '0a' }, { id: '0ab' }])).toBe('0a')
  })

  test('what may mean several names them as they are shown elsewhere, a few at most', () => {
    expect(() => resolve('0aa1', tasks)).toThrow('may mean 2 tasks (aaaa0001, aaaa0002): type one')
    const many = Array.from({ length: 9 }, (_, index) => ({ id: `x${index}` }))
    expect(() => resolve('x', many)).toThrow('x4 and 4 more): type one')
  })

  test('nothing typed is a mistake of the command line, nobody’s id is none', () => {
    for (const typed of ['', '  ']) {
      expect(() => resolve(typed, tasks)).toThrow(
        expect.objectContaining({ exitCode: 2, message: 'an empty id means none of the tasks.' }),
      )
    }
    expect(() => resolve('q', tasks)).toThrow('ps --all')
  })

  test('eight characters are shown, and more where they are not enough', () => {
    expect(shortIdLength(tasks.map((task) => task.id))).toBe(8)
    expect(shortIdLength(['one-aaaa0001', 'two-aaaa0001'])).toBe(10)
    expect(shortId('one-aaaa0001', 10)).toBe('e-aaaa0001')
    expect(shortIdLength([])).toBe(8)
  })
})
