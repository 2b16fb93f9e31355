import { expect, test } from 'vitest'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'

const created = ['taskCreated', 'taskFocused', 'say:text']
const started = ['taskTokenUsageUpdated', 'taskStarted']
const completed = [
  'taskExited',
  'say:completion_result',
  'taskTokenUsageUpdated',
  'taskCompleted',
  'ask:completion_result',
  'taskIdle',
]

async function native(client: Promise<MemoryClient>): Promise<MemoryClient> {
  const ready = await client
  await ready.greet()
  return ready
}

test('a task that completes is told from taskCreated to taskIdle, once each and in order', async () => {
  const { runner, connect } = rig()
  const client = await native(connect())
  const id = await client.start('do it')
  runner.last.started()
  runner.last.says('working')
  runner.last.ends()
  await client.hears('taskIdle')
  expect(client.told()).toEqual([...created, ...started, 'say:command_output', ...completed])
  expect(client.events().map(({ seq }) => seq)).toEqual(client.events().map((_, index) => index + 1))
  expect(client.events().every(({ task }) => task === id)).toBe(true)
  const [prompt] = client.events().flatMap(({ data }) => (data.eventName === 'message' ? data.payload : []))
  expect(prompt).toMatchObject({ taskId: id, action: 'created', message: { text: 'do it' } })
})

test('what a client caused carries its ids, what the run does carries none', async () => {
  const { runner, connect } = rig()
  const client = await native(connect())
  await client.start()
  runner.last.started()
  runner.last.says('out')
  await client.hears('say:command_output')
  const by = client.events().map((event) => [event.by, event.causedBy])
  expect(by).toEqual([...Array.from({ length: 5 }, () => [client.clientId, 'r1']), [undefined, undefined]])
  await client.request({ commandName: 'CancelTask' })
  await client.hears('taskAborted')
  expect(client.events().at(-1)).toMatchObject({ by: client.clientId, causedBy: 'r2' })
})

test('a task that fails while it runs is told why, then aborted, then resumable', async () => {
  const { runner, connect } = rig()
  const client = await native(connect())
  await client.start()
  runner.last.started()
  runner.last.ends({ ok: false, text: 'Exit code 1.', exit: { code: 1 } })
  await client.hears('taskResumable')
  expect(client.told().slice(5)).toEqual(['taskExited', 'say:error', 'taskAborted', 'taskResumable'])
})

test('a task that can never be resumed is not called resumable', async () => {
  const { runner, connect } = rig()
  runner.resumable = false
  const client = await native(connect())
  const id = await client.start()
  runner.last.started()
  runner.last.ends({ ok: false, text: 'no', exit: { code: 1 } })
  await client.hears('taskAborted')
  await quiet()
  expect(client.told().at(-1)).toBe('taskAborted')
  expect(await client.refusal({ commandName: 'ResumeTask', data: id })).toBe('not_resumable')
})

test('a cancelled task is aborted once, however often it is cancelled', async () => {
  const { runner, connect } = rig()
  const client = await native(connect())
  const id = await client.start()
  runner.last.started()
  for (let times = 0; times < 3; times++) await client.ask({ commandName: 'CancelTask', data: id })
  await client.hears('taskResumable')
  await client.ask({ commandName: 'CancelTask', data: id })
  expect(client.told().slice(5)).toEqual(['taskExited', 'taskAborted', 'taskResumable'])
  expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({
    state: 'aborted',
    exit: { signal: 'SIGTERM' },
  })
})

test('a task cancelled while it starts never says taskStarted', async () => {
  const { runner, connect } = rig()
  const client = await native(connect())
  await client.start()
  await client.ask({ commandName: 'CancelTask' })
  runner.last.started()
  await client.hears('taskAborted')
  expect(client.told()).not.toContain('taskStarted')
})

test('closing a running task ends it as by cancel, then unfocuses it', async () => {
  const { runner, connect } = rig()
  const client = await native(connect())
  const id = await client.start()
  runner.last.started()
  await client.ask({ commandName: 'CloseTask', data: id })
  await client.hears('taskUnfocused')
  expect(client.told().slice(5)).toEqual(['taskExited', 'taskAborted', 'taskResumable', 'taskUnfocused'])
  expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state: 'closed' })
})

test('closing a settled task only unfocuses it, and closing it again does nothing', async () => {
  const { runner, connect } = rig()
  const client = await native(connect())
  const id = await client.start()
  runner.last.started()
  runner.last.ends()
  await client.hears('taskIdle')
  const before = client.told().length
  await client.ask({ commandName: 'CloseTask', data: id })
  await client.ask({ commandName: 'CloseTask', data: id })
  expect(client.told().slice(before)).toEqual(['taskUnfocused'])
})

