import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { CliWorld } from '../cli-process.ts'
import { approval, askingTask, clientId, ScriptedDaemon } from '../scripted-daemon.ts'
import type { Answers } from '../scripted-daemon.ts'

const world = new CliWorld()
afterAll(() => world.dispose())

const task = '018f0000-0000-7000-8000-00000000aaaa'
const holder = { clientId, client: 'callboard-cli' }
const other = { clientId: 'a3f7b9c2d1e4', client: 'editor' }

function scripted(answers: Answers = {}): { daemon: ScriptedDaemon; at: readonly string[] } {
  const path = join(world.directory, `${randomUUID().slice(0, 8)}.sock`)
  const tasks = [askingTask(task, [])]
  const daemon = new ScriptedDaemon(path, {
    ListTasks: () => ({ result: { tasks } }),
    Subscribe: () => ({ result: { after: 0, head: 0 } }),
    ClaimTask: () => ({ result: { holder } }),
    ReleaseTask: () => ({ result: {} }),
    ...answers,
  })
  return { daemon, at: ['--socket', path] }
}

function named(daemon: ScriptedDaemon, name: string): unknown[] {
  return daemon.commands.filter((one) => one.commandName === name).map((one) => one.data)
}

describe('claim', () => {
  test('holds the task until Ctrl-C, tells of its asks meanwhile, and releases it', async () => {
    const { daemon, at } = scripted()
    const claiming = world.start(['claim', ...at, '--ttl', '10m', '--approve', 'approval,form', 'aaaa'])
    await vi.waitFor(() => expect(claiming.err()).toBe('callboard: holding 0000aaaa until Ctrl-C.\n'))
    expect(named(daemon, 'ClaimTask')).toEqual([
      { taskId: task, ttlMs: 600_000, approve: ['approval', 'form'] },
    ])
    const ask = approval('018f0000-0000-7000-8000-00000000bbbb', task)
    daemon.announce(task, { eventName: 'taskStarted', payload: [task] })
    daemon.announce(task, { eventName: 'askOpened', payload: [task, ask] })
    const outcome = { id: ask.id, outcome: 'answered', option: 'yes', automatic: true } as const
    daemon.announce(task, { eventName: 'askResolved', payload: [task, outcome] })
    await vi.waitFor(() => expect(claiming.out()).toContain('answered automatically: yes'))
    expect(claiming.out()).not.toContain('started')
    expect(named(daemon, 'ReleaseTask')).toEqual([])
    claiming.child.kill('SIGINT')
    expect(await claiming.finished).toMatchObject({
      code: 0,
      err: 'callboard: holding 0000aaaa until Ctrl-C.\n',
    })
    expect(named(daemon, 'ReleaseTask')).toEqual([task])
  })

  test('ends with 1 where somebody takes it over, and with 0 where its time is over', async () => {
    const { daemon, at } = scripted()
    const stolen = world.start(['claim', ...at, '--steal', 'aaaa'])
    await vi.waitFor(() => expect(stolen.err()).toContain('holding'))
    daemon.announce(task, { eventName: 'leaseChanged', payload: [task, { why: 'claimed', holder }] })
    daemon.announce(task, {
      eventName: 'leaseChanged',
      payload: [task, { why: 'stolen', holder: other, from: holder }],
    })
    const finished = await stolen.finished
    expect(finished.code).toBe(1)
    expect(finished.err).toContain('callboard: editor has taken the task over')
    const expiring = world.start(['claim', ...at, '--json', 'aaaa'])
    await vi.waitFor(() => expect(expiring.out()).not.toBe(''))
    daemon.announce(task, { eventName: 'leaseChanged', payload: [task, { why: 'expired', from: holder }] })
    expect(await expiring.finished).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(expiring.out())).toEqual({ taskId: task, holder })
  })

  test('a task that is held is the daemon’s sentence and 1; what is no kind of ask is 2', async () => {
    const error = { code: 'not_owner', message: 'editor holds this task.' } as const
    const { at } = scripted({ ClaimTask: () => ({ error }) })
    expect(await world.run(['claim', ...at, 'aaaa'])).toMatchObject({
      code: 1,
      out: '',
      err: 'callboard: editor holds this task.\n',
    })
    const wrong = await world.run(['claim', ...at, '--approve', 'some', 'aaaa'])
    expect(wrong.code).toBe(2)
    expect(wrong.err).toContain('Give all, or some of question, approval, form.')
    expect((await world.run(['claim', ...at, '--ttl', '25h', 'aaaa'])).err).toContain('Give at most 1d.')
  })
})

describe('release', () => {
  test('of somebody else’s lease says who holds it and, once, how to end it all the same', async () => {
    const message = 'editor (c1) holds this task: wait until it releases the task, or claim it with steal.'
    const details = { holder: { clientId: 'c1', client: 'editor' } }
    const error = { code: 'not_owner', message, details } as const
    const { daemon, at } = scripted({ ReleaseTask: () => ({ error }) })
    expect(await world.run(['release', ...at, 'aaaa'])).toMatchObject({
      code: 1,
      out: '',
      err: `callboard: editor (c1) holds this task: \`callboard release --steal 0000aaaa --socket ${at[1]}\` ends its lease all the same.\n`,
    })
    expect(named(daemon, 'ClaimTask')).toEqual([])
  })

  test('--steal takes it over first', async () => {
    const { daemon, at } = scripted()
    expect(await world.run(['release', ...at, '--steal', 'aaaa'])).toMatchObject({
      code: 0,
      out: `${task}\n`,
    })
    expect(named(daemon, 'ClaimTask')).toEqual([{ taskId: task, steal: true }])
    expect(named(daemon, 'ReleaseTask')).toEqual([task])
  })
})

test('clients lists who is connected but for the asker, with what they watch and hold', async () => {
  const common = { listener: '/l', framing: 'node-ipc', vocabulary: 'roo', role: 'client', native: true }
  const since = Date.now() - 61_000
  const client = { ...common, state: 'ready', since, subscription: '*', lagBytes: 0, refusedFrames: 0 }
  const editor = {
    ...client,
    clientId: 'a3f7b9c2d1e4',
    name: 'editor',
    version: '2.1.0',
    lagBytes: 5_000,
    leases: [task],
    subscription: `["${task}"] ["task*","ask*"]`,
  }
  const old = { ...client, clientId: 'b3f7b9c2d1e4', native: false, vocabulary: 'roo-1.89', since: since + 1 }
  const self = { ...client, clientId }
  const { at } = scripted({ ListClients: () => ({ result: { clients: [old, self, editor] } }) })
  expect((await world.run(['clients', ...at])).out.split('\n')).toEqual([
    'CLIENT        NAME          SPEAKS    ROLE    SINCE  BEHIND  WATCHES',
    'a3f7b9c2d1e4  editor 2.1.0  roo       client  1m     5 KiB   0000aaaa: task* ask*, holds 0000aaaa',
    'b3f7b9c2d1e4  (legacy)      roo-1.89  client  1m     -       everything',
    '',
  ])
  expect(await world.json(['clients', ...at])).toEqual([old, editor])
})
