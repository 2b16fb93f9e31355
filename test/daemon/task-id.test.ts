import { expect, test } from 'vitest'
import { newTaskId } from '../../src/daemon/task-id.ts'

test('a task id is a UUID of version 7: its time first, then 74 random bits', () => {
  const id = newTaskId(0x0123456789ab)
  expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('ids sort by the time of their creation, and are different at one time', () => {
  expect(newTaskId(1) < newTaskId(2)).toBe(true)
  expect(new Set(Array.from({ length: 1_000 }, () => newTaskId(3))).size).toBe(1_000)
})
