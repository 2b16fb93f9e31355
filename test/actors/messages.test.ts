/** What clients were told is taken is not lost with the daemon: it waits for the next run, or is told as gone. */
import { afterEach, expect, test } from 'vitest'
import type { Task } from '../../src/wire/envelope.ts'
import { refused } from '../../src/wire/rejection.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import type { MemoryClient } from './memory-client.ts'
import { Restarts } from './restart.ts'
import type { Rig, RigOptions } from './rig.ts'

const scratch = scratchDirectory()
const opened: Restarts[] = []
afterEach(() => {
  for (const one of opened.splice(0)) one.close()
})

/** Daemons one after the other, whose runner is an agent's. */
function agents(options: RigOptions = {}): (more?: RigOptions) => Promise<Rig> {
  const home = new Restarts(scratch, options)
  opened.push(home)
  return async (more) => {
    const place = await home.start(more)
    Object.assign(place.runner, { queuesMessages: true, takesFollowUp: true })
    return place
  }
}

const say = (taskId: string, text: string) =>
  ({ commandName: 'SendMessage', data: { taskId, text } }) as const

async function waiting(client: MemoryClient, task: string): Promise<string[]> {
  const { queuedMessages = [] } = await client.ask<Task>({ commandName: 'GetTask', data: task })
  return queuedMessages.map(({ text }) => text)
}

/** A task in the middle of its turn, for whose end two messages wait. */
async function asked(start: () => Promise<Rig>): Promise<string> {
  const { connect, runner } = await start()
  const client = await connect()
  const task = await client.start()
  runner.last.started()
  await client.ask(say(task, 'one'))
  await client.ask(say(task, 'two'))
  return task
}

/** What was told of a task since a sequence. */
async function toldAfter({ connect }: Rig, task: string, after = 0): Promise<string[]> {
  const watcher = await connect()
  await watcher.ask({ commandName: 'Subscribe', data: { tasks: [task], after } })
  await watcher.ask({ commandName: 'GetStatus' })
  return watcher.told(task)
}

const feedback = (client: MemoryClient, task: string): string[] =>
  client.events(task).flatMap(({ data }) => {
    const said = data.eventName === 'message' ? data.payload[0].message : undefined
    return said?.say === 'user_feedback' ? [said.text ?? ''] : []
  })

test('messages that wait for the end of a turn wait over a restart, and go to the next run', async () => {
  const start = agents()
  const task = await asked(start)
  const after = await start()
  expect(after.runner.runs).toEqual([])
  const client = await after.connect()
  expect(await waiting(client, task)).toEqual(['one', 'two'])
  await client.ask({ commandName: 'Subscribe', data: { tasks: [task], after: 0 } })
  await client.ask({ commandName: 'ResumeTask', data: task })
  after.runner.last.started()
  expect(after.runner.last.task.earlier?.followUp).toBeUndefined()
  expect(after.runner.last.events.takeQueued?.().map(({ text }) => text)).toEqual(['one', 'two'])
  expect(await waiting(client, task)).toEqual([])
  expect(feedback(client, task)).toEqual(['one', 'two'])
  const third = await start()
  expect(await waiting(await third.connect(), task)).toEqual([])
})

test('messages for a run that has not started are given to the next one when it has', async () => {
  const start = agents()
  const before = await start()
  before.runner.queuesMessages = false
  const task = await (await before.connect()).start()
  await (await before.connect()).ask(say(task, 'early'))
  const after = await start()
  after.runner.queuesMessages = false
  const client = await after.connect()
  expect(await waiting(client, task)).toEqual(['early'])
  await client.ask({ commandName: 'ResumeTask', data: task })
  after.runner.last.started()
  expect(after.runner.last.sent.map(({ text }) => text)).toEqual(['early'])
})

test('what a run is given is told as it is given: at once or when it takes it, not while it waits or is refused', async () => {
  const handed: string[] = []
  const start = agents({ handed: (_task, { text }) => void handed.push(text) })
  const { connect, runner } = await start()
  const client = await connect()
  const task = await client.start()
  runner.last.started()
  await client.ask(say(task, 'waits'))
  expect(handed).toEqual([])
  runner.last.events.takeQueued?.()
  expect(handed).toEqual(['waits'])
  runner.queuesMessages = false
  await client.ask(say(task, 'at once'))
  runner.last.takes = refused('busy', 'no')
  await client.request(say(task, 'refused'))
  expect(handed).toEqual(['waits', 'at once'])
})

test('a message that waited for its run and is refused by it is told as not taken', async () => {
  const home = new Restarts(scratch)
  opened.push(home)
  const { connect, runner } = await home.start()
  const client = await connect()
  const task = await client.start()
  await client.ask(say(task, 'words'))
  runner.last.takes = refused('unsupported', 'Its stdin is not open.')
  runner.last.started()
  await client.hears('say:error', task)
  const said = client
    .events(task)
    .flatMap(({ data }) => (data.eventName === 'message' ? [data.payload[0].message.text] : []))
  expect(said).toContain('A message was not taken: Its stdin is not open.')
  expect(said).not.toContain('words')
  expect(await waiting(client, task)).toEqual([])
})

