/** Asks of commands where nobody but unmodified clients is connected: what a profile says about them, over real sockets. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Task } from '../../src/wire/envelope.ts'
import type { AskOutcome } from '../../src/wire/events.ts'
import { startDaemonProcess } from './daemon-process.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { newest } from './field-setting.ts'
import { RawLink } from './raw-link.ts'
import { RooClient } from './roo-client.ts'
import { eventsOf, eventually, heard } from './task-events.ts'

/** A denial comes first: none of these may be taken for what it is not by its place. */
const options = '[{"id":"no","meaning":"deny"},{"id":"yes","meaning":"allow"}]'
const asking = (line: string): string => `echo '${line}' >&3; read -r answer <&3; echo "$answer"`
const profile = (script: string, legacyAsks?: string): object => ({
  runner: 'command',
  command: ['sh', '-c', script],
  ...(legacyAsks === undefined ? {} : { legacyAsks }),
})
const doIt = asking(`{"text":"Do it?","options":${options}}`)
const profiles = {
  allow: profile(doIt, 'allow'),
  deny: profile(doIt, 'deny'),
  wait: profile(doIt),
  question: profile(asking('{"text":"Which?"}'), 'allow'),
  unmarked: profile(asking('{"text":"Do it?","options":["yes","no"]}'), 'allow'),
}
/** No config offers the grace after a native client: a test does not wait ten seconds. */
const nodeArgs = ['--import', new URL('short-grace.ts', import.meta.url).href]

let daemon: DaemonProcess
beforeAll(async () => {
  daemon = await startDaemonProcess({ nodeArgs, config: { profiles, limits: { runningTasks: 64 } } })
})
afterAll(async () => {
  await daemon[Symbol.asyncDispose]()
})

async function legacy(): Promise<RooClient> {
  return await RooClient.open(daemon.socketPath, newest.published)
}

async function native(more: object = {}): Promise<RawLink> {
  const link = await RawLink.open(daemon.socketPath)
  await link.hello(more)
  return link
}

/** How a task's asks ended, as one is told who comes when all is over. */
async function outcomes(task: string): Promise<AskOutcome[]> {
  await using late = await native()
  await late.request('Subscribe', { tasks: [task], after: 0 })
  await heard(late, task, 'taskIdle')
  return eventsOf(late, task).flatMap(({ data }) =>
    data?.eventName === 'askResolved' ? [data.payload?.[1] as AskOutcome] : [],
  )
}

test.each([
  ['allow', 'yes'],
  ['deny', 'no'],
])('a profile that says %s answers an approval by itself, by what its options mean', async (mode, option) => {
  using client = await legacy()
  const task = await client.startAndHear(`${mode} it`, mode)
  await client.heard(task, 'taskIdle')
  expect((await client.heard(task, 'say:command_output')).text).toBe(`{"option":"${option}"}\n`)
  expect(client.named(task)).toEqual(
    expect.arrayContaining(['ask:command', 'taskInteractive', 'taskAskResponded', 'taskActive']),
  )
  expect(await outcomes(task)).toMatchObject([{ outcome: 'answered', option, automatic: true }])
  expect(client.refused).toEqual([])
})

test('without such a word, or where no option says that it allows, it waits for a native client, whatever is typed', async () => {
  using client = await legacy()
  const tasks = [await client.startAndHear('wait', 'wait'), await client.startAndHear('mark', 'unmarked')]
  for (const task of tasks) await client.heard(task, 'ask:command')
  client.command('SendMessage', { text: 'yes' })
  await using late = await native()
  for (const task of tasks) {
    const { result } = await late.request('GetTask', task)
    const { state, asks } = result as Task
    expect(state).toBe('interactive')
    expect(await late.request('RespondToAsk', { askId: asks[0]?.id, option: 'yes' })).toMatchObject({
      ok: true,
    })
    await client.heard(task, 'taskIdle')
  }
  expect(await outcomes(tasks[0] ?? '')).toMatchObject([{ by: late.clientId, client: 'raw' }])
})

test('a question is the legacy client’s own to answer, whatever the profile says', async () => {
  using client = await legacy()
  const task = await client.startAndHear('which', 'question')
  await client.heard(task, 'ask:followup')
  client.command('SendMessage', { text: 'the second' })
  expect((await client.heard(task, 'say:command_output')).text).toBe('{"text":"the second"}\n')
  await client.heard(task, 'taskIdle')
  expect(await outcomes(task)).toMatchObject([{ outcome: 'answered', by: client.clientId }])
})

test('while a native client watches it is that one’s to answer; who only looks or runs inside is none', async () => {
  using client = await legacy()
  const watcher = await native()
  await using observer = await native({ role: 'observer' })
  const task = await client.startAndHear('deny it', 'deny')
  await heard(watcher, task, 'askOpened')
  await using inside = await native({ task })
  expect(((await watcher.request('GetTask', task)).result as Task).state).toBe('interactive')
  await watcher[Symbol.asyncDispose]()
  await client.heard(task, 'taskIdle')
  expect((await client.heard(task, 'say:command_output')).text).toBe('{"option":"no"}\n')
  await eventually(() => expect(observer.events(task)).toContain('askResolved'))
  expect(inside.events(task)).toContain('askResolved')
})
