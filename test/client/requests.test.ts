/** A client's requests: each gets its own reply, or is told why it gets none. */
import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import type { CallboardClient } from '../../src/client/callboard-client.ts'
import type { TaskCommandName } from '../../src/wire/commands.ts'
import { RecordingClock } from './recording-clock.ts'
import { clientOf, connected, memoryPlace, places, serverAt, failed } from './setting.ts'

const task = {
  id: 't1',
  state: 'running',
  text: 'true',
  createdAt: 5,
  resumable: false,
  asks: [],
}

describe.each(places)('over %s', (_, place) => {
  test('each reply settles its own request, in whatever order they come', async () => {
    const { client, link } = await connected(place())
    const [first, second, third] = [client.getTask('t1'), client.startTask({ text: 'x' }), client.listTasks()]
    const start = await link.command('StartNewTask')
    expect(start.data).toEqual({ commandName: 'StartNewTask', data: { configuration: {}, text: 'x' } })
    link.reply((await link.command('ListTasks')).requestId, { tasks: [task] })
    link.reply(start.requestId, { taskId: 't2' })
    link.reply((await link.command('GetTask')).requestId, task)
    expect(await third).toEqual([task])
    expect(await second).toEqual({ taskId: 't2' })
    expect(await first).toEqual(task)
  })

  test('a refusal rejects with its code, message and details', async () => {
    const { client, link } = await connected(place())
    const refused = failed(client.cancelTask('t9'))
    const { requestId, data } = await link.command('CancelTask')
    expect(data).toEqual({ commandName: 'CancelTask', data: 't9' })
    link.refuse(requestId, { code: 'unknown_task', message: 'There is no t9.', details: { id: 't9' } })
    expect(await refused).toMatchObject({
      name: 'CallboardError',
      code: 'unknown_task',
      message: 'There is no t9.',
      details: { id: 't9' },
    })
  })
})

