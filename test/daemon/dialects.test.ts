/** Every framing and vocabulary over real sockets of one real daemon, each peer by hand or from another language. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { DaemonProcess } from './daemon-process.ts'
import { startDaemonProcess } from './daemon-process.ts'
import { LineLink } from './line-link.ts'
import { RawLink } from './raw-link.ts'
import { refusedFrame } from './refused-frame.ts'

const patience = { timeout: 15_000, interval: 5 }
const combinations = [
  'node-ipc+roo-1.89',
  'node-ipc+seed',
  'lines+roo',
  'lines+roo-1.89',
  'lines+seed',
] as const
type Combination = (typeof combinations)[number]

let daemon: DaemonProcess
const path = (name: Combination) => join(daemon.place.dir, `${name}.sock`)

beforeAll(async () => {
  const args = combinations.flatMap((name) => ['--listen', `${name}:{dir}/${name}.sock`])
  daemon = await startDaemonProcess({ args })
})
afterAll(async () => {
  await daemon[Symbol.asyncDispose]()
})

const seedCommand = (commandName: string, data?: unknown, more: object = {}) => ({
  type: 'TaskCommand',
  origin: 'Client',
  ...more,
  data: { commandName, data },
})
const echo = (text: string) => ({ text, configuration: { callboard: { command: ['echo', text], cwd: '/' } } })

describe('a client from python’s standard library', () => {
  const python = spawnSync('python3', ['-c', 'import socket, json; print(socket.AF_UNIX)'])
  const missing = python.status !== 0

  it.skipIf(missing).for(['roo', 'seed'] as const)(
    'starts, watches, cancels and resumes on lines+%s (skipped where python3 is missing)',
    async (vocabulary) => {
      const directory = join(daemon.place.dir, `python-${vocabulary}`)
      mkdirSync(directory)
      const script = join(import.meta.dirname, 'seed-client.py')
      const { stdout } = await promisify(execFile)(
        'python3',
        [script, path(`lines+${vocabulary}`), vocabulary, directory],
        { timeout: 20_000 },
      )
      const { ack, task, events } = JSON.parse(stdout)
      expect(ack.data).toMatchObject({ clientId: /^[0-9a-f]{12}$/, pid: daemon.pid, ppid: process.pid })
      expect(vocabulary === 'seed' ? seedOrder(events) : rooOrder(events)).toEqual(
        vocabulary === 'seed' ? inSeed : inRoo,
      )
      const ids = events.map((event: { taskId?: string; payload: [string | { taskId: string }] }) => {
        const [first] = event.payload ?? [event.taskId]
        return typeof first === 'object' ? first.taskId : first
      })
      expect(new Set(ids)).toEqual(new Set([task]))
    },
  )

  const inSeed = [
    ...['wait', 'TaskStarted', 'first', 'TaskAborted'],
    ...['TaskStarted', 'second', 'Command completed with exit code 0.', 'TaskCompleted'],
  ]
  const inRoo = [
    ...['taskCreated', 'taskFocused', 'wait', 'taskTokenUsageUpdated', 'taskStarted', 'first'],
    ...['taskAborted', 'taskResumable', 'taskFocused'],
  ]

  function seedOrder(events: { type: string; timestamp?: number; message?: { text?: string } }[]): string[] {
    const times = events.flatMap(({ type, timestamp }) => (type === 'Message' ? [] : [timestamp]))
    expect(times.every((time) => Number.isInteger(time) && Number(time) > 1.7e12)).toBe(true)
    return once(events.map(({ type, message }) => message?.text?.trim() ?? type))
  }

  function rooOrder(events: { eventName: string; payload: [{ message: { text: string } }] }[]): string[] {
    expect(events.map(({ eventName }) => eventName)).toContain('taskCompleted')
    const names = events.map(({ eventName, payload: [first] }) =>
      eventName === 'message' ? first.message.text.trim() : eventName,
    )
    return once(names).slice(0, inRoo.length)
  }

  /** A message that is updated is one message. */
  function once(names: readonly string[]): string[] {
    return names.filter((name, index) => name !== names[index - 1])
  }
})

