import { expect, test } from 'vitest'
import { Rooms } from '../../src/broker/rooms.ts'

test('a buffer is used again once it has been given back, and not while somebody holds it', () => {
  const rooms = new Rooms(8, 2)
  const held = rooms.take()
  const other = rooms.take()
  expect(other).not.toBe(held)
  expect(other).toHaveLength(8)
  rooms.give(other)
  expect(rooms.take()).toBe(other)
})

test('of those given back no more than its bound are kept', () => {
  const rooms = new Rooms(8, 2)
  const all = [rooms.take(), rooms.take(), rooms.take()]
  for (const room of all) rooms.give(room)
  const again = [rooms.take(), rooms.take(), rooms.take()]
  expect(again.filter((room) => all.includes(room))).toHaveLength(2)
})