test('closing a task that could not start keeps the profile and directory it was listed with', async () => {
  const byName = new Map([['p', { name: 'p', runner: 'command' as const }]])
  const { runner, connect } = rig({ profiles: { byName, defaultName: 'p' } })
  const client = await native(connect())
  runner.refuses('no')
  const id = await client.start('x', { command: ['x'], cwd: '/somewhere' })
  await client.ask({ commandName: 'CloseTask', data: id })
  const task = await client.ask({ commandName: 'GetTask', data: id })
  expect(task).toMatchObject({ state: 'closed', cwd: '/somewhere' })
  expect(task).not.toHaveProperty('profile')
})

test('a resumed task focuses and starts under its id, with messages newer than its earlier ones', async () => {
  const { runner, connect } = rig()
  const client = await native(connect())
  const id = await client.start('again')
  runner.last.started()
  runner.last.says('first')
  runner.last.ends()
  await client.hears('taskIdle')
  const times = (): number[] =>
    client.events().flatMap(({ data }) => (data.eventName === 'message' ? [data.payload[0].message.ts] : []))
  const before = client.told().length
  await client.ask({ commandName: 'ResumeTask', data: id })
  runner.last.started()
  runner.last.says('second')
  await until(() => client.told().length >= before + 4)
  expect(client.told().slice(before)).toEqual(['taskFocused', ...started, 'say:command_output'])
  expect(client.events(id)).toHaveLength(client.events().length)
  expect(times()).toEqual([...new Set(times())].toSorted((a, b) => a - b))
  expect(runner.last.task).toMatchObject({ id, text: 'again' })
  expect(runner.runs).toHaveLength(2)
})

test('a closed task can be resumed, a running one is busy', async () => {
  const { runner, connect } = rig()
  const client = await native(connect())
  const id = await client.start()
  runner.last.started()
  expect(await client.refusal({ commandName: 'ResumeTask', data: id })).toBe('busy')
  await client.ask({ commandName: 'CloseTask', data: id })
  await client.hears('taskUnfocused')
  await client.ask({ commandName: 'ResumeTask', data: id })
  runner.last.started()
  expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state: 'running' })
})

const couldNotStart = [...created, 'say:error', 'taskAborted']

test('a task that its runner refuses is told to everyone as one that could not start, and takes no slot', async () => {
  const { runner, tasks, connect } = rig()
  const [client, other] = [await native(connect()), await native(connect())]
  runner.refuses('There is no command.')
  const id = await client.start('prompt text')
  await other.hears('taskAborted')
  expect(other.told(id)).toEqual(couldNotStart)
  expect(other.events(id).every(({ seq }) => seq !== undefined)).toBe(true)
  expect(tasks.liveCount).toBe(0)
  expect(runner.runs).toHaveLength(0)
  const error = JSON.stringify(other.events(id).at(-2))
  expect(error).toContain('There is no command.')
  expect(error).not.toContain('prompt text')
  expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({
    state: 'failed',
    resumable: false,
  })
})

test('a task whose spawn fails is told as one that could not start', async () => {
  const { runner, connect } = rig()
  const client = await native(connect())
  await client.start()
  runner.last.ends({ ok: false, text: 'ENOENT' })
  await client.hears('taskAborted')
  expect(client.told().slice(0, 5)).toEqual(couldNotStart)
})

test('a start without a requestId that is refused is told on its own link alone, without seq', async () => {
  const { connect, journal } = rig()
  const [client, other] = [await connect(), await connect()]
  const configuration = { callboard: { profile: 'nobody' } }
  client.send({ commandName: 'StartNewTask', data: { text: 'hello', configuration } })
  await client.hears('taskAborted')
  expect(client.told()).toEqual(couldNotStart)
  expect(client.events().every(({ seq }) => seq === undefined)).toBe(true)
  expect(other.events()).toEqual([])
  expect(journal.head).toBe(0)
})

test('a legacy client is told everything but what native clients alone understand', async () => {
  const { runner, connect } = rig()
  const client = await connect()
  client.send({ commandName: 'StartNewTask', data: { text: 'x' } })
  await until(() => runner.runs.length === 1)
  runner.last.started()
  runner.last.ends()
  await client.hears('taskIdle')
  expect(client.told()).toEqual([...created, ...started, ...completed.slice(1)])
})

test('a Reply comes before the events of its command on that link', async () => {
  const { runner, connect } = rig()
  const client = await native(connect())
  client.forget()
  await client.start()
  await client.hears('say:text')
  expect(client.messages.slice(1).map(({ type }) => type)).toEqual([
    'Reply',
    'TaskEvent',
    'TaskEvent',
    'TaskEvent',
  ])
  runner.last.started()
})
