import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Lets time pass, and what comes of it happen. */
async function pass(ms: number): Promise<void> {
  await quiet(20)
  vi.advanceTimersByTime(ms)
  await quiet(40)
}

test('a drain with nothing to wait for lets every link go after it has had everything', async () => {
  const { connect, broker, asked } = rig()
  const [client, legacy] = [await connect(), await connect()]
  await client.greet()
  await client.ask({ commandName: 'Shutdown', data: { deadlineMs: 500 } })
  await pass(50)
  expect([client.closed, legacy.closed, asked.stopped, broker.state]).toEqual([true, true, true, 'stopped'])
  expect(client.events().at(-1)?.data).toEqual({
    eventName: 'daemonDraining',
    payload: [{ deadlineMs: 500 }],
  })
  expect(client.events().at(-1)).not.toHaveProperty('seq')
  expect(legacy.told()).toEqual([])
})

test('while it drains, no task is started or resumed and running ones may be steered', async () => {
  const { runner, connect, broker } = rig()
  const client = await connect()
  const settled = await client.start()
  runner.last.started()
  runner.last.ends()
  await client.start()
  runner.last.started()
  await client.hears('taskIdle')
  broker.drain(10_000)
  expect(await client.refusal({ commandName: 'StartNewTask', data: {} })).toBe('draining')
  expect(await client.refusal({ commandName: 'ResumeTask', data: settled })).toBe('draining')
  await client.ask({ commandName: 'SendMessage', data: { text: 'hurry' } })
  expect(runner.last.sent).toHaveLength(1)
  client.send({ commandName: 'StartNewTask', data: { text: 'legacy' } })
  await until(() => client.told().at(-1) === 'taskAborted')
  expect(client.told().slice(-5)).toEqual([
    'taskCreated',
    'taskFocused',
    'say:text',
    'say:error',
    'taskAborted',
  ])
  expect(client.events().at(-1)).not.toHaveProperty('seq')
  expect(broker.state).toBe('draining.waiting')
})

test('a task that ends before the deadline is not cancelled, and its end is delivered', async () => {
  const { runner, connect, broker, asked } = rig()
  const client = await connect()
  await client.start()
  runner.last.started()
  broker.drain(10_000)
  await pass(9_000)
  expect(runner.last.cancels).toBe(0)
  runner.last.ends()
  await pass(100)
  expect(client.told().at(-1)).toBe('taskIdle')
  expect([client.closed, asked.stopped]).toEqual([true, true])
})

// bound: drainDeadlineMs
test('at the deadline running tasks are cancelled, and told as aborted', async () => {
  const { runner, connect, broker, asked } = rig()
  const client = await connect()
  const ids = [await client.start(), await client.start()]
  for (const run of runner.runs) run.started()
  client.send({ commandName: 'Shutdown' })
  await until(() => broker.state === 'draining.waiting')
  await pass(limits.drainDeadlineMs - 1)
  expect(runner.runs.map(({ cancels }) => cancels)).toEqual([0, 0])
  await pass(1)
  expect(runner.runs.map(({ cancels }) => cancels)).toEqual([1, 1])
  await pass(100)
  for (const id of ids) expect(client.told(id).slice(-2)).toEqual(['taskAborted', 'taskResumable'])
  expect(asked.stopped).toBe(true)
})

// bound: cancelGraceMs, reapDeadlineMs
test('a task that ignores its end is killed, and one that even the kernel keeps is left', async () => {
  const { runner, connect, broker, asked } = rig({
    limits: { cancelGraceMs: 1_000, reapDeadlineMs: 1_000 },
  })
  runner.obedient = false
  const client = await connect()
  await client.start()
  const run = runner.last
  run.started()
  run.kill = () => {
    run.kills++
  }
  broker.drain(0)
  await pass(0)
  await pass(1_999)
  expect([run.cancels, run.kills, broker.state]).toEqual([1, 0, 'draining.cancelling'])
  await pass(1)
  expect([run.kills, broker.state]).toEqual([1, 'forcing'])
  await pass(2_000)
  await pass(100)
  expect([broker.state, asked.stopped, client.closed]).toEqual(['stopped', true, true])
})

test('force with no task stops at once', async () => {
  const { connect, broker, asked } = rig()
  const client = await connect()
  broker.force()
  await pass(50)
  expect([asked.stopped, client.closed]).toEqual([true, true])
})

