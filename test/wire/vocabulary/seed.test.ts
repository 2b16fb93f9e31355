import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { ClientMessage, ServerMessage } from '../../../src/wire/envelope.ts'
import { commandNames } from '../../../src/wire/commands.ts'
import { parseFromClient, parseFromServer } from '../../../src/wire/vocabulary/parse.ts'
import type { TaskMessage } from '../../../src/wire/events.ts'
import { seed } from '../../../src/wire/vocabulary/seed.ts'
import { eventMessage, id, sampleEvents } from '../sample-messages.ts'

const clientId = 'a3f7b9c2d1e4'
const command = (commandName: unknown, data?: unknown, more: object = {}) => ({
  type: 'TaskCommand',
  origin: 'Client',
  clientId,
  data: { commandName, data },
  ...more,
})
const heard = (commandName: string, data?: unknown) => ({
  ok: true,
  value: { type: 'TaskCommand', origin: 'client', clientId, data: { commandName, data } },
})

test('the four commands are taken as the document’s TypeScript writes them', () => {
  const start = { text: 'Refactor', images: [], newTab: false }
  expect(seed.parseFromClient(command('StartNewTask', start))).toEqual(
    heard('StartNewTask', { ...start, configuration: {} }),
  )
  for (const name of ['CancelTask', 'CloseTask', 'ResumeTask']) {
    expect(seed.parseFromClient(command(name, 'task-123'))).toEqual(heard(name, 'task-123'))
  }
})

test('they are taken as its Rust writes them: client_id, new_tab, and null for None', () => {
  const rust = (data: unknown, client_id: string | null) => ({
    type: 'TaskCommand',
    origin: 'Client',
    client_id,
    data,
  })
  const none = { configuration: null, text: 'Refactor', images: null, new_tab: null }
  expect(seed.parseFromClient(rust({ commandName: 'StartNewTask', data: none }, clientId))).toEqual(
    heard('StartNewTask', { text: 'Refactor', configuration: {} }),
  )
  const some = { configuration: { a: null }, text: '', images: ['x'], new_tab: true }
  expect(seed.parseFromClient(rust({ commandName: 'StartNewTask', data: some }, clientId))).toEqual(
    heard('StartNewTask', { configuration: { a: null }, text: '', images: ['x'], newTab: true }),
  )
  const cancel = seed.parseFromClient(rust({ commandName: 'CancelTask', data: 'task-123' }, null))
  expect(cancel).toEqual({
    ok: true,
    value: { type: 'TaskCommand', origin: 'client', data: { commandName: 'CancelTask', data: 'task-123' } },
  })
})

test('an unknown command is told of those alone that a client of seed may send', () => {
  const said = (name: string): string => JSON.stringify(seed.parseFromClient(command(name)))
  expect(said('ListTask')).not.toContain('ListTasks')
  expect(said('CancelTsk')).toContain('There is no command \\"CancelTsk\\". Did you mean CancelTask?')
  expect(said('Xyzzy')).toContain(
    'Known are StartNewTask, CancelTask, CloseTask, ResumeTask, SendMessage, DeleteQueuedMessage."',
  )
})

test('null is absent in every optional field, and stays in what is the runner’s own', () => {
  const callboard = { profile: null, command: ['true'], cwd: null, env: null, stdin: null }
  const configuration = { callboard, provider: { key: null } }
  const parsed = seed.parseFromClient(command('StartNewTask', { configuration, text: null }))
  expect(parsed).toEqual(
    heard('StartNewTask', {
      configuration: { callboard: { command: ['true'] }, provider: { key: null } },
      text: '',
    }),
  )
  expect(seed.parseFromClient(command('CancelTask', null, { requestId: null }))).toEqual(heard('CancelTask'))
  expect(seed.parseFromClient(command('SendMessage', { text: 'hi', images: null, taskId: null }))).toEqual(
    heard('SendMessage', { text: 'hi' }),
  )
})

