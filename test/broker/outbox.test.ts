import { expect, test } from 'vitest'
import { Outbox } from '../../src/broker/outbox.ts'

const frame = (text: string): Buffer => Buffer.from(text)

test('it gives frames back whole, in order, as many as fit a write', () => {
  const outbox = new Outbox(100, 9)
  for (const text of ['aaaa', 'bbbb', 'cccc']) outbox.push(frame(text))
  expect(outbox.take()?.toString()).toBe('aaaabbbb')
  expect(outbox.bytes).toBe(4)
  expect(outbox.take()?.toString()).toBe('cccc')
  expect(outbox.take()).toBeUndefined()
  expect(outbox.isEmpty).toBe(true)
})

// bound: outboxBytesMax
test('it is full at its bound and not one byte below, and has room again at half', () => {
  const outbox = new Outbox(10, 5)
  outbox.push(frame('12345'))
  outbox.push(frame('6789'))
  expect([outbox.isFull, outbox.hasRoom]).toEqual([false, false])
  outbox.push(frame('0'))
  expect(outbox.isFull).toBe(true)
  outbox.take()
  expect([outbox.isFull, outbox.hasRoom, outbox.bytes]).toEqual([false, true, 5])
})

test('a cleared outbox holds nothing', () => {
  const outbox = new Outbox(10, 5)
  outbox.push(frame('12345'))
  outbox.clear()
  expect([outbox.isEmpty, outbox.bytes, outbox.take()]).toEqual([true, 0, undefined])
})
