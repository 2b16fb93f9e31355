/** What becomes of tasks when the daemon is killed and started again. */
import { describe, expect, test } from 'vitest'
import type { TaskRecord } from '../../src/store/store.ts'
import { keptRestarts } from './restart.ts'
import { quiet } from './turns.ts'

const restarts = keptRestarts()

const record = (more: Partial<TaskRecord>): TaskRecord => ({
  id: 'task-r',
  state: 'running',
  text: 'prompt',
  createdAt: 1,
  resumable: true,
  startedBy: 'somebody',
  lastTs: 0,
  runs: 1,
  request: { text: 'prompt', configuration: { callboard: { command: ['x'] } } },
  ...more,
})

describe('a task that ran', () => {
  test('is told as interrupted before anybody can connect, can be resumed, and nothing is spawned', async () => {
    const home = restarts()
    const before = await home.start()
    const client = await before.connect()
    const id = await client.start('the prompt')
    before.runner.last.started()
    before.runner.last.says('half')
    await client.hears('say:command_output', id)
    const seen = client.events(id)
    const after = await home.start({ bind: false })
    expect(home.ended.map((one) => one.id)).toEqual([id])
    expect([after.tasks.liveCount, after.runner.runs.length, after.broker.state]).toEqual([0, 0, 'starting'])
    after.broker.listenersBound()
    const watcher = await after.connect()
    await watcher.ask({ commandName: 'Subscribe', data: { tasks: [id], after: 0 } })
    await watcher.hears('taskResumable', id)
    const told = watcher.told(id)
    expect(told.slice(seen.length)).toEqual(['say:error', 'taskAborted', 'taskResumable'])
    expect(watcher.events(id).slice(0, seen.length)).toEqual(seen)
    expect(await watcher.ask({ commandName: 'GetTask', data: id })).toMatchObject({
      state: 'resumable',
      resumable: true,
    })
    await watcher.ask({ commandName: 'ResumeTask', data: id })
    after.runner.last.started()
    after.runner.last.says('rest')
    after.runner.last.ends()
    await watcher.hears('taskIdle', id)
    const stamps = watcher
      .events(id)
      .flatMap(({ data }) => (data.eventName === 'message' ? [data.payload[0].message.ts] : []))
    expect(stamps).toEqual(stamps.toSorted((one, other) => one - other))
    expect(new Set(stamps).size).toBe(stamps.length)
    const numbers = watcher.events().map(({ seq }) => seq ?? 0)
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  test.each([
    ['while it started', 'CancelTask', 'aborted', ['taskAborted', 'taskResumable']],
    ['while it was cancelled', 'CancelTask', 'aborted', ['taskAborted', 'taskResumable']],
    ['while it was closed', 'CloseTask', 'closed', ['taskAborted', 'taskResumable', 'taskUnfocused']],
  ] as const)('%s ends as it was told to', async (when, commandName, state, told) => {
    const home = restarts()
    const before = await home.start()
    before.runner.obedient = false
    const client = await before.connect()
    const id = await client.start()
    if (when !== 'while it started') before.runner.last.started()
    await client.ask({ commandName, data: id })
    const after = await home.start()
    const watcher = await after.connect()
    expect(await watcher.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state })
    await watcher.ask({ commandName: 'Subscribe', data: { tasks: [id], after: before.journal.head } })
    await watcher.hears(told.at(-1) ?? '', id)
    expect(watcher.told(id)).toEqual(told)
  })

  test('is interrupted once: the next start finds nothing to tell', async () => {
    const home = restarts()
    const client = await (await home.start()).connect()
    await client.start()
    const { head } = (await home.start()).journal
    const third = await home.start()
    expect([third.journal.head, home.ended]).toEqual([head, []])
  })

  test('goes on above the highest ts of its messages, also where the clock was set back', async () => {
    const home = restarts()
    const before = await home.start()
    const client = await before.connect()
    const id = await client.start()
    before.runner.last.started()
    const ahead = Date.now() + 3_600_000
    before.runner.last.events.messages([
      { action: 'created', message: { ts: ahead, type: 'say', say: 'command_output', text: 'from later' } },
    ])
    for (let left = 1_100; left > 0; left--) {
      before.runner.last.events.messages([
        { action: 'updated', message: { ts: 1, type: 'say', say: 'command_output', text: 'x' } },
      ])
    }
    const after = await home.start()
    const watcher = await after.connect()
    await watcher.ask({ commandName: 'Subscribe', data: { tasks: [id], after: before.journal.head } })
    await watcher.hears('say:error', id)
    const [event] = watcher.events(id)
    expect(event?.data.eventName === 'message' && event.data.payload[0].message.ts).toBe(ahead + 1)
  })

  test('whose asks were open is told that nobody answers them any more', async () => {
    const home = restarts()
    const ask = { id: 'ask-1', task: 'task-r', kind: 'question' as const, text: 'Which?', askedAt: 1 }
    home.open().commit({ tasks: [record({ state: 'interactive', asks: [ask] })] })
    const client = await (await home.start()).connect()
    await client.greet()
    await client.ask({ commandName: 'Subscribe', data: { after: 0 } })
    await client.hears('taskResumable')
    expect(client.told()).toEqual(['askResolved', 'say:error', 'taskAborted', 'taskResumable'])
    expect(client.events()[0]?.data.payload).toEqual(['task-r', { id: 'ask-1', outcome: 'interrupted' }])
    expect(await client.ask({ commandName: 'GetTask', data: 'task-r' })).toMatchObject({ asks: [] })
  })

  test.each([
    ['of another version', { version: 999, snapshot: { value: 'starting', context: {} } }],
    ['that is none', { version: 1, snapshot: 'x' }],
    ['with a state that there is not', { version: 1, snapshot: { value: 'nowhere', context: {} } }],
    ['without context', { version: 1, snapshot: { value: { running: 'cancelling' } } }],
    ['of a settled task', { version: 1, snapshot: { value: { settled: 'completed' }, context: {} } }],
    ['of a closed task', { version: 1, snapshot: { value: 'closed', context: {} } }],
  ])('and has a snapshot %s can be resumed', async (_, machine) => {
    const home = restarts()
    home.open().commit({ tasks: [record({ machine })] })
    const client = await (await home.start()).connect()
    expect(await client.ask({ commandName: 'GetTask', data: 'task-r' })).toMatchObject({ state: 'resumable' })
    await client.ask({ commandName: 'ResumeTask', data: 'task-r' })
  })
})

describe('a task that waited', () => {
  test('waits on, in order, with what was said to it, and can be cancelled', async () => {
    const home = restarts()
    const store = home.open()
    const machine = {
      version: 1,
      snapshot: { value: 'queued', context: { id: 'x', exit: null, outcome: '', runs: 0 } },
    }
    store.commit({
      tasks: ['a', 'b', 'c'].map((id) =>
        record({ id, state: 'queued', runs: 0, machine, resumable: id !== 'c' }),
      ),
    })
    const options = { limits: { runningTasks: 1 } }
    const after = await home.start({ ...options, bind: false })
    expect(after.broker.recovered.queued.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    await quiet()
    expect(after.runner.runs).toEqual([])
    after.broker.listenersBound()
    expect(after.runner.runs.map(({ task }) => task.id)).toEqual(['a'])
    const client = await after.connect()
    expect(await client.ask({ commandName: 'ListTasks', data: {} })).toMatchObject({
      tasks: [
        { id: 'a', state: 'starting' },
        { id: 'b', state: 'queued', queuePlace: 1 },
        { id: 'c', state: 'queued', queuePlace: 2 },
      ],
    })
    await client.ask({ commandName: 'SendMessage', data: { taskId: 'c', text: 'and this' } })
    await client.ask({ commandName: 'CancelTask', data: 'b' })
    await client.hears('taskAborted', 'b')
    const third = await home.start(options)
    const [first, ...more] = third.broker.recovered.queued
    expect([first?.id, first?.queued[0]?.text, more]).toEqual(['c', 'and this', []])
    // Its request is kept although it could not run a second time.
    expect(third.runner.last.task).toMatchObject({ id: 'c', callboard: { command: ['x'] } })
  })
})

describe('what a closed task was asked to run', () => {
  test('is erased at close, known as long as the daemon lives, and gone with it', async () => {
    const home = restarts()
    const before = await home.start()
    const client = await before.connect()
    const id = await client.start('prompt', { command: ['x'], env: { KEY: 'secret' } })
    before.runner.last.started()
    before.runner.last.ends()
    await client.hears('taskIdle', id)
    expect(before.store.task(id)?.request).toBeDefined()
    await client.ask({ commandName: 'CloseTask', data: id })
    expect(before.store.task(id)?.request).toBeUndefined()
    expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({
      state: 'closed',
      resumable: true,
    })
    await client.ask({ commandName: 'ResumeTask', data: id })
    expect(before.runner.last.task.callboard.env).toEqual({ KEY: 'secret' })
    await client.ask({ commandName: 'CloseTask', data: id })
    await client.hears('taskUnfocused', id)
    await quiet()
    const after = await home.start()
    const other = await after.connect()
    expect(await other.ask({ commandName: 'GetTask', data: id })).toMatchObject({
      state: 'closed',
      resumable: false,
    })
    expect(await other.refusal({ commandName: 'ResumeTask', data: id })).toBe('not_resumable')
  })

  test('is what its profile says, where that said what to run', async () => {
    const profile = { name: 'p', runner: 'command', command: ['from the profile'] } as const
    const home = restarts({ profiles: { byName: new Map([['p', profile]]), defaultName: 'p' } })
    const before = await home.start()
    const client = await before.connect()
    const id = await client.start('prompt', { env: { KEY: 'secret' } })
    before.runner.last.started()
    before.runner.last.ends()
    await client.hears('taskIdle', id)
    await client.ask({ commandName: 'CloseTask', data: id })
    expect(JSON.stringify(before.store.task(id))).not.toContain('secret')
    const after = await home.start()
    const other = await after.connect()
    await other.ask({ commandName: 'ResumeTask', data: id })
    expect(after.runner.last.task).toMatchObject({
      text: 'prompt',
      callboard: { command: ['from the profile'] },
    })
  })
})
