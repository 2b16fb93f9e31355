import { describe, expect, test } from 'vitest'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'
import type { Rig } from './rig.ts'
import { quiet, until } from './turns.ts'

/** Runs a task so that so many events are in the journal. */
async function journalTo({ runner, journal, connect }: Rig, head: number): Promise<void> {
  const client = await connect()
  await client.start()
  runner.last.started()
  while (journal.head < head) runner.last.says('line')
  client.link.destroy()
  await quiet()
}

/** Who comes and goes is told without a sequence, when its time comes. */
function journaled(client: MemoryClient) {
  return client.events().filter(({ seq }) => seq !== undefined)
}

describe('Hello', () => {
  test('makes the link native, names its session and says where the journal stands', async () => {
    const one = rig()
    await journalTo(one, 9)
    const client = await one.connect()
    const result = await client.greet()
    expect(result).toEqual({
      protocol: 1,
      clientId: client.clientId,
      sessionId: expect.stringMatching(/^session-/),
      epoch: one.journal.epoch,
      head: 9,
    })
    one.runner.last.ends()
    await client.hears('taskIdle')
    expect(client.told()[0]).toBe('taskExited')
  })

  test('is refused in another protocol, as a worker, and twice', async () => {
    const { connect } = rig()
    const client = await connect()
    expect(await client.hello({ protocol: 2 })).toMatchObject({ error: { code: 'unsupported' } })
    client.forget()
    expect(await client.hello({ role: 'worker' })).toMatchObject({ error: { code: 'unsupported' } })
    client.forget()
    await client.greet()
    client.forget()
    expect(await client.hello()).toMatchObject({ error: { code: 'invalid_command' } })
  })

  test('loses nothing that was journaled and not yet delivered, and repeats nothing', async () => {
    const { runner, connect, journal } = rig()
    const [starter, client] = [await connect(), await connect()]
    await starter.start()
    runner.last.started()
    await client.hears('taskStarted')
    for (let line = 0; line < 30; line++) {
      runner.last.says('line')
      if (line === 15) client.link.write(client.codec.encodeToServer(hello))
      if (line % 7 === 0) await quiet(1)
    }
    await until(() => client.events().at(-1)?.seq === journal.head)
    expect(client.events().map(({ seq }) => seq)).toEqual(client.events().map((_, index) => index + 1))
  })
})

const hello = {
  type: 'Hello' as const,
  origin: 'client' as const,
  data: { protocol: 1, client: { name: 'n', version: '1' } },
}