describe('the vocabulary seed', () => {
  it('sends the Ack alone in one write, its id under both names in the data and beside', async () => {
    await using link = await LineLink.open(path('lines+seed'))
    expect(link.chunks).toHaveLength(1)
    const id = link.clientId
    const names = { clientId: id, client_id: id }
    expect(JSON.parse(link.chunks[0] ?? '')).toEqual({
      type: 'Ack',
      origin: 'Server',
      ...names,
      data: { ...names, pid: daemon.pid, ppid: process.pid },
    })
  })

  it('takes frames as the document’s Rust half writes them, and answers in lines that it can read', async () => {
    await using link = await LineLink.open(path('lines+seed'))
    const configuration =
      '{"callboard":{"profile":null,"command":["echo","rust"],"cwd":"/","env":null,"stdin":null}}'
    const start = `{"commandName":"StartNewTask","data":{"configuration":${configuration},"text":"t","images":null,"new_tab":null}}`
    link.write(
      `{"type":"TaskCommand","origin":"Client","client_id":"${String(link.clientId)}","data":${start}}\n`,
    )
    const { taskId } = await link.event('TaskCompleted')
    link.write(
      `{"type":"TaskCommand","origin":"Client","client_id":null,"data":{"commandName":"CloseTask","data":"${String(taskId)}"}}\n`,
    )
    const own = link.events.filter((event) => event['taskId'] === taskId)
    expect(new Set(own.map(({ type }) => type))).toEqual(new Set(['TaskStarted', 'Message', 'TaskCompleted']))
    expect(own.every((event) => event['type'] === 'Message' || Number.isInteger(event['timestamp']))).toBe(
      true,
    )
    expect(link.messages.every(({ origin }) => origin === 'Server')).toBe(true)
  })

  it('is spoken in the framing node-ipc too', async () => {
    await using link = await RawLink.open(path('node-ipc+seed'))
    link.send(seedCommand('StartNewTask', echo('ipc'), { clientId: link.clientId }))
    await vi.waitFor(
      () => expect(link.messages.map(({ data }) => Object(data).type)).toContain('TaskCompleted'),
      patience,
    )
    expect(link.messages.find(({ data }) => Object(data).message?.say === 'command_output')).toMatchObject({
      type: 'TaskEvent',
      origin: 'Server',
      data: { type: 'Message', message: { text: 'ipc\n' } },
    })
  })

  it('tells a start that cannot be as messages and TaskAborted', async () => {
    await using link = await LineLink.open(path('lines+seed'))
    link.send(
      seedCommand('StartNewTask', {
        text: 'no profile has this name',
        configuration: { callboard: { profile: 'no' } },
      }),
    )
    const aborted = await link.event('TaskAborted')
    const own = link.events.filter((event) => event['taskId'] === aborted['taskId'])
    expect(own).toMatchObject([
      { type: 'Message', message: { say: 'text', text: 'no profile has this name' } },
      { type: 'Message', message: { say: 'error' } },
      { type: 'TaskAborted', timestamp: expect.any(Number) },
    ])
  })

  it('refuses another’s client_id, as every vocabulary does', async () => {
    await using link = await LineLink.open(path('lines+seed'))
    link.send(seedCommand('CancelTask', 'x', { client_id: 'ffffffffffff' }))
    expect(await refusedFrame(daemon, link.clientId)).toMatchObject({ code: 'unauthorized' })
  })

  it('brings a reader that fell behind everything, read again from the journal', async () => {
    await using slow = await LineLink.open(path('lines+seed'))
    await using live = await LineLink.open(path('lines+roo'))
    slow.socket.pause()
    const script = "yes 'a line of an output that is larger than what a lane keeps' | head -c 12000000"
    const configuration = { callboard: { command: ['sh', '-c', script], cwd: '/' } }
    const data = { commandName: 'StartNewTask', data: { text: 'flood', configuration } }
    live.send({ type: 'TaskCommand', origin: 'client', requestId: 'flood', data })
    const { result } = await live.reply('flood')
    const task: unknown = Object(result).taskId
    await live.find((message) => message.data['eventName'] === 'taskIdle' && Object(message)['task'] === task)
    slow.socket.resume()
    await slow.find(({ data }) => data['type'] === 'TaskCompleted' && data['taskId'] === task)
    const lived = live.events.flatMap(({ eventName, payload }) =>
      eventName === 'message' && Object(payload)[0].taskId === task ? [Object(payload)[0].message] : [],
    )
    const slowly = slow.events.flatMap(({ taskId, message }) =>
      taskId === task && message !== undefined ? [message] : [],
    )
    expect(lived.length).toBeGreaterThan(1_000)
    // The live one has heard the question that comes after TaskCompleted.
    expect(slowly).toEqual(lived.slice(0, slowly.length))
    expect(lived.length - slowly.length).toBeLessThanOrEqual(1)
  })
})

