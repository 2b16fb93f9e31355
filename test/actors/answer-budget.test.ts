import { describe, expect, test } from 'vitest'
import { answersOf, boundAnswers } from '../../src/actors/answer-budget.ts'
import type { Broker } from '../../src/actors/broker-actor.ts'
import type { Connection } from '../../src/actors/connection.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import type { TaskCommandInput } from '../../src/wire/commands.ts'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'

/** Which of links with so many bytes of answers, half of them in their sockets, are closed at a budget of 100. */
function closed(bytes: readonly number[]): number[] {
  const closed: number[] = []
  const connections = bytes.map((waiting, index) => ({
    index,
    outbox: { bytes: Math.floor(waiting / 2) },
    link: { heldBytes: Math.ceil(waiting / 2) },
    noteRefusal: () => {},
  }))
  const broker = {
    parts: { limits: { answersBytesMax: 100 } },
    connections: {
      all: () => connections,
      send: ({ index }: { index: number }, event: string) => {
        expect(event).toBe('framing.broken')
        closed.push(index)
      },
    },
  }
  boundAnswers(broker as unknown as Broker)
  return closed
}

async function replyBytes(command: TaskCommandInput): Promise<number> {
  const client = await rig().connect()
  await client.request(command, 'r')
  const reply = client.messages.at(-1)
  const bytes = reply === undefined ? 0 : (canonicalCodec.encodeToClient(reply)?.length ?? 0)
  expect(bytes).toBeGreaterThan(50)
  return bytes
}

describe('answers over all links', () => {
  // bound: answersBytesMax
  test('may reach the bound; one byte past it the link with the most of them is closed', () => {
    expect(closed([20, 50, 30])).toEqual([])
    expect(closed([20, 51, 30])).toEqual([1])
    expect(closed([101])).toEqual([0])
  })

  test('cost as many links as it takes to be within the bound, those with the most first', () => {
    expect(closed([70, 60, 50, 90])).toEqual([3, 0, 1])
    expect(closed([])).toEqual([])
  })

  test('are not the events of a slab that its readers share, though their sockets hold them', () => {
    const link = { heldBytes: 90 }
    const outbox = { bytes: 10 }
    const answers = (subscriber: object | undefined): number =>
      answersOf({ outbox, link, subscriber } as unknown as Connection)
    expect(answers(undefined)).toBe(100)
    expect(answers({ heldSlab: undefined })).toBe(100)
    expect(answers({ heldSlab: {} })).toBe(10)
  })

  // bound: answersShareBytes
  test('are looked at from when one link has its share, and not one byte before', async () => {
    const command = { commandName: 'CancelTask' as const, data: 'nobody' }
    const bytes = await replyBytes(command)
    for (const [answersShareBytes, isClosed] of [
      [bytes, true],
      [bytes + 1, false],
    ] as const) {
      const { connect, connections, log } = rig({ limits: { answersShareBytes, answersBytesMax: bytes - 1 } })
      const [client, other] = [await connect(), await connect()]
      client.send({ ...command, requestId: 'r' })
      await until(() => client.closed || client.messages.some(({ type }) => type === 'Reply'))
      await quiet()
      expect([client.closed, other.closed]).toEqual([isClosed, false])
      expect(connections.count).toBe(isClosed ? 1 : 2)
      expect(log.some(({ code }) => code === 'limit_exceeded')).toBe(isClosed)
    }
  })

  test('of one share leave garbage that is looked at in their turn, and smaller ones none', async () => {
    const command = { commandName: 'ListTasks' as const }
    const bytes = await replyBytes(command)
    for (const [answersShareBytes, looks] of [
      [bytes, 1],
      [bytes + 1, 0],
    ] as const) {
      const { connect, asked } = rig({ limits: { answersShareBytes } })
      const client = await connect()
      await client.request(command, 'r')
      expect(asked.large).toBe(looks)
    }
  })
})