describe('one request', () => {
  test.each<[TaskCommandName, (client: CallboardClient) => Promise<void>]>([
    ['CancelTask', (client) => client.cancelTask('t1')],
    ['CloseTask', (client) => client.closeTask('t1')],
    ['ResumeTask', (client) => client.resumeTask('t1')],
    ['SendMessage', (client) => client.sendMessage({ taskId: 't1', text: 'go on' })],
    ['Shutdown', (client) => client.shutdown({ deadlineMs: 1 })],
    ['RespondToAsk', (client) => client.respondToAsk('a1', { option: 'yes' })],
    ['ReleaseTask', (client) => client.releaseTask('t1')],
  ])('%s is what its method sends', async (name, ask) => {
    const { client, link } = await connected()
    const asked = ask(client)
    const { requestId, clientId } = await link.command(name)
    expect(requestId.length).toBeGreaterThan(0)
    expect(requestId.length).toBeLessThanOrEqual(64)
    expect(clientId).toBeUndefined()
    link.reply(requestId, {})
    await expect(asked).resolves.toBeUndefined()
  })

  test('answers, leases and prunings say what their callers gave, and give what was answered', async () => {
    const { client, link } = await connected()
    const responded = client.respondToAsk('a1', { values: { size: 3, really: true } })
    const claimed = client.claimTask('t1', { ttlMs: 5_000, steal: true, approve: ['approval'] })
    const pruned = client.pruneTasks({ before: 17, ids: ['t2'] })
    const respond = await link.command('RespondToAsk')
    expect(respond.data.data).toEqual({ askId: 'a1', values: { size: 3, really: true } })
    const claim = await link.command('ClaimTask')
    expect(claim.data.data).toEqual({ taskId: 't1', ttlMs: 5_000, steal: true, approve: ['approval'] })
    const prune = await link.command('PruneTasks')
    expect(prune.data.data).toEqual({ before: 17, ids: ['t2'] })
    link.reply(prune.requestId, { pruned: 12 })
    link.reply(claim.requestId, { holder: { clientId: 'c1', until: 99 } })
    link.reply(respond.requestId, {})
    expect(await Promise.all([responded, claimed, pruned])).toEqual([
      undefined,
      { clientId: 'c1', until: 99 },
      12,
    ])
  })

  test('more tasks than one PruneTasks takes are pruned in several, as long as there are more', async () => {
    const { client, link } = await connected()
    const ids = Array.from({ length: limits.pruneTasksMax + 1 }, (_, index) => `t${index}`)
    const pruned = client.pruneTasks({ ids })
    const first = await link.command('PruneTasks')
    expect(first.data.data).toEqual({ ids: ids.slice(0, -1) })
    link.reply(first.requestId, { pruned: 3, more: true })
    const again = await link.command('PruneTasks')
    expect(again.data.data).toEqual({ ids: ids.slice(0, -1) })
    link.reply(again.requestId, { pruned: 2 })
    const last = await link.command('PruneTasks')
    expect(last.data.data).toEqual({ ids: ids.slice(-1) })
    link.reply(last.requestId, { pruned: 1 })
    expect(await pruned).toBe(6)
  })

  test('a second reply and one that nobody asked for change nothing', async () => {
    const { client, link } = await connected()
    const listed = client.listTasks()
    const { requestId } = await link.command('ListTasks')
    link.reply(requestId, { tasks: [] })
    link.reply(requestId, { tasks: [task] })
    link.reply('never-asked', {})
    expect(await listed).toEqual([])
    expect(client.state).toBe('ready')
  })

  test('a result in a form that we do not know is an error, not a cast', async () => {
    const { client, link } = await connected()
    const got = failed(client.getTask('t1'))
    link.reply((await link.command('GetTask')).requestId, { id: 't1' })
    expect(await got).toMatchObject({ code: 'invalid_frame' })
  })

  test('a reply that cannot be read rejects its request, and garbage beside it is counted', async () => {
    const { client, link } = await connected()
    const got = failed(client.getTask('t1'))
    const { requestId } = await link.command('GetTask')
    link.sayRaw(Buffer.from('{"type":"message","data":{"type":"Nonsense"}}\f\f[1]\f'))
    const reply = { type: 'Reply', origin: 'server', requestId, data: { ok: 'perhaps' } }
    link.sayRaw(Buffer.from(`${JSON.stringify({ type: 'message', data: reply })}\f`))
    expect(await got).toMatchObject({ code: 'invalid_frame' })
    expect(client.refusedFrames).toBe(3)
    expect(client.state).toBe('ready')
  })

  test('without a reply it times out, and says that it may have been done', async () => {
    const clock = new RecordingClock()
    const { client, link } = await connected(memoryPlace(), { clock })
    const running = clock.running
    const started = failed(client.startTask({ text: 'x' }, { timeoutMs: 700 }))
    const { requestId } = await link.command('StartNewTask')
    clock.increment(700)
    expect(await started).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('unknown whether'),
    })
    link.reply(requestId, { taskId: 'late' })
    expect(clock.running).toBe(running)
  })

  // bound: replyTimeoutMs
  test('waits for its reply as long as may be where nobody says how long, and no longer', async () => {
    const clock = new RecordingClock()
    const { client, link } = await connected(memoryPlace(), { clock })
    const settled = vi.fn<(outcome: unknown) => void>()
    void failed(client.getStatus()).then(settled)
    const listed = client.listTasks()
    await link.command('GetStatus')
    clock.increment(limits.replyTimeoutMs - 1)
    link.reply((await link.command('ListTasks')).requestId, { tasks: [] })
    expect(await listed).toEqual([])
    expect(settled).not.toHaveBeenCalled()
    clock.increment(1)
    await vi.waitFor(() => expect(settled).toHaveBeenCalledOnce())
    expect(settled.mock.calls[0]?.[0]).toMatchObject({ code: 'timeout' })
  })

  test('made while nobody answers it times out unsent', async () => {
    const clock = new RecordingClock()
    const client = clientOf(memoryPlace(), { clock, random: () => 0.99, limits: { reconnectFirstMs: 9_000 } })
    const status = failed(client.getStatus({ timeoutMs: 100 }))
    await vi.waitFor(() => expect(client.state).toBe('backingOff'))
    clock.increment(100)
    expect(await status).toMatchObject({ code: 'timeout', message: expect.stringContaining('not sent') })
  })

  test('made before anything else it connects', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    const client = clientOf(place)
    const listed = client.listTasks()
    const link = await server.nextLink()
    await link.welcome()
    link.reply((await link.command('ListTasks')).requestId, { tasks: [] })
    expect(await listed).toEqual([])
  })

  test('an abort rejects it and leaves nothing behind', async () => {
    const clock = new RecordingClock()
    const { client, link } = await connected(memoryPlace(), { clock })
    const running = clock.running
    const abort = new AbortController()
    const started = failed(client.startTask({ text: 'x' }, { signal: abort.signal }))
    await link.command('StartNewTask')
    abort.abort(new Error('no more'))
    expect(await started).toMatchObject({ code: 'aborted', cause: { message: 'no more' } })
    expect(clock.running).toBe(running)
    expect(await failed(client.getStatus({ signal: abort.signal }))).toMatchObject({ code: 'aborted' })
    expect(link.names()).not.toContain('GetStatus')
  })

  test('a signal that outlives many requests keeps nothing of them', async () => {
    const { client, link } = await connected()
    const { signal } = new AbortController()
    for (let time = 0; time < 3; time++) {
      const asked = client.listTasks({}, { signal })
      link.reply((await link.command('ListTasks')).requestId, { tasks: [] })
      await asked
    }
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('closing rejects what waits', async () => {
    const { client, link } = await connected()
    const got = failed(client.getTask('t1'))
    await link.command('GetTask')
    await client.close()
    expect(await got).toMatchObject({ code: 'closed' })
  })
})