test('what waits for an interrupted task is said before what is said to it now, once', async () => {
  const start = agents()
  const task = await asked(start)
  const after = await start()
  const client = await after.connect()
  const { head } = client.ack
  await client.ask(say(task, 'three'))
  expect(after.runner.last.task.earlier?.followUp).toEqual({ text: 'one\n\ntwo\n\nthree', images: [] })
  expect(await toldAfter(after, task, head)).toEqual([
    'taskFocused',
    'queuedMessagesUpdated',
    'say:user_feedback',
    'say:user_feedback',
    'say:user_feedback',
  ])
  expect(await waiting(client, task)).toEqual([])
})

test('a message that waits for an interrupted task can be taken back by who started it', async () => {
  const start = agents()
  const before = await start()
  const starter = await before.connect()
  const { sessionId, epoch } = await starter.greet()
  const task = await starter.start()
  before.runner.last.started()
  for (const text of ['one', 'two']) await starter.ask(say(task, text))
  const after = await start()
  const client = await after.connect()
  await client.greet({ resume: { sessionId, epoch, after: before.journal.head } })
  const { queuedMessages = [] } = await client.ask<Task>({ commandName: 'GetTask', data: task })
  const [one, two] = queuedMessages.map(({ id }) => id)
  await client.ask({ commandName: 'DeleteQueuedMessage', data: one ?? '' })
  expect(await waiting(client, task)).toEqual(['two'])
  await client.ask({ commandName: 'DeleteQueuedMessage', data: two ?? '' })
  expect(after.store.task(task)).toMatchObject({ state: 'resumable' })
  expect(after.store.task(task)?.undelivered).toBeUndefined()
  expect(await client.refusal({ commandName: 'DeleteQueuedMessage', data: two ?? '' })).toBe(
    'invalid_command',
  )
})

test('closing a task tells that what waited for it is gone, and nothing is left of it', async () => {
  const start = agents()
  const task = await asked(start)
  const after = await start()
  const client = await after.connect()
  const { head } = client.ack
  await client.ask({ commandName: 'CloseTask', data: task })
  expect(await toldAfter(after, task, head)).toEqual(['queuedMessagesUpdated', 'taskUnfocused'])
  expect(after.store.task(task)?.undelivered).toBeUndefined()
})

test('a follow-up that no run has taken up is given to the next one, and is told once', async () => {
  const start = agents()
  const before = await start()
  const client = await before.connect()
  const task = await client.start()
  before.runner.last.started()
  before.runner.last.ends()
  await client.ask(say(task, 'and then?'))
  before.runner.last.started()
  const { head } = client.ack
  const after = await start()
  const again = await after.connect()
  await again.ask({ commandName: 'ResumeTask', data: task })
  expect(after.runner.last.task.earlier?.followUp?.text).toBe('and then?')
  const told = await toldAfter(after, task, head)
  expect(told.filter((word) => word === 'say:user_feedback')).toHaveLength(1)
  after.runner.last.started()
  after.runner.last.events.remember({ sessionId: 's' })
  const third = await start()
  await (await third.connect()).ask({ commandName: 'ResumeTask', data: task })
  expect(third.runner.last.task.earlier).toMatchObject({ state: { sessionId: 's' } })
  expect(third.runner.last.task.earlier?.followUp).toBeUndefined()
})

test('a follow-up that waits for a slot waits over a restart, and runs by itself when its turn comes', async () => {
  const start = agents({ limits: { runningTasks: 1 } })
  const before = await start()
  const client = await before.connect()
  const task = await client.start()
  before.runner.last.started()
  before.runner.last.ends()
  await client.hears('taskIdle', task)
  await client.start()
  await client.ask(say(task, 'your turn'))
  expect((await client.ask<Task>({ commandName: 'GetTask', data: task })).state).toBe('queued')
  const after = await start()
  expect(after.runner.last.task).toMatchObject({ id: task, earlier: { followUp: { text: 'your turn' } } })
})

// bound: queuedMessagesBytesMax
test('follow-ups that no run takes up are added up to their bytes; one past it is refused', async () => {
  const start = agents({ limits: { queuedMessagesBytesMax: 100 } })
  const { connect, runner } = await start()
  const client = await connect()
  const task = await client.start()
  const fail = async (): Promise<void> => {
    runner.last.started()
    runner.last.ends({ ok: false })
    await client.hears('taskResumable', task)
    client.forget()
  }
  await fail()
  await client.ask(say(task, 'a'.repeat(10)))
  await fail()
  expect(await client.refusal(say(task, 'b'.repeat(42)))).toBe('limit_exceeded')
  await client.ask(say(task, 'b'.repeat(41)))
  expect(runner.last.task.earlier?.followUp?.text).toBe(`${'a'.repeat(10)}\n\n${'b'.repeat(41)}`)
  await fail()
  expect(await client.refusal(say(task, 'c'))).toBe('limit_exceeded')
  await client.ask({ commandName: 'ResumeTask', data: task })
  runner.last.started()
  runner.last.ends()
  await client.hears('taskIdle', task)
  await client.ask(say(task, 'c'))
  expect(runner.last.task.earlier?.followUp?.text).toBe('c')
})
