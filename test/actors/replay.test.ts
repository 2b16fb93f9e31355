/** Reading from the store what is no longer in memory: for any reader, in order, once, without a seam to what is live. */
import { describe, expect, test } from 'vitest'
import { parseListenerCodec } from '../../src/wire/codec.ts'
import type { Codec } from '../../src/wire/codec.ts'
import type { Subscribe, TaskCommandInput } from '../../src/wire/commands.ts'
import type { MemoryClient } from './memory-client.ts'
import { keptRestarts } from './restart.ts'
import type { Rig } from './rig.ts'
import { quiet, until } from './turns.ts'

const restarts = keptRestarts()
const small = { slabBytes: 4_096, tailBytesMax: 16_384, laneTailBytesMax: 8_192, storeReadBytes: 4_096 }

function codec(name: string): Codec {
  const found = parseListenerCodec(name)
  if (!found.ok) throw new Error(found.error.message)
  return found.value
}

/** Two tasks that talk in turn until most of it has left the hot tail; the second has ended. */
async function talk(place: Rig, says = 100): Promise<readonly [string, string]> {
  const client = await place.connect()
  const [one, two] = [await client.start('one'), await client.start('two')]
  const [first, second] = place.runner.runs.slice(-2)
  first?.started()
  second?.started()
  for (let times = 0; times < says; times++) {
    first?.says(`a${times} ${'x'.repeat(200)}`)
    second?.says(`b${times} ${'y'.repeat(200)}`)
  }
  second?.ends()
  await quiet(2)
  client.link.destroy()
  return [one, two]
}

async function everything(client: MemoryClient, wanted: Subscribe, head: number): Promise<number[]> {
  const command: TaskCommandInput = { commandName: 'Subscribe', data: wanted }
  await client.ask(command)
  client.forget()
  await client.start('the last one')
  await until(() => (client.events().at(-1)?.seq ?? 0) >= head + 1, 'the newest event')
  return client.events().map(({ seq }) => seq ?? 0)
}

describe('a replay from below the hot tail', () => {
  test.each([
    ['everything', {}],
    ['one task', { tasks: [0] }],
    ['two tasks', { tasks: [0, 1] }],
    ['some names', { events: ['task*'] }],
    ['one task and some names', { tasks: [1], events: ['task*'] }],
  ])(
    'of %s is complete, in order and without a seam',
    async (_, { tasks, events }: { tasks?: number[]; events?: string[] }) => {
      const place = await restarts({ limits: small }).start()
      const ids = await talk(place)
      expect(place.journal.chain.coversAfter).toBeGreaterThan(100)
      const all = place.store.read(0, 1 << 30)
      const wantedTasks = tasks?.map((index) => ids[index] ?? '')
      const wanted = all.filter(
        ({ task, name }) =>
          (wantedTasks === undefined || wantedTasks.includes(task)) &&
          (events === undefined || name.startsWith('task')),
      )
      const client = await place.connect()
      await client.greet()
      const data = {
        after: 0,
        ...(wantedTasks === undefined ? {} : { tasks: wantedTasks }),
        ...(events === undefined ? {} : { events }),
      }
      await client.ask({ commandName: 'Subscribe', data })
      await until(() => client.events().length >= wanted.length)
      // Goes on live.
      place.runner.runs[0]?.ends()
      await quiet()
      const seen = client.events().map(({ seq }) => seq)
      const now = place.store
        .read(0, 1 << 30)
        .filter(
          ({ task, name }) =>
            (wantedTasks === undefined || wantedTasks.includes(task)) &&
            (events === undefined || name.startsWith('task')),
        )
      expect(seen).toEqual(now.map(({ seq }) => seq))
      expect(now.length).toBeGreaterThanOrEqual(wanted.length)
    },
  )

  test.each(['node-ipc+roo', 'lines+roo', 'node-ipc+roo-1.89'])('is said in %s', async (name) => {
    const place = await restarts({ limits: small, listeners: [{}, { codec: codec(name) }] }).start()
    const [one] = await talk(place)
    const client = await place.connect(1)
    const seen = await everything(client, { after: 0 }, place.journal.head)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(new Set(seen).size).toBe(seen.length)
    expect(client.told(one).filter((word) => word === 'say:command_output')).toHaveLength(100)
  })

  test('begins in the store of an earlier daemon and ends live', async () => {
    const home = restarts({ limits: small })
    const [one] = await talk(await home.start())
    const place = await home.start()
    const client = await place.connect()
    await client.greet()
    const seen = await everything(client, { after: 0 }, place.journal.head)
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 1))
    expect(client.told(one).slice(-3)).toEqual(['say:error', 'taskAborted', 'taskResumable'])
  })

  test('goes on for a reader that stops reading in the middle, and for one that goes in the middle', async () => {
    const place = await restarts({ limits: small, bufferBytes: 4_096 }).start()
    await talk(place)
    const [slow, gone] = [await place.connect(), await place.connect()]
    for (const client of [slow, gone])
      client.send({ commandName: 'Subscribe', data: { after: 0 }, requestId: 's' })
    await slow.reply('s')
    slow.link.pause()
    gone.link.destroy()
    await talk(place)
    slow.link.resume()
    const { head } = place.journal
    await until(() => (slow.events().at(-1)?.seq ?? 0) >= head)
    const seen = slow.events().map(({ seq }) => seq)
    const from = seen.lastIndexOf(1)
    const native = new Set(
      place.store.read(0, 1 << 30).flatMap(({ seq, name }) => (name === 'taskExited' ? [seq] : [])),
    )
    expect(seen.slice(from)).toEqual(
      Array.from({ length: head }, (_, index) => index + 1).filter((seq) => !native.has(seq)),
    )
    expect(place.connections.count).toBe(1)
  })

  test('is bounded a turn: who is live does not wait for it', async () => {
    const place = await restarts({ limits: { ...small, catchUpSlabsPerTurn: 1 } }).start()
    await talk(place, 300)
    const [live, behind] = [await place.connect(), await place.connect()]
    await behind.ask({ commandName: 'Subscribe', data: { after: 0 } })
    const id = await live.start()
    await live.hears('taskCreated', id)
    expect(behind.events().at(-1)?.seq ?? 0).toBeLessThan(place.journal.head)
    await until(() => behind.events().at(-1)?.seq === place.journal.head)
  })
})

