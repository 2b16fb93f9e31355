/** What happens while the store cannot commit, and that nothing of a step that could not be committed remains. */
import { expect, test, vi } from 'vitest'
import { failing, isUp } from './failing-store.ts'
import { quiet, until } from './turns.ts'

test('a start that cannot be committed never was: no event, no run, no task, and the next one takes its numbers', async () => {
  const place = await failing()
  const { client, journal, runner, tasks, fail } = place
  fail(true)
  const command = {
    commandName: 'StartNewTask' as const,
    data: { text: 'x', configuration: { callboard: { command: ['x'] } } },
  }
  expect(await client.refusal(command)).toBe('storage_unavailable')
  // At once, without asking the store.
  expect(await client.refusal(command)).toBe('storage_unavailable')
  expect([journal.head, runner.runs.length, tasks.liveCount]).toEqual([0, 0, 0])
  expect(await client.ask({ commandName: 'ListTasks', data: {} })).toEqual({ tasks: [] })
  fail(false)
  await isUp(place)
  const id = await client.start()
  await client.hears('taskCreated', id)
  expect(client.events().map(({ seq }) => seq)).toEqual([1, 2, 3])
  expect(await client.refusal({ commandName: 'CancelTask' })).toBeUndefined()
})

test('the session does not keep a task that never was as its current one', async () => {
  const place = await failing()
  const { client, fail } = place
  const id = await client.start()
  fail(true)
  await client.refusal({ commandName: 'StartNewTask', data: {} })
  fail(false)
  await isUp(place)
  await client.ask({ commandName: 'CancelTask' })
  await until(() => place.tasks.liveCount === 0)
  expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state: 'aborted' })
})

// bound: storeRetryMs
test('a store that takes nothing is tried again when its time has come, not a millisecond before', async () => {
  const place = await failing({ limits: { storeRetryMs: 1_000 } })
  const { client, fail, store, broker } = place
  let probes = 0
  const probe = store.probe.bind(store)
  store.probe = () => {
    probes++
    probe()
  }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    fail(true)
    expect(await client.refusal({ commandName: 'StartNewTask', data: {} })).toBe('storage_unavailable')
    vi.advanceTimersByTime(999)
    expect(probes).toBe(0)
    vi.advanceTimersByTime(1)
    expect([probes, broker.outage.reason]).toEqual([1, 'the disk is full.'])
    fail(false)
    vi.advanceTimersByTime(1_000)
    expect([probes, broker.outage.reason]).toEqual([2, undefined])
  } finally {
    vi.useRealTimers()
  }
})

test('the status says why nothing can be kept, as long as that is so', async () => {
  const place = await failing()
  const { client, fail } = place
  const journal = async (): Promise<unknown> => (await client.ask({ commandName: 'GetStatus' }))['journal']
  expect(await journal()).not.toHaveProperty('unavailable')
  fail(true)
  await client.refusal({ commandName: 'StartNewTask', data: {} })
  expect(await journal()).toMatchObject({ durability: 'memory', unavailable: 'the disk is full.' })
  fail(false)
  await isUp(place)
  expect(await journal()).not.toHaveProperty('unavailable')
})

test('a client that knows no replies is told of its start as of a task that could not start, it alone', async () => {
  const { client, connect, fail, journal } = await failing()
  const other = await connect()
  fail(true)
  client.send({ commandName: 'StartNewTask', data: { text: 'x' } })
  await client.hears('taskAborted')
  await quiet()
  expect(client.told()).toEqual(['taskCreated', 'taskFocused', 'say:text', 'say:error', 'taskAborted'])
  expect([other.events(), journal.head]).toEqual([[], 0])
})

test.each(['CancelTask', 'CloseTask'] as const)(
  'a %s that cannot be committed leaves the task running',
  async (commandName) => {
    const place = await failing()
    const { client, runner, fail } = place
    const id = await client.start()
    runner.last.started()
    fail(true)
    expect(await client.refusal({ commandName, data: id })).toBe('storage_unavailable')
    expect(runner.last.cancels).toBe(0)
    fail(false)
    await isUp(place)
    expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state: 'running' })
    runner.last.ends()
    await client.hears('taskCompleted', id)
  },
)

