import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandNames } from '../../../src/wire/commands.ts'
import { parseFromClient, parseFromServer } from '../../../src/wire/vocabulary/parse.ts'
import { published115, published163, published189 } from './published.ts'

const clientId = 'efa6e2fb772e'
const commanded = (data: unknown, more: object = {}) =>
  parseFromClient({ type: 'TaskCommand', origin: 'client', clientId, ...more, data })

function refusal(outcome: ReturnType<typeof parseFromClient>) {
  return outcome.ok ? { code: 'accepted', message: '' } : outcome.error
}

test('every published command of every version is taken', () => {
  const data: Readonly<Record<string, unknown>> = {
    StartNewTask: { configuration: { apiProvider: 'fake-ai' }, text: 'x', images: ['i'], newTab: true },
    SendMessage: { text: 'x', images: [] },
  }
  for (const published of [published163, published189, published115]) {
    for (const commandName of published.commands) {
      const message = {
        type: 'TaskCommand',
        origin: 'client',
        clientId,
        data: { commandName, data: data[commandName] ?? 't1' },
      }
      published.parse(message)
      expect(parseFromClient(message)).toMatchObject({ ok: true, value: { data: { commandName } } })
    }
  }
  for (const commandName of ['CancelTask', 'CloseTask', 'GetModels'])
    expect(commanded({ commandName }).ok).toBe(true)
})

test('what may be left out is filled in, and what is not known is stripped', () => {
  const outcome = commanded(
    { commandName: 'StartNewTask', data: { extra: 1, configuration: { any: [1] } } },
    { extra: 2 },
  )
  expect(outcome).toEqual({
    ok: true,
    value: {
      type: 'TaskCommand',
      origin: 'client',
      clientId,
      data: { commandName: 'StartNewTask', data: { configuration: { any: [1] }, text: '' } },
    },
  })
  expect(commanded({ commandName: 'ListTasks' })).toMatchObject({ value: { data: { data: {} } } })
})

test('an unknown command is refused by its name, with the one that was meant or all there are', () => {
  expect(refusal(commanded({ commandName: 'StartTask' }))).toEqual({
    code: 'invalid_command',
    message: 'There is no command "StartTask". Did you mean StartNewTask?',
  })
  const far = refusal(commanded({ commandName: `\u202e${'z'.repeat(5_000)}` }))
  for (const name of commandNames) expect(far.message).toContain(name)
  expect(far.message).not.toContain('\u202e')
  expect(far.message.length).toBeLessThan(600)
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    expect(refusal(commanded({ commandName: name })).code).toBe('invalid_command')
  }
})

test('a wrong data is refused with its place and what was expected', () => {
  const message = (data: unknown) => refusal(commanded(data)).message
  expect(message({ commandName: 'ResumeTask' })).toMatch(/^ResumeTask: data: .*expected string/)
  expect(message({ commandName: 'StartNewTask', data: { text: 5 } })).toMatch(
    /^StartNewTask: data\.text: .*expected string/,
  )
  expect(message({ commandName: 'Subscribe', data: { after: -1 } })).toMatch(/^Subscribe: data\.after: /)
  expect(message({ commandName: 'Subscribe', data: { tasks: Array(1_001).fill('t') } })).toMatch(
    /at most 1000 task ids/,
  )
  expect(message({ commandName: 'ListTasks', data: { states: ['gone'] } })).toMatch(
    /queued, starting, running/,
  )
  expect(refusal(commanded(undefined))).toMatchObject({ code: 'invalid_command', message: /commandName/ })
})

test('what is wrong with the message itself is an invalid frame', () => {
  const get = { commandName: 'GetStatus' }
  for (const more of [
    { origin: 'server' },
    { requestId: 'x'.repeat(65) },
    { requestId: '' },
    { clientId: 7 },
  ]) {
    expect(refusal(commanded(get, more))).toMatchObject({
      code: 'invalid_frame',
      message: new RegExp(Object.keys(more)[0] ?? ''),
    })
  }
  expect(commanded(get, { requestId: 'x'.repeat(64) }).ok).toBe(true)
  for (const type of ['Ack', 'TaskEvent', 'Connect', 'Disconnect', 'Reply', 'toString', 7, undefined]) {
    expect(refusal(parseFromClient({ type, origin: 'client', data: get })).code).toBe('invalid_frame')
  }
})

test('a Hello is taken with all of its fields and refused with the place of a wrong one', () => {
  const data = {
    protocol: 1,
    client: { name: 'n', version: 'v' },
    role: 'observer',
    resume: { sessionId: 's', epoch: 'e.1', after: 0 },
    task: 't',
  }
  const hello = (more: object) =>
    parseFromClient({ type: 'Hello', origin: 'client', data: { ...data, ...more } })
  expect(hello({})).toEqual({ ok: true, value: { type: 'Hello', origin: 'client', data } })
  expect(refusal(hello({ client: { name: 'x'.repeat(101), version: '' } }))).toMatchObject({
    code: 'invalid_frame',
    message: /^Hello: data\.client\.name: /,
  })
})

test('no JSON value makes parsing throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...commandNames, 'x'), (data, commandName) => {
      for (const value of [
        data,
        { type: data },
        { type: 'Hello', data },
        { type: 'TaskCommand', origin: 'client', data },
      ]) {
        expect(parseFromClient(value)).toHaveProperty('ok')
        expect(parseFromServer(value)).toHaveProperty('ok')
      }
      expect(commanded({ commandName, data })).toHaveProperty('ok')
    }),
  )
})