test('keys of nobody are stripped, and none reaches a prototype', () => {
  const more: object = JSON.parse('{"extra":1,"__proto__":{"polluted":1},"constructor":{"polluted":1}}')
  const parsed = seed.parseFromClient(command('StartNewTask', { text: 'a', ...more }, more))
  expect(parsed).toEqual(heard('StartNewTask', { text: 'a', configuration: {} }))
  expect(Object.prototype).not.toHaveProperty('polluted')
})

test('two ids that differ are refused, and two that agree are one', () => {
  expect(seed.parseFromClient(command('CancelTask', id, { client_id: 'other' }))).toMatchObject({
    ok: false,
    error: { code: 'invalid_frame', message: /clientId and client_id differ/ },
  })
  expect(seed.parseFromClient(command('CancelTask', id, { client_id: clientId }))).toMatchObject({ ok: true })
})

test('the extension is refused, with the listener that has it', () => {
  const hello = {
    type: 'Hello',
    origin: 'Client',
    data: { protocol: 1, client: { name: 'n', version: '1' } },
  }
  const taken = new Set([
    'StartNewTask',
    'CancelTask',
    'CloseTask',
    'ResumeTask',
    'SendMessage',
    'DeleteQueuedMessage',
  ])
  const others = commandNames.filter((name) => !taken.has(name))
  expect(others).toContain('Subscribe')
  for (const message of [
    hello,
    command('CancelTask', id, { requestId: 'r' }),
    ...others.map((name) => command(name)),
  ]) {
    expect(seed.parseFromClient(message)).toMatchObject({
      ok: false,
      error: { code: 'unsupported', message: /a …\+roo listener\.$/ },
    })
  }
})

test('what is no message is refused', () => {
  const wrong = [
    null,
    7,
    [],
    {},
    { type: 'Ack', origin: 'Client' },
    { type: 'TaskCommand', origin: 'CLIENT' },
  ]
  for (const value of wrong) {
    expect(seed.parseFromClient(value)).toMatchObject({ ok: false, error: { code: 'invalid_frame' } })
    expect(seed.parseFromServer(value)).toMatchObject({ ok: false, error: { code: 'invalid_frame' } })
  }
  const commands = [
    command(undefined),
    command('StartNewTasc'),
    command('ResumeTask'),
    command('StartNewTask', { text: 7 }),
  ]
  for (const value of [...commands, command('x', 1, { data: null })]) {
    expect(seed.parseFromClient(value)).toMatchObject({ ok: false, error: { code: 'invalid_command' } })
  }
  expect(seed.parseFromClient(command('StartNewTasc'))).toMatchObject({ error: { message: /StartNewTask/ } })
  expect(seed.parseFromClient(command('CancelTask', id, { clientId: 7 }))).toMatchObject({ ok: false })
})

test('each vocabulary knows the other by its origin and says which listener to use', () => {
  const rooCommand = { type: 'TaskCommand', origin: 'client', data: { commandName: 'GetModes' } }
  const rooAck = { type: 'Ack', origin: 'server', data: { clientId, pid: 1, ppid: 1 } }
  const seedAck = seed.toClient({ type: 'Ack', origin: 'server', data: { clientId, pid: 1, ppid: 1 } })
  for (const [outcome, name] of [
    [seed.parseFromClient(rooCommand), 'roo'],
    [seed.parseFromServer(rooAck), 'roo'],
    [parseFromClient(command('CancelTask', id)), 'seed'],
    [parseFromServer(seedAck), 'seed'],
  ] as const) {
    expect(outcome).toMatchObject({ ok: false, error: { code: 'invalid_frame' } })
    expect(outcome.ok ? '' : outcome.error.message).toMatch(
      new RegExp(`vocabulary ${name}\\b.*\\+${name} listener`),
    )
  }
})