test.each(['ResumeTask', 'CloseTask'] as const)(
  'a %s of a settled task that cannot be committed leaves it settled',
  async (commandName) => {
    const place = await failing()
    const { client, runner, tasks, fail } = place
    const id = await client.start()
    runner.last.started()
    runner.last.ends()
    await client.hears('taskIdle', id)
    fail(true)
    expect(await client.refusal({ commandName, data: id })).toBe('storage_unavailable')
    expect([tasks.liveCount, runner.runs.length]).toEqual([0, 1])
    expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state: 'completed' })
    fail(false)
    await isUp(place)
    await client.ask({ commandName, data: id })
    const after = commandName === 'CloseTask' ? 'closed' : 'starting'
    expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state: after })
  },
)

test('a message that cannot be committed is not given to the run, and one that waits is not kept', async () => {
  const place = await failing()
  const { client, runner, fail } = place
  const id = await client.start()
  const say = { commandName: 'SendMessage' as const, data: { text: 'x', taskId: id } }
  await client.ask(say)
  fail(true)
  expect(await client.refusal(say)).toBe('storage_unavailable')
  fail(false)
  await isUp(place)
  runner.last.started()
  await client.hears('say:user_feedback', id)
  expect(runner.last.sent).toHaveLength(1)
  fail(true)
  expect(await client.refusal(say)).toBe('storage_unavailable')
  expect(runner.last.sent).toHaveLength(1)
  fail(false)
  await isUp(place)
  await client.ask(say)
  expect(runner.last.sent).toHaveLength(2)
  expect(client.told(id).filter((word) => word === 'say:user_feedback')).toHaveLength(2)
})

test('what runs tell waits in order, their output is not read, and all of it is told when the store is back', async () => {
  const place = await failing()
  const { client, runner, fail, journal, tasks } = place
  await client.greet()
  const [first, second] = [await client.start('one'), await client.start('two')]
  const [one, two] = runner.runs
  if (one === undefined || two === undefined) throw new Error('two runs')
  two.started()
  two.says('before')
  const { head } = journal
  fail(true)
  one.started()
  one.says('a')
  two.says('b')
  one.says('c')
  one.ends()
  await quiet()
  expect([one.paused, two.paused, journal.head, tasks.liveCount]).toEqual([true, true, head, 2])
  expect(await client.ask({ commandName: 'GetTask', data: first })).toMatchObject({ state: 'starting' })
  expect(place.log.some(({ msg }) => String(msg).includes('store cannot commit'))).toBe(true)
  fail(false)
  await isUp(place)
  await client.hears('taskIdle', first)
  await until(() => !two.paused)
  expect(client.told(first)).toEqual([
    ...['taskCreated', 'taskFocused', 'say:text', 'taskTokenUsageUpdated', 'taskStarted'],
    ...['say:command_output', 'say:command_output', 'taskExited', 'say:completion_result'],
    ...['taskTokenUsageUpdated', 'taskCompleted', 'ask:completion_result', 'taskIdle'],
  ])
  expect(client.told(second).filter((word) => word === 'say:command_output')).toHaveLength(2)
  const numbers = client.events().map(({ seq }) => seq)
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  const stamps = client
    .events(first)
    .flatMap(({ data }) => (data.eventName === 'message' ? [data.payload[0].message.ts] : []))
  expect(new Set(stamps).size).toBe(stamps.length)
  expect([one.kills, two.kills, tasks.liveCount]).toEqual([0, 0, 1])
})

test('a store that fails again while what waits is done leaves the rest waiting', async () => {
  const place = await failing()
  const { client, runner, fail, broker, store } = place
  const id = await client.start()
  fail(true)
  runner.last.started()
  runner.last.says('a')
  const commit = store.commit.bind(store)
  let left = 1
  store.commit = (one) => {
    if (left-- <= 0) fail(true)
    commit(one)
  }
  fail(false)
  await client.hears('taskStarted', id)
  await quiet()
  expect(broker.outage.reason).toBe('the disk is full.')
  expect(client.told(id)).not.toContain('say:command_output')
  left = Number.POSITIVE_INFINITY
  fail(false)
  await client.hears('say:command_output', id)
  expect(client.told(id).filter((word) => word === 'taskStarted')).toHaveLength(1)
})

test('a daemon that drains without a store cancels what runs, and stops', async () => {
  const place = await failing({ limits: { cancelGraceMs: 1, reapDeadlineMs: 1, linkDrainMs: 1 } })
  const { client, runner, fail, broker, asked } = place
  await client.start()
  runner.last.started()
  fail(true)
  broker.drain(0)
  await until(() => runner.last.cancels === 1)
  await expect.poll(() => asked.stopped).toBe(true)
  expect(runner.last.kills).toBe(1)
})
