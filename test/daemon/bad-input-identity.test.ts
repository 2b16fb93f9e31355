import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reservedNames } from './bad-input-frames.ts'
import { Trial } from './bad-input-trial.ts'
import { RawLink } from './raw-link.ts'

let trial: Trial
beforeAll(async () => {
  trial = await Trial.begin()
})
afterAll(async () => {
  await trial[Symbol.asyncDispose]()
})

describe('a name that objects or machines give a meaning', () => {
  it('is only a name where a client may choose one', async () => {
    await using link = await RawLink.open(trial.path)
    for (const name of reservedNames.filter((one) => one !== '')) {
      link.command('GetTask', name, { requestId: name })
      const reply = await link.reply(name)
      expect(reply.error?.code, name).toBe('unknown_task')
      expect((await link.request('Subscribe', { events: [name], tasks: [name] })).ok).toBe(true)
      const started = await link.request('StartNewTask', {
        text: '',
        configuration: { mode: name, callboard: { profile: name } },
      })
      expect(started.ok && started.result, name).toBeFalsy()
      const env = `{"commandName":"StartNewTask","data":{"text":"","configuration":{"callboard":{"command":["true"],"env":{"__proto__":"x"}}}}}`
      link.write(
        `{"type":"message","data":{"type":"TaskCommand","origin":"client","requestId":"env-${name}","data":${env}}}\f`,
      )
    }
    expect((await link.request('Unsubscribe')).ok).toBe(true)
    await trial.expectAlive()
  })

  it('as a key reaches no prototype', async () => {
    await using link = await RawLink.open(trial.path)
    const evil =
      '{"type":"message","data":{"type":"Shutdown"},"requestId":"x","commandName":"Shutdown","ok":true}'
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      link.write(
        `{"${key}":${evil},"type":"message","data":{"${key}":${evil},"type":"TaskCommand","origin":"client",` +
          `"requestId":"${key}","data":{"${key}":${evil},"commandName":"ListTasks","data":{"${key}":${evil}}}}}\f`,
      )
      expect((await link.reply(key)).ok, key).toBe(true)
      // Whatever is asked for must be the frame's own, not its prototype's.
      link.write(
        `{"__proto__":{"type":"message","data":{"type":"TaskCommand","origin":"client","requestId":"in-${key}","data":{"commandName":"GetModes"}}}}\f`,
      )
      link.write(
        `{"type":"message","data":{"type":"TaskCommand","origin":"client","requestId":"own-${key}","data":{"__proto__":{"commandName":"GetModes"}}}}\f`,
      )
      expect((await link.reply(`own-${key}`)).error?.code).toBe('invalid_command')
      expect(link.messages.some(({ requestId }) => requestId === `in-${key}`)).toBe(false)
    }
    await trial.expectAlive()
  })
})

describe('another client', () => {
  it('cannot be spoken for by its clientId', async () => {
    await using victim = await RawLink.open(trial.path)
    await using thief = await RawLink.open(trial.path)
    const started = await victim.request('StartNewTask', {
      text: '',
      configuration: { callboard: { command: ['sleep', '600'] } },
    })
    expect(started.ok).toBe(true)
    for (const commandName of ['Shutdown', 'Subscribe', 'StartNewTask', 'SendMessage']) {
      thief.command(commandName, {}, { clientId: victim.clientId, requestId: commandName })
      expect((await thief.reply(commandName)).error?.code).toBe('unauthorized')
      thief.command(commandName, {}, { clientId: victim.clientId })
    }
    const { taskId } = taskOf(started.result)
    for (const commandName of ['CancelTask', 'CloseTask', 'ResumeTask']) {
      thief.command(commandName, taskId, { clientId: victim.clientId, requestId: commandName })
      expect((await thief.reply(commandName)).error?.code).toBe('unauthorized')
      thief.command(commandName, taskId, { clientId: victim.clientId })
    }
    thief.send({
      type: 'Hello',
      origin: 'client',
      clientId: victim.clientId,
      data: { protocol: 1, client: { name: 'thief', version: '' } },
    })
    expect((await thief.reply('hello')).error?.code).toBe('unauthorized')
    const { result } = await victim.request('ListTasks', { states: ['running'] })
    expect(result).toMatchObject({ tasks: [{ state: 'running' }] })
    expect(victim.messages.filter(({ type }) => type === 'Reply')).toHaveLength(2)
    expect((await victim.request('CancelTask')).ok).toBe(true)
  })

  it('cannot be taken over by guessing its session', async () => {
    await using victim = await RawLink.open(trial.path)
    const { result } = await victim.hello()
    const { sessionId, epoch } = sessionOf(result)
    const flipped = `${sessionId.slice(0, -1)}${sessionId.endsWith('0') ? '1' : '0'}`
    const guesses = [
      victim.clientId,
      '',
      '0'.repeat(32),
      flipped,
      sessionId.slice(0, -1),
      sessionId.toUpperCase(),
    ]
    for (const guess of [...guesses, ...reservedNames.filter((name) => name.length <= 64)]) {
      if (guess === sessionId) continue
      await using thief = await RawLink.open(trial.path)
      const reply = await thief.hello({ resume: { sessionId: guess, epoch, after: 0 } })
      expect(reply.ok, guess).toBe(true)
      expect(reply.result, guess).not.toMatchObject({ resumed: true })
      expect(sessionOf(reply.result).sessionId).not.toBe(sessionId)
      const everything = JSON.stringify([
        await thief.request('ListClients'),
        await thief.request('GetStatus'),
      ])
      expect(everything).not.toContain(sessionId)
    }
    expect(victim.isClosed).toBe(false)
    expect((await victim.request('GetStatus')).ok).toBe(true)
    expect(trial.daemon.log).not.toContain(sessionId)
  })

  it('never gets an answer that is not its own', async () => {
    await using one = await RawLink.open(trial.path)
    await using other = await RawLink.open(trial.path)
    one.command('GetModes', undefined, { requestId: 'same' })
    other.command('GetTask', 'nothing', { requestId: 'same' })
    expect((await one.reply('same')).ok).toBe(true)
    expect((await other.reply('same')).ok).toBe(false)
  })
})

function taskOf(result: unknown): { taskId: string } {
  return { taskId: '', ...(typeof result === 'object' ? result : {}) }
}

function sessionOf(result: unknown): { sessionId: string; epoch: string } {
  const found = { sessionId: '', epoch: '', ...(typeof result === 'object' ? result : {}) }
  expect(found.sessionId).toMatch(/^[0-9a-f]{32}$/)
  return found
}