test('force kills running tasks, tells of their end and routes nothing more', async () => {
  const { runner, connect, broker, asked } = rig()
  const client = await connect()
  const id = await client.start()
  const run = runner.last
  run.started()
  run.kill = () => {
    run.kills++
  }
  broker.force()
  client.send({ commandName: 'StartNewTask', data: {}, requestId: 'late' })
  await quiet()
  expect([run.kills, runner.runs.length]).toEqual([1, 1])
  run.ends({ ok: false, text: 'killed', exit: { signal: 'SIGKILL' } })
  await pass(100)
  expect(client.told(id)).toContain('taskAborted')
  expect([asked.stopped, client.closed]).toEqual([true, true])
  expect(client.messages.some((one) => one.type === 'Reply' && one.requestId === 'late')).toBe(false)
})

test('what is sent while nothing is routed any more does not pile up', async () => {
  const { runner, connect, broker, connections } = rig()
  const client = await connect()
  await client.start()
  runner.last.kill = () => {}
  broker.force()
  const [connection] = [...connections.all()]
  for (let round = 0; round < 50; round++) {
    client.send(...Array.from({ length: 50 }, () => ({ commandName: 'GetStatus' as const })))
    await quiet(4)
  }
  expect(connection?.inbox.length).toBeLessThan(1_000)
})

test('a link that takes nothing is left after a while', async () => {
  const { runner, connect, broker, asked } = rig({ bufferBytes: 1_000 })
  const client = await connect()
  await client.start()
  runner.last.started()
  client.link.pause()
  for (let line = 0; line < 20; line++) runner.last.says('x'.repeat(200))
  runner.last.ends()
  await quiet()
  broker.drain(0)
  await pass(500)
  expect(asked.stopped).toBe(false)
  for (let step = 0; step < 30; step++) await pass(100)
  expect(asked.stopped).toBe(true)
})

// bound: linkDrainMs
test('a link that takes nothing is waited for as long as a drain may take, and then let go', async () => {
  const { runner, connect, connections, broker } = rig({ bufferBytes: 1_000 })
  const client = await connect()
  const [connection] = [...connections.all()]
  if (connection === undefined) throw new Error('it is not connected')
  await client.start()
  runner.last.started()
  client.link.pause()
  for (let line = 0; line < 20; line++) runner.last.says('x'.repeat(200))
  runner.last.ends()
  await quiet()
  broker.drain(0)
  await pass(limits.linkDrainMs - 1)
  expect(connections.stateOf(connection)).toBe('ready.flowing')
  await pass(1)
  expect([connections.stateOf(connection), connections.count]).toEqual(['closed', 0])
})

test('a reader that is slow but reads is let go only after it has had everything', async () => {
  const { runner, connect, broker, asked } = rig({ bufferBytes: 500 })
  const client = await connect()
  await client.start()
  runner.last.started()
  for (let line = 0; line < 40; line++) runner.last.says('x'.repeat(200))
  runner.last.ends()
  broker.drain(0)
  await pass(20)
  await until(() => client.told().includes('taskIdle'))
  await pass(50)
  await pass(50)
  expect([client.closed, asked.stopped]).toEqual([true, true])
})

test('nobody is admitted once it is stopping', async () => {
  const { runner, connect, broker } = rig()
  const client = await connect()
  await client.start()
  runner.last.kill = () => {}
  broker.force()
  const late = await connect()
  expect([late.closed, late.messages]).toEqual([true, []])
})

test('a broker that is asked to stop before it served stops', async () => {
  const { broker, asked } = rig({ bind: false })
  broker.drain(1_000)
  await pass(50)
  expect([broker.state, asked.stopped]).toEqual(['stopped', true])
})

test('a link that was ended and takes nothing is closed after a while', async () => {
  const { runner, connect, connections } = rig({ bufferBytes: 500 })
  const client = await connect()
  const { sessionId, epoch } = await client.greet()
  await client.start()
  runner.last.started()
  client.link.pause()
  for (let line = 0; line < 20; line++) runner.last.says('x'.repeat(200))
  await quiet()
  const [older] = [...connections.all()]
  const destroyed = vi.spyOn(older?.link ?? client.link, 'destroy')
  const again = await connect()
  await again.greet({ resume: { sessionId, epoch, after: 0 } })
  await quiet()
  expect(connections.count).toBe(1)
  expect(destroyed).not.toHaveBeenCalled()
  await pass(1_000)
  expect(destroyed).toHaveBeenCalled()
})
