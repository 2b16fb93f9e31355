/** Asks of real commands over real sockets, with clients of every kind and a daemon that is killed. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import type { Task } from '../../src/wire/envelope.ts'
import type { Ask, AskOutcome } from '../../src/wire/events.ts'
import { DaemonPlace, startDaemonProcess } from './daemon-process.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import { eventsOf, eventually, heard, said, startCommand, startScript } from './task-events.ts'

const yesOrNo = '{"text":"Do it?","options":[{"id":"yes","meaning":"allow"},{"id":"no","meaning":"deny"}]}'
const asking = (line: string): string => `echo '${line}' >&3; read -r answer <&3; echo "$answer"`

let daemon: DaemonProcess
beforeAll(async () => {
  daemon = await startDaemonProcess({ config: { limits: { runningTasks: 64 } } })
})
afterAll(async () => {
  await daemon[Symbol.asyncDispose]()
})

async function native(at = daemon, more: object = {}): Promise<RawLink> {
  const link = await RawLink.open(at.socketPath)
  await link.hello(more)
  return link
}

async function taskOf(link: RawLink, id: string): Promise<Task> {
  return (await link.request('GetTask', id)).result as Task
}

async function openAsk(link: RawLink, task: string): Promise<Ask> {
  await heard(link, task, 'askOpened')
  const [ask] = (await taskOf(link, task)).asks
  if (ask === undefined) throw new Error('nothing is asked')
  return ask
}

/** What the task's command printed. */
function printed(link: RawLink, task: string): string {
  const texts = new Map<number, string>()
  for (const { data } of eventsOf(link, task)) {
    const [first] = data?.payload ?? []
    const { message } = (first ?? {}) as { message?: { ts: number; say?: string; text?: string } }
    if (message?.say === 'command_output') texts.set(message.ts, message.text ?? '')
  }
  return [...texts.values()].join('')
}

function outcomes(link: RawLink, task: string): AskOutcome[] {
  return eventsOf(link, task).flatMap(({ data }) =>
    data?.eventName === 'askResolved' ? [data.payload?.[1] as AskOutcome] : [],
  )
}