describe('taking a session up again', () => {
  test('closes its older link, restores its subscription and replays what it missed', async () => {
    const { runner, connect, connections } = rig()
    const client = await connect()
    const { sessionId, epoch } = await client.greet()
    const id = await client.start()
    await client.ask({ commandName: 'Subscribe', data: { events: ['task*'] } })
    runner.last.started()
    runner.last.says('not subscribed')
    await client.hears('taskStarted')
    const after = client.events().at(-1)?.seq ?? 0
    client.link.pause()
    runner.last.ends()
    const again = await connect()
    const result = await again.greet({ resume: { sessionId, epoch, after } })
    expect(result).toMatchObject({ sessionId, resumed: true, clientId: again.clientId })
    expect(result).not.toHaveProperty('gap')
    await again.hears('taskIdle')
    expect(again.told()).toEqual(['taskExited', 'taskTokenUsageUpdated', 'taskCompleted', 'taskIdle'])
    await until(() => connections.count === 1)
    expect(await again.request({ commandName: 'CloseTask' }, 'close')).toMatchObject({ ok: true })
    expect(await again.request({ commandName: 'GetTask', data: id }, 'get')).toMatchObject({
      result: { state: 'closed' },
    })
  })

  test('gives a repeated request the answer that the lost link was given', async () => {
    const { runner, connect } = rig()
    const client = await connect()
    const { sessionId, epoch } = await client.greet()
    const start = { commandName: 'StartNewTask' as const, data: { text: 'once' } }
    const answer = await client.request(start, 'r')
    client.link.destroy()
    await quiet()
    const again = await connect()
    await again.greet({ resume: { sessionId, epoch, after: 0 } })
    expect(await again.request(start, 'r')).toEqual(answer)
    expect(runner.runs).toHaveLength(1)
  })

  test('an unsubscribed session stays unsubscribed', async () => {
    const { runner, connect } = rig()
    const client = await connect()
    const { sessionId, epoch } = await client.greet()
    await client.ask({ commandName: 'Unsubscribe' })
    await client.start()
    runner.last.started()
    client.link.destroy()
    const again = await connect()
    await again.greet({ resume: { sessionId, epoch, after: 0 } })
    await quiet()
    expect([client.events(), again.events()]).toEqual([[], []])
  })

  test('does not work by way of another listener', async () => {
    const { connect, connections } = rig({ listeners: [{}, { scope: 'own' }] })
    const client = await connect(0)
    const { sessionId, epoch } = await client.greet()
    const other = await connect(1)
    const result = await other.greet({ resume: { sessionId, epoch, after: 0 } })
    expect(result).not.toHaveProperty('resumed')
    expect(result.sessionId).not.toBe(sessionId)
    expect(connections.count).toBe(2)
  })

  test('of nobody begins a new one, live', async () => {
    const one = rig()
    await journalTo(one, 8)
    const client = await one.connect()
    const result = await client.greet({ resume: { sessionId: 'x', epoch: one.journal.epoch, after: 2 } })
    expect(result).not.toHaveProperty('resumed')
    await quiet()
    expect(journaled(client)).toEqual([])
  })

  test('of another journal is told so, and goes on at the head', async () => {
    const one = rig()
    await journalTo(one, 8)
    const client = await one.connect()
    const result = await client.greet({ resume: { sessionId: 'x', epoch: 'elsewhere.1', after: 2 } })
    expect(result.gap).toEqual({ from: 3, firstAvailable: 1, reason: 'other_journal' })
    const first = await one.connect()
    const { sessionId } = await first.greet()
    first.link.destroy()
    const again = await one.connect()
    const taken = await again.greet({ resume: { sessionId, epoch: 'elsewhere.1', after: 2 } })
    expect(taken).toMatchObject({ resumed: true, gap: { reason: 'other_journal' } })
    await quiet()
    expect(journaled(again)).toEqual([])
  })

  test('beyond the head starts at the head, below retention at what is kept', async () => {
    const one = rig({ limits: { slabBytes: 1_024, tailBytesMax: 4_096 } })
    const { journal, runner } = one
    const first = await one.connect()
    const { sessionId, epoch } = await first.greet()
    first.link.destroy()
    await journalTo(one, 60)
    expect(journal.firstAvailable).toBeGreaterThan(1)
    const beyond = await one.connect()
    const gone = await beyond.greet({ resume: { sessionId, epoch, after: 61 } })
    expect(gone.gap).toEqual({ from: 62, firstAvailable: journal.firstAvailable, reason: 'beyond' })
    beyond.link.destroy()
    await quiet()
    const below = await one.connect()
    const kept = await below.greet({ resume: { sessionId, epoch, after: 1 } })
    expect(kept.gap).toEqual({ from: 2, firstAvailable: journal.firstAvailable, reason: 'retention' })
    await until(() => below.events().at(-1)?.seq === 60)
    expect(below.events()[0]?.seq).toBe(kept.gap?.firstAvailable)
    runner.last.says('live')
    await until(() => below.events().at(-1)?.seq === 61)
  })
})

describe('Subscribe', () => {
  test('replays and goes on live without a seam, after its Reply', async () => {
    const one = rig()
    await journalTo(one, 50)
    const client = await one.connect()
    const result = await client.ask({ commandName: 'Subscribe', data: { after: 10, snapshot: true } })
    expect(result).toMatchObject({ after: 10, head: 50, snapshot: { tasks: [{ state: 'running' }] } })
    for (let line = 0; line < 20; line++) {
      one.runner.last.says('live')
      await quiet(1)
    }
    await until(() => client.events().at(-1)?.seq === 70)
    expect(client.events().map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, n) => n + 11))
    expect(client.messages[1]?.type).toBe('Reply')
  })

  test('above the head says beyond and starts there', async () => {
    const { connect } = rig()
    const client = await connect()
    expect(await client.ask({ commandName: 'Subscribe', data: { after: 7 } })).toEqual({
      after: 0,
      head: 0,
      gap: { from: 8, firstAvailable: 1, reason: 'beyond' },
    })
  })

  test('replaces the earlier subscription, and Unsubscribe ends it', async () => {
    const { runner, connect } = rig()
    const client = await connect()
    await client.ask({ commandName: 'Subscribe', data: { events: ['taskStarted'] } })
    await client.start()
    runner.last.started()
    await client.hears('taskStarted')
    await client.ask({ commandName: 'Unsubscribe' })
    runner.last.ends()
    await quiet()
    expect(client.told()).toEqual(['taskStarted'])
  })
})
