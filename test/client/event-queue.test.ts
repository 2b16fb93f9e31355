import { expect, test } from 'vitest'
import { EventQueue } from '../../src/client/event-queue.ts'

test('it gives in order, to those who wait first', async () => {
  const queue = new EventQueue<number>()
  const [first, second] = [queue.next(), queue.next()]
  queue.push(1)
  queue.push(2)
  queue.push(3)
  expect(queue.length).toBe(1)
  expect((await first).value).toBe(1)
  expect((await second).value).toBe(2)
  expect((await queue.next()).value).toBe(3)
})

test('a failure comes after what was queued, once', async () => {
  const queue = new EventQueue<number>()
  queue.push(1)
  queue.fail(new Error('over'))
  queue.push(2)
  expect(await queue.next()).toEqual({ done: false, value: 1 })
  await expect(queue.next()).rejects.toThrow('over')
  expect(await queue.next()).toEqual({ done: true, value: undefined })
})

test('a failure reaches one of those who wait, the end the others', async () => {
  const queue = new EventQueue<number>()
  const [first, second] = [queue.next(), queue.next()]
  queue.fail(new Error('over'))
  await expect(first).rejects.toThrow('over')
  expect((await second).done).toBe(true)
})

test('the end drops what was queued', async () => {
  const queue = new EventQueue<number>()
  queue.push(1)
  queue.end()
  expect((await queue.next()).done).toBe(true)
})

test('the end drops a failure that nobody has met, and none comes after it', async () => {
  const queue = new EventQueue<number>()
  queue.fail(new Error('over'))
  queue.end()
  queue.fail(new Error('too late'))
  expect((await queue.next()).done).toBe(true)
})

test('nobody waits after the end', async () => {
  const queue = new EventQueue<number>()
  const next = queue.next()
  expect(queue.isAwaited).toBe(true)
  queue.finish()
  expect(queue.isAwaited).toBe(false)
  expect((await next).done).toBe(true)
})