describe('a command that asks', () => {
  test('is answered by who comes late; who comes later still is told who won', async () => {
    await using one = await native()
    const task = await startScript(one, asking(yesOrNo))
    const ask = await openAsk(one, task)
    expect((await taskOf(one, task)).state).toBe('interactive')
    await using late = await native(daemon, { client: { name: 'late', version: '1' } })
    const { result } = await late.request('Subscribe', { tasks: [task], snapshot: true })
    expect(result).toMatchObject({ snapshot: { tasks: [{ id: task, asks: [ask] }] } })
    expect(await late.request('RespondToAsk', { askId: ask.id, text: 'yes' })).toMatchObject({
      error: { code: 'invalid_command' },
    })
    expect(await late.request('RespondToAsk', { askId: ask.id, option: 'yes' })).toMatchObject({ ok: true })
    expect(await one.request('RespondToAsk', { askId: ask.id, option: 'no' })).toMatchObject({
      error: { code: 'unknown_ask', details: { outcome: 'answered', by: late.clientId, client: 'late' } },
    })
    await heard(one, task, 'taskIdle')
    expect(printed(one, task)).toBe('{"option":"yes"}\n')
    expect(outcomes(one, task)).toEqual([
      { id: ask.id, outcome: 'answered', option: 'yes', by: late.clientId, client: 'late' },
    ])
  })

  test('many answers at once from many clients: one wins, the same for all', async () => {
    const links = await Promise.all(Array.from({ length: 8 }, async () => await native()))
    const [first] = links
    if (first === undefined) throw new Error('no link')
    const task = await startScript(first, asking('{"text":"Who?"}'))
    const ask = await openAsk(first, task)
    const replies = await Promise.all(
      links.map(async (link, n) => await link.request('RespondToAsk', { askId: ask.id, text: `${n}` })),
    )
    expect(replies.filter(({ ok }) => ok === true)).toHaveLength(1)
    const winner = links[replies.findIndex(({ ok }) => ok === true)]
    for (const { error } of replies.filter(({ ok }) => ok !== true)) {
      expect(error).toMatchObject({ code: 'unknown_ask', details: { by: winner?.clientId } })
    }
    await heard(first, task, 'taskIdle')
    expect(printed(first, task)).toBe(`{"text":"${links.indexOf(winner ?? first)}"}\n`)
    for (const link of links) await link[Symbol.asyncDispose]()
  })

  test('takes a legacy client’s message for an answer to a question, never to an approval', async () => {
    await using watcher = await native()
    await using legacy = await RawLink.open(daemon.socketPath)
    const task = await startScript(legacy, `${asking(yesOrNo)}; ${asking('{"text":"Why?"}')}`)
    const approval = await openAsk(watcher, task)
    legacy.command('SendMessage', { text: 'yes' })
    legacy.command('SendMessage', { text: 'yes', taskId: task })
    expect((await taskOf(legacy, task)).asks).toEqual([approval])
    await watcher.request('RespondToAsk', { askId: approval.id, option: 'no' })
    await eventually(() =>
      expect(eventsOf(watcher, task).filter(({ data }) => data?.eventName === 'askOpened')).toHaveLength(2),
    )
    legacy.command('SendMessage', { text: 'because' })
    await heard(legacy, task, 'taskIdle')
    expect(printed(legacy, task)).toBe('{"option":"no"}\n{"text":"because"}\n')
    expect(said(legacy, task)).toEqual(
      expect.arrayContaining([
        'ask:command',
        'taskInteractive',
        'taskAskResponded',
        'taskActive',
        'ask:followup',
      ]),
    )
    expect(legacy.events(task)).not.toContain('askOpened')
  })

  test('is not answered from inside itself', async () => {
    await using link = await native()
    const task = await startScript(link, asking(yesOrNo))
    const ask = await openAsk(link, task)
    await using inside = await native(daemon, { task })
    expect(await inside.request('RespondToAsk', { askId: ask.id, option: 'yes' })).toMatchObject({
      error: { code: 'unauthorized' },
    })
    await link.request('CancelTask', task)
    await heard(link, task, 'taskAborted')
    expect(outcomes(link, task)).toEqual([{ id: ask.id, outcome: 'withdrawn' }])
  })

  test('is told when nobody answered in time', async () => {
    await using link = await native()
    const task = await startScript(link, asking('{"text":"Quick?","deadlineMs":50}'))
    await heard(link, task, 'taskIdle')
    expect(printed(link, task)).toBe('{"expired":true}\n')
    expect(outcomes(link, task)).toMatchObject([{ outcome: 'expired' }])
  })

  test('a thousand things at once has as many of them open as the bound says, is told of the others, and goes on', async () => {
    await using link = await native()
    const refused = 1_000 - limits.asksPerTaskMax
    const script = `
      const channel = new (require('node:net').Socket)({ fd: Number(process.env.CALLBOARD_ASK_FD) })
      let answers = 0, errors = 0
      require('node:readline').createInterface({ input: channel }).on('line', (line) => {
        'error' in JSON.parse(line) ? errors++ : answers++
        if (answers === 0 && errors === ${refused}) console.log('the others refused')
        if (answers + errors === 1000) { console.log(answers + ' answers, ' + errors + ' errors'); channel.destroy() }
      })
      for (let id = 0; id < 1000; id++) channel.write(JSON.stringify({ id, text: id + '?' }) + '\\n')`
    const task = await startCommand(link, [process.execPath, '-e', script])
    // None is answered before all the others are refused: with room made sooner, one of them would be asked instead.
    await eventually(() => expect(printed(link, task)).toBe('the others refused\n'))
    const { asks } = await taskOf(link, task)
    expect(asks).toHaveLength(limits.asksPerTaskMax)
    for (const { id } of asks) await link.request('RespondToAsk', { askId: id, text: '' })
    await heard(link, task, 'taskIdle')
    expect(printed(link, task)).toBe(
      `the others refused\n${limits.asksPerTaskMax} answers, ${refused} errors\n`,
    )
  })

  test('the example asks in the way that the documentation says', async () => {
    await using link = await native()
    const task = await startCommand(link, ['sh', join(import.meta.dirname, '../runners/ask-example.sh')])
    const ask = await openAsk(link, task)
    await link.request('RespondToAsk', { askId: ask.id, option: 'yes' })
    await heard(link, task, 'taskIdle')
    expect(printed(link, task)).toBe('Deploying.\n')
  })
})

test('what is asked when the daemon is killed, its deadline past before the next start, is told as interrupted and asked anew', async () => {
  using place = new DaemonPlace()
  const first = await startDaemonProcess({ place })
  const link = await native(first)
  const task = await startScript(link, asking('{"text":"Still there?","deadlineMs":200}'))
  const ask = await openAsk(link, task)
  await first.kill('SIGKILL')
  await eventually(() => expect(Date.now()).toBeGreaterThan((ask.deadline ?? 0) + 1))
  await using second = await startDaemonProcess({ place })
  await using again = await native(second)
  await again.request('Subscribe', { tasks: [task], after: 0 })
  await heard(again, task, 'taskResumable')
  expect(outcomes(again, task)).toEqual([{ id: ask.id, outcome: 'interrupted' }])
  expect(said(again, task).slice(-4)).toEqual(['askResolved', 'say:error', 'taskAborted', 'taskResumable'])
  expect(await again.request('RespondToAsk', { askId: ask.id, text: 'yes' })).toMatchObject({
    error: { code: 'unknown_ask', details: { outcome: 'interrupted' } },
  })
  await again.request('ResumeTask', task)
  await eventually(() =>
    expect(eventsOf(again, task).filter(({ data }) => data?.eventName === 'askOpened')).toHaveLength(2),
  )
})
