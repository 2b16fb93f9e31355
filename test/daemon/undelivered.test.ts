/** Messages that a real daemon took, and had not given to a run yet, when it got SIGKILL. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DaemonPlace, startDaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import { eventually, heard, processesOf, startCommand, startScript, textsOf } from './task-events.ts'

/** Notes what it is asked and answers it, but for `hang`. */
const agent = `
const { appendFileSync } = require('node:fs')
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  const answer = (result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n')
  if (method === 'initialize') return answer({ protocolVersion: 1, agentCapabilities: { loadSession: true } })
  if (method === 'session/new') return answer({ sessionId: 's' })
  if (method !== 'session/prompt') return answer({})
  const text = params.prompt.map((block) => block.text).join('|')
  appendFileSync('prompts', text + '\\n')
  if (text !== 'hang') answer({ stopReason: 'end_turn' })
})`

describe.skipIf(!existsSync('/proc/self/environ'))('a daemon that is killed', () => {
  test('has the messages that waited for the end of an agent’s turn: they are shown, and said when it is resumed', async () => {
    using place = new DaemonPlace()
    writeFileSync(join(place.dir, 'agent.cjs'), agent)
    const prompts = (): string => readFileSync(join(place.dir, 'prompts'), 'utf8')
    const command = [process.execPath, join(place.dir, 'agent.cjs')]
    const config = { profiles: { agent: { runner: 'acp', command } }, limits: { cancelGraceMs: 300 } }
    const first = await startDaemonProcess({ place, config })
    const link = await RawLink.open(first.socketPath)
    const start = { text: 'hang', configuration: { callboard: { profile: 'agent', cwd: place.dir } } }
    const { taskId } = (await link.request('StartNewTask', start)).result as { taskId: string }
    await eventually(() => expect(prompts()).toBe('hang\n'))
    for (const text of ['one', 'two'])
      expect(await link.request('SendMessage', { taskId, text })).toMatchObject({ ok: true })
    await first.kill('SIGKILL')

    await using second = await startDaemonProcess({ place, config })
    await using again = await RawLink.open(second.socketPath)
    expect(await again.request('GetTask', taskId)).toMatchObject({
      result: { state: 'resumable', queuedMessages: [{ text: 'one' }, { text: 'two' }] },
    })
    expect(processesOf(taskId)).toEqual([])
    await again.request('ResumeTask', taskId)
    await heard(again, taskId, 'taskIdle')
    expect(prompts()).toBe('hang\nGo on where you were interrupted.\none|two\n')
    expect(textsOf(again, taskId, 'say:user_feedback')).toEqual(['one', 'two'])
    expect((await again.request('GetTask', taskId)).result).not.toHaveProperty('queuedMessages')
  })

  test('has those that waited with a task for its turn: it runs by itself, as it would have, and is given them', async () => {
    using place = new DaemonPlace()
    const config = { limits: { runningTasks: 1, cancelGraceMs: 300 } }
    const first = await startDaemonProcess({ place, config })
    const link = await RawLink.open(first.socketPath)
    await startScript(link, 'exec sleep 300')
    const waits = await startCommand(link, ['head', '-n', '1'], { stdin: 'open' })
    expect(await link.request('SendMessage', { taskId: waits, text: 'kept' })).toMatchObject({ ok: true })
    await first.kill('SIGKILL')

    await using second = await startDaemonProcess({ place, config })
    await using again = await RawLink.open(second.socketPath)
    await again.hello()
    await again.request('Subscribe', { tasks: [waits], after: 0 })
    await heard(again, waits, 'taskIdle')
    expect(textsOf(again, waits, 'say:command_output').join('')).toContain('kept')
  })
})