describe('a snapshot', () => {
  test('says how each task stands and what it said last, for who comes late', async () => {
    const home = restarts()
    const before = await home.start()
    const [one, two] = await talk(before, 2)
    const place = await home.start()
    const client = await place.connect()
    const third = await client.start('three')
    const { snapshot } = await client.ask<{ snapshot: { tasks: unknown[] } }>({
      commandName: 'Subscribe',
      data: { snapshot: true },
    })
    expect(snapshot.tasks).toMatchObject([
      { id: one, state: 'resumable', asks: [], lastMessage: { say: 'error' } },
      { id: two, state: 'completed', lastMessage: { ask: 'completion_result' } },
      { id: third, state: 'starting', lastMessage: { say: 'text', text: 'three' } },
    ])
    expect(await client.ask({ commandName: 'GetTask', data: one })).not.toHaveProperty('lastMessage')
  })

  test('cuts a long message', async () => {
    const place = await restarts().start()
    const client = await place.connect()
    await client.start('x'.repeat(5_000))
    const { snapshot } = await client.ask<{ snapshot: { tasks: { lastMessage: { text: string } }[] } }>({
      commandName: 'Subscribe',
      data: { snapshot: true },
    })
    expect(snapshot.tasks[0]?.lastMessage.text).toHaveLength(1_000)
  })
})

describe('on a listener with replay=live', () => {
  const listeners = [
    {},
    { replay: 'live' as const },
    { replay: 'live' as const, codec: codec('lines+roo-1.89') },
  ]

  test.each([1, 2])(
    'a client that knows nothing of it hears the live tasks’ history, then live',
    async (listener) => {
      const place = await restarts({ limits: small, listeners }).start()
      const [one, two] = await talk(place)
      const client = await place.connect(listener)
      await until(() => client.told(one).filter((word) => word === 'say:command_output').length === 100)
      expect(client.told(one)[0]).toBe('taskCreated')
      expect(client.events(two)).toEqual([])
      const other = await place.connect()
      const third = await other.start('three')
      place.runner.runs[0]?.ends()
      await client.hears('taskIdle', one)
      expect(client.told(third)[0]).toBe('taskCreated')
      const seen = client.events().map(({ seq }) => seq ?? 0)
      expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b))
    },
  )

  test('it hears of the tasks that this start interrupted', async () => {
    const home = restarts({ listeners })
    const [one, two] = await talk(await home.start(), 3)
    const place = await home.start()
    const client = await place.connect(1)
    await client.hears('taskResumable', one)
    expect(client.told(one).slice(0, 3)).toEqual(['taskCreated', 'taskFocused', 'say:text'])
    expect(client.events(two)).toEqual([])
  })

  test('it hears what is told while the history is still on its way, once and in order', async () => {
    const place = await restarts({ limits: { ...small, catchUpSlabsPerTurn: 1 }, listeners }).start()
    await talk(place, 200)
    const client = await place.connect(1)
    const other = await place.connect()
    for (let times = 0; times < 50; times++) {
      place.runner.runs[0]?.says(`live ${times}`)
      await other.start(`new ${times}`)
    }
    const { head } = place.journal
    await until(() => client.events().at(-1)?.seq === head)
    const seen = client.events().map(({ seq }) => seq ?? 0)
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b))
    expect(client.told().filter((word) => word === 'taskCreated')).toHaveLength(51)
    expect(client.told().filter((word) => word === 'say:command_output')).toHaveLength(250)
  })

  test('one that says Hello is given what comes from its Ack on', async () => {
    const place = await restarts({ limits: { ...small, catchUpSlabsPerTurn: 1 }, listeners }).start()
    await talk(place)
    const { head } = place.journal
    const client = await place.connect(1)
    await client.greet()
    client.forget()
    await client.start('new')
    await client.hears('taskCreated')
    expect(client.events()[0]?.seq).toBe(head + 1)
  })

  test('where nothing lives, it hears live alone', async () => {
    const place = await restarts({ listeners }).start()
    const client = await place.connect(1)
    await client.start('new')
    await client.hears('taskCreated')
    expect(client.events()[0]?.seq).toBe(1)
  })
})
