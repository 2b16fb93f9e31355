import { expect, test } from 'vitest'
import { Presence } from '../../src/broker/presence.ts'

const client = (clientId: string) => ({ clientId, name: 'n', version: '1', role: 'client' })

test('the first one is told at once, the next ones together when the while is over', () => {
  const presence = new Presence(100)
  expect([presence.dueAt(5), presence.take(5)]).toEqual([undefined, undefined])
  presence.joined(client('a'))
  expect(presence.dueAt(5)).toBe(5)
  expect(presence.take(5)).toEqual({ joined: [client('a')], left: [] })
  presence.joined(client('b'))
  presence.left(client('a'))
  expect([presence.dueAt(6), presence.dueAt(104), presence.dueAt(200)]).toEqual([105, 105, 200])
  expect(presence.take(105)).toEqual({ joined: [client('b')], left: [client('a')] })
  expect(presence.take(106)).toBe(undefined)
})

test('who came and left within the while is told with both', () => {
  const presence = new Presence(100)
  presence.joined(client('a'))
  presence.left(client('a'))
  expect(presence.take(0)).toEqual({ joined: [client('a')], left: [client('a')] })
})