test('the Ack carries its client’s id under both names, in the data and beside', () => {
  const ack: ServerMessage = {
    type: 'Ack',
    origin: 'server',
    data: {
      clientId,
      pid: 4242,
      ppid: 1,
      protocol: { name: 'callboard', version: 1 },
      epoch: 'e.1',
      head: 3,
    },
  }
  const names = { clientId, client_id: clientId }
  expect(seed.toClient(ack)).toEqual({
    type: 'Ack',
    origin: 'Server',
    ...names,
    data: { ...names, pid: 4242, ppid: 1 },
  })
})

test('four events are said in its shapes, with the time at which they happened, and every other is left out', () => {
  const said = sampleEvents.flatMap((event) => seed.toClient(eventMessage(event)) ?? [])
  const message = sampleEvents.find((event) => event.eventName === 'message')?.payload[0].message
  expect(said).toEqual(
    [
      { type: 'TaskStarted', taskId: id, timestamp: 17 },
      { type: 'TaskCompleted', taskId: id, timestamp: 17 },
      { type: 'TaskAborted', taskId: id, timestamp: 17 },
      { type: 'Message', taskId: id, message },
    ].map((data) => ({ type: 'TaskEvent', origin: 'Server', data })),
  )
  expect(
    seed.toClient({ type: 'Gap', origin: 'server', data: { from: 1, firstAvailable: 2 } }),
  ).toBeUndefined()
})

test('a message is said with all that it has', () => {
  const message: TaskMessage = {
    ts: 1,
    type: 'say',
    say: 'command_output',
    text: 'a',
    images: ['data:,'],
    partial: true,
    stream: 'stdout',
    bytes: 'YQ==',
  }
  const said = { taskId: id, action: 'updated', message } as const
  expect(seed.toClient(eventMessage({ eventName: 'message', payload: [said] }))).toStrictEqual({
    type: 'TaskEvent',
    origin: 'Server',
    data: { type: 'Message', taskId: id, message },
  })
})

test('a Reply, which only a client of roo can have asked for, is said as roo says it', () => {
  const reply: ServerMessage = {
    type: 'Reply',
    origin: 'server',
    requestId: 'r',
    data: { ok: false, error: { code: 'invalid_frame', message: 'm' } },
  }
  expect(parseFromServer(seed.toClient(reply))).toEqual({ ok: true, value: reply })
})

test('what the server’s end says the client’s end hears, and would say again', () => {
  const ack: ServerMessage = { type: 'Ack', origin: 'server', data: { clientId, pid: 1, ppid: 2 } }
  for (const message of [ack, ...sampleEvents.map(eventMessage)]) {
    const said = seed.toClient(message)
    if (said === undefined) continue
    const parsed = seed.parseFromServer(said)
    expect(parsed.ok && seed.toClient(parsed.value)).toEqual(said)
  }
  const beside = { type: 'Ack', origin: 'Server', client_id: clientId, data: { pid: 1, ppid: 2 } }
  expect(seed.parseFromServer(beside)).toEqual({ ok: true, value: ack })
  expect(seed.parseFromServer({ ...beside, client_id: null })).toMatchObject({ ok: false })
})

test('what the client’s end says the server’s end hears', () => {
  const message: ClientMessage = {
    type: 'TaskCommand',
    origin: 'client',
    clientId,
    data: { commandName: 'StartNewTask', data: { text: 'a', configuration: {} } },
  }
  expect(seed.parseFromClient(JSON.parse(JSON.stringify(seed.toServer(message))))).toEqual({
    ok: true,
    value: message,
  })
})

test('every example of the protocol document is valid', () => {
  const document = readFileSync(new URL('../../../src/wire/PROTOCOL.md', import.meta.url), 'utf8')
  const lines = [...document.matchAll(/```json\n([^`]*)```/g)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  )
  expect(lines.length).toBeGreaterThan(5)
  for (const line of lines) {
    const message: { readonly origin: string } = JSON.parse(line)
    const parsed = message.origin === 'Server' ? seed.parseFromServer(message) : seed.parseFromClient(message)
    expect(parsed, line).toMatchObject({ ok: true })
  }
})