describe('a peer of the other vocabulary', () => {
  const rooCommand = (more: object = {}) => ({
    type: 'TaskCommand',
    origin: 'client',
    ...more,
    data: { commandName: 'ListTasks' },
  })

  it('seed on roo: is logged with the listener to use, and answered where it can be', async () => {
    for (const socketPath of [daemon.socketPath, path('node-ipc+roo-1.89')]) {
      await using link = await RawLink.open(socketPath)
      link.send(seedCommand('StartNewTask', echo('never'), { requestId: 'r' }))
      const message = /vocabulary seed.*\+seed listener/
      expect(await link.reply('r')).toMatchObject({ ok: false, error: { code: 'invalid_frame', message } })
      expect(await refusedFrame(daemon, link.clientId)).toMatchObject({
        code: 'invalid_frame',
        reason: message,
      })
      expect((await link.request('ListClients')).ok).toBe(true)
    }
  })

  it('roo on seed: the same, in the shapes of roo', async () => {
    await using link = await LineLink.open(path('lines+seed'))
    link.send(rooCommand({ requestId: 'r' }))
    const message = /vocabulary roo.*\+roo listener/
    expect(await link.reply('r')).toMatchObject({ ok: false, error: { code: 'invalid_frame', message } })
    expect(await refusedFrame(daemon, link.clientId)).toMatchObject({
      code: 'invalid_frame',
      reason: message,
    })
    link.send({ type: 'Hello', origin: 'client', data: { protocol: 1, client: { name: 'n', version: '0' } } })
    expect(await link.reply('hello')).toMatchObject({ ok: false, error: { message } })
    expect(link.messages.find(({ type }) => type === 'Reply')?.origin).toBe('server')
  })

  it('a start that nobody can answer: is told as a task that could not start, in the listener’s shapes', async () => {
    const seedStart = seedCommand('StartNewTask', echo('of seed'))
    const rooStart = { ...seedStart, origin: 'client' }
    const onRoo = [{ eventName: 'taskCreated' }, { eventName: 'taskFocused' }]
    const said = (text: unknown) => ({ eventName: 'message', payload: [{ message: { text } }] })
    await using roo = await LineLink.open(path('lines+roo'))
    roo.send(seedStart)
    await roo.event('taskAborted')
    expect(roo.events).toMatchObject([
      ...onRoo,
      said('of seed'),
      said(expect.stringMatching(/vocabulary seed.*\+seed listener/)),
      { eventName: 'taskAborted' },
    ])
    expect(roo.messages.filter((message) => 'seq' in message)).toEqual([])
    await using seed = await LineLink.open(path('lines+seed'))
    seed.send(rooStart)
    await seed.event('TaskAborted')
    expect(seed.events).toMatchObject([
      { type: 'Message', message: { text: 'of seed' } },
      { type: 'Message', message: { text: expect.stringMatching(/vocabulary roo.*\+roo listener/) } },
      { type: 'TaskAborted' },
    ])
  })

  it.each([
    ['a text that is none', { data: { commandName: 'StartNewTask', data: { text: 5 } } }, '', /text/],
    ['no data', { data: { commandName: 'StartNewTask', data: 'x' } }, '', /StartNewTask/],
    ['a requestId that is none', { requestId: 5 }, 'mine', /requestId/],
    ['another’s clientId', { clientId: 'ffffffffffff' }, 'mine', /clientId is not the one/],
  ])('a start with %s: is told so too', async (_, more, text, why) => {
    await using link = await LineLink.open(path('lines+roo'))
    const data = { commandName: 'StartNewTask', data: { text: 'mine' } }
    link.send({ type: 'TaskCommand', origin: 'client', data, ...more })
    await link.event('taskAborted')
    const texts = link.events.flatMap(({ eventName, payload }) =>
      eventName === 'message' ? [Object(payload)[0].message.text] : [],
    )
    expect(texts).toEqual([text, expect.stringMatching(why)])
  })

  it('the extension on seed: is unsupported, with a sentence', async () => {
    await using link = await LineLink.open(path('lines+seed'))
    link.send(seedCommand('Subscribe', {}, { requestId: 'r' }))
    expect(await link.reply('r')).toMatchObject({
      ok: false,
      error: { code: 'unsupported', message: /\+roo listener/ },
    })
    link.send(seedCommand('StartNewTask', echo('after')))
    await link.event('TaskCompleted')
  })
})
