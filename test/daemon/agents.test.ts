/** Agents of ours behind a real daemon, seen by legacy clients and by one of ours. */
import { describe, expect, test } from 'vitest'
import { aborted, agentDaemon, completed, config, openAsk, ours } from './agent-daemon.ts'
import { eventually, processesOf } from './task-events.ts'

const place = agentDaemon()
const { legacy, native } = place

const steps = (...all: object[]): string => JSON.stringify(all)
const permission = {
  method: 'session/request_permission',
  toolCall: { toolCallId: 'c', title: 'May I?', kind: 'execute', rawInput: { command: 'rm -r /' } },
  options: [
    { optionId: 'y', name: 'Yes', kind: 'allow_once' },
    { optionId: 'n', name: 'No', kind: 'reject_once' },
  ],
}

describe('an agent', () => {
  test('that wants a form filled in is told that a client declined it', async () => {
    const [client, person] = [await legacy(), await native()]
    const properties = { name: { type: 'string' }, count: { type: 'integer' } }
    const requestedSchema = { type: 'object', properties, required: ['name'] }
    const form = { method: 'elicitation/create', mode: 'form', message: 'Which?', requestedSchema }
    const task = await client.startAndHear(steps({ ask: form }), 'script')
    const ask = await openAsk(person, task)
    await expect(person.respondToAsk(ask, { option: 'perhaps' })).rejects.toMatchObject({
      code: 'invalid_command',
    })
    await person.respondToAsk(ask, { option: 'decline' })
    await client.heard(task, 'taskIdle')
    expect((await client.heard(task, 'say:completion_result')).text).toBe('{"action":"decline"}\n')
  })

  test('goes on with messages that were sent while it worked; one of them is taken back', async () => {
    const client = await legacy()
    const person = await native()
    const task = await client.startAndHear(steps({ say: 'first' }, { ask: permission }), 'script')
    const ask = await openAsk(person, task)
    await person.sendMessage({ taskId: task, text: steps({ say: 'never' }) })
    await person.sendMessage({ taskId: task, text: steps({ say: 'second' }) })
    const { payload } = await client.heard(task, 'queuedMessagesUpdated', 2)
    const [, queue] = payload
    const [first] = Array.isArray(queue) ? queue : []
    client.command('DeleteQueuedMessage', first.id)
    await client.heard(task, 'queuedMessagesUpdated', 3)
    await person.respondToAsk(ask, { option: 'n' })
    await client.heard(task, 'taskIdle')
    const texts = client.events
      .filter((one) => one.task === task && one.name.startsWith('say:'))
      .map(({ text }) => text)
    expect(texts.join()).not.toContain('"never"')
    expect((await client.heard(task, 'say:completion_result')).text).toBe('second')
    expect(client.named(task)).toContain('say:user_feedback')
  })

  test('takes a message after its end as a follow-up, in the session that it has', async () => {
    const client = await legacy()
    const task = await client.startAndHear(steps({ say: 'one' }), 'loads')
    await client.heard(task, 'taskIdle')
    client.command('SendMessage', { text: steps({ say: 'two' }) })
    await client.heard(task, 'taskIdle', 2)
    const names = client.named(task)
    const again = names.slice(names.indexOf('taskIdle') + 1)
    expect(again).toEqual([
      'taskFocused',
      'say:user_feedback',
      'taskTokenUsageUpdated',
      'taskStarted',
      'say:text',
      ...completed,
    ])
    expect((await client.heard(task, 'say:completion_result', 2)).text).toBe('two')
  })

  test('that no longer knows its session is told what was said', async () => {
    const client = await legacy()
    const task = await client.startAndHear(steps({ say: 'one' }), 'script')
    await client.heard(task, 'taskIdle')
    client.command('SendMessage', { text: steps({ say: 'two' }) })
    await client.heard(task, 'taskIdle', 2)
    expect((await client.heard(task, 'say:completion_result', 2)).text).toBe('two')
    expect(client.events.some(({ text }) => text?.includes('no longer knows its session') === true)).toBe(
      true,
    )
  })

  test('is asked for what it offers', async () => {
    const client = await legacy()
    const availableCommands = [{ name: 'init', description: 'begins', input: { hint: 'what' } }]
    const told = { sessionUpdate: 'available_commands_update', availableCommands }
    const task = await client.startAndHear(steps({ update: told }, { ask: permission }), 'offers')
    await client.heard(task, 'taskInteractive')
    for (const name of ['GetModes', 'GetModels', 'GetCommands']) client.command(name)
    const { payload } = await client.heard(undefined, 'modesResponse')
    expect(payload[0]).toContainEqual({ slug: 'ask', name: 'Ask first' })
    expect((await client.heard(undefined, 'modelsResponse')).payload).toMatchObject([
      { m1: { contextWindow: 0 } },
    ])
    expect((await client.heard(undefined, 'commandsResponse')).payload[0]).toContainEqual(
      expect.objectContaining({ name: 'init', description: 'begins', argumentHint: 'what' }),
    )
    client.command('CancelTask', task)
    await client.heard(task, 'taskResumable')
  })

  test('without a login says how to log in, with the question that its clients know', async () => {
    const client = await legacy()
    const task = await client.startAndHear(steps(), 'login')
    await client.heard(task, 'taskResumable')
    expect(client.named(task).slice(5)).toEqual(['say:error', 'ask:api_req_failed', ...aborted])
    expect((await client.heard(task, 'say:error')).text).toContain('wants a login first (-32000)')
  })

  test('that ignores cancel and TERM is ended all the same', async () => {
    const client = await legacy()
    const task = await client.startAndHear(
      steps({ say: 'busy' }, { grandchild: true }, { untilCancel: true }),
      'ignores',
    )
    await eventually(() => expect(client.events.some(({ text }) => text === 'busy')).toBe(true))
    client.command('CancelTask', task)
    await client.heard(task, 'taskResumable')
    expect(client.named(task).slice(-2)).toEqual(aborted)
    expect(processesOf(task)).toEqual([])
  })

  test('that dies in a tool call is told with the question of a task that can go on', async () => {
    const client = await legacy()
    const call = { sessionUpdate: 'tool_call', toolCallId: '1', title: 'Edit', kind: 'edit' }
    const task = await client.startAndHear(steps({ update: call }, { exit: 4 }), 'script')
    await client.heard(task, 'taskResumable')
    expect(client.named(task).slice(5)).toEqual(['ask:tool', 'say:error', 'ask:resume_task', ...aborted])
    const person = await native()
    expect(await person.getTask(task)).toMatchObject({ state: 'failed', exit: { code: 4 }, resumable: true })
  })

  test('says what is not known here to clients of ours alone', async () => {
    const [client, person] = [await legacy(), await native()]
    const stream = person.events({ events: ['agentUpdated'] })
    const task = await client.startAndHear(steps({ update: { sessionUpdate: 'mood', is: 'good' } }), 'script')
    for await (const item of stream) {
      if (item.type !== 'TaskEvent') continue
      expect(item.data).toEqual({
        eventName: 'agentUpdated',
        payload: [task, { sessionUpdate: 'mood', is: 'good' }],
      })
      break
    }
    await client.heard(task, 'taskIdle')
    expect(client.named(task)).not.toContain('agentUpdated')
  })
})

test('profiles are read again when a client asks for it; a file with a mistake changes nothing', async () => {
  const person = await native()
  place.daemon.place.writeConfig({ ...config, profiles: { ...config.profiles, later: ours('echo') } })
  expect(await person.request({ commandName: 'ReloadConfig' })).toMatchObject({
    profiles: expect.arrayContaining(['later', 'example']),
  })
  const client = await legacy()
  const task = await client.startAndHear('hello', 'later')
  expect((await client.heard(task, 'say:completion_result')).text).toContain('hello')
  place.daemon.place.writeConfig({ profiles: { broken: { runner: 'acp' } } })
  await expect(person.request({ commandName: 'ReloadConfig' })).rejects.toMatchObject({
    code: 'invalid_command',
  })
  const again = await client.startAndHear('hello again', 'later')
  expect((await client.heard(again, 'say:completion_result')).text).toContain('hello again')
})
