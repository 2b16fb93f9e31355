/** Leases over real sockets: steering against each other, holders that are killed, a daemon that is killed. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Task } from '../../src/wire/envelope.ts'
import { DaemonPlace, startDaemonProcess } from './daemon-process.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import { eventsOf, eventually, heard, startScript } from './task-events.ts'

/** No config offers the grace: a test does not wait ten seconds. */
const nodeArgs = ['--import', new URL('short-grace.ts', import.meta.url).href]

let daemon: DaemonProcess
beforeAll(async () => {
  daemon = await startDaemonProcess({ nodeArgs, config: { limits: { runningTasks: 64 } } })
})
afterAll(async () => {
  await daemon[Symbol.asyncDispose]()
})

interface Native {
  readonly link: RawLink
  readonly sessionId: string
  readonly epoch: string
}

async function native(at: DaemonProcess, name: string, more: object = {}): Promise<Native> {
  const link = await RawLink.open(at.socketPath)
  const { result } = await link.hello({ client: { name, version: '1' }, ...more })
  return { link, ...(result as { sessionId: string; epoch: string }) }
}

const holderOf = async (link: RawLink, task: string): Promise<Task['holder']> =>
  ((await link.request('GetTask', task)).result as Task).holder

/** How the lease went on, as a link heard it. */
function changes(link: RawLink, task: string): string[] {
  return eventsOf(link, task).flatMap(({ data }) =>
    data?.eventName === 'leaseChanged' ? [(data.payload?.[1] as { why: string } | undefined)?.why ?? ''] : [],
  )
}

test('of clients that steer against each other only the holder is obeyed, and who takes over is', async () => {
  const [{ link: one }, { link: two }] = [await native(daemon, 'one'), await native(daemon, 'two')]
  const task = await startScript(one, 'while read -r line; do echo "got $line"; done', { stdin: 'open' })
  expect(await one.request('ClaimTask', { taskId: task })).toMatchObject({ ok: true })
  expect(await two.request('SendMessage', { taskId: task, text: 'mine' })).toMatchObject({
    error: { code: 'not_owner', details: { holder: { clientId: one.clientId, client: 'one' } } },
  })
  // In flight: some of its messages are read before the take-over, the others after it.
  const sent = Array.from({ length: 50 }, (_, n) => `flight-${n}`)
  for (const requestId of sent) one.command('SendMessage', { taskId: task, text: requestId }, { requestId })
  expect(await two.request('ClaimTask', { taskId: task, steal: true })).toMatchObject({ ok: true })
  const codes = await Promise.all(sent.map(async (id) => (await one.reply(id)).error?.code ?? 'ok'))
  // No message is taken after one that was refused.
  expect(codes).toEqual(codes.toSorted((a, b) => Number(a !== 'ok') - Number(b !== 'ok')))
  const taken = codes.filter((code) => code === 'ok').length
  const feedback = (): number =>
    eventsOf(two, task).filter(({ data }) => JSON.stringify(data).includes('"user_feedback"')).length
  await eventually(() => expect(feedback()).toBe(taken))
  expect(await one.request('CancelTask', task)).toMatchObject({ error: { code: 'not_owner' } })
  expect(await two.request('CancelTask', task)).toMatchObject({ ok: true })
  await heard(one, task, 'taskAborted')
  expect(changes(one, task)).toEqual(['claimed', 'stolen'])
  for (const link of [one, two]) await link[Symbol.asyncDispose]()
})

test('a holder that is killed loses its task after a while, not before', async () => {
  const [{ link: holder }, { link: other }] = [await native(daemon, 'holder'), await native(daemon, 'other')]
  const task = await startScript(other, 'sleep 60')
  await holder.request('ClaimTask', { taskId: task, approve: 'all' })
  holder.socket.destroy()
  await eventually(async () => {
    const { result } = await other.request('ListClients')
    expect(JSON.stringify(result)).not.toContain('"holder"')
  })
  expect(await holderOf(other, task)).toMatchObject({ client: 'holder' })
  await eventually(() => expect(changes(other, task)).toEqual(['claimed', 'left']))
  expect(await other.request('CancelTask', task)).toMatchObject({ ok: true })
  await other[Symbol.asyncDispose]()
})

test('a lease with a time ends then, also while its holder is connected', async () => {
  const { link } = await native(daemon, 'one')
  const task = await startScript(link, 'sleep 60')
  await link.request('ClaimTask', { taskId: task, ttlMs: 100 })
  await eventually(() => expect(changes(link, task)).toEqual(['claimed', 'expired']))
  await link.request('CancelTask', task)
  await link[Symbol.asyncDispose]()
})

test('over a kill of the daemon a lease waits for its session, and is nobody’s where that does not come', async () => {
  using place = new DaemonPlace()
  const first = await startDaemonProcess({ place, nodeArgs })
  const one = await native(first, 'one')
  const tasks = [await startScript(one.link, 'sleep 60'), await startScript(one.link, 'sleep 60')]
  const gone = await native(first, 'gone')
  await one.link.request('ClaimTask', { taskId: tasks[0] })
  await gone.link.request('ClaimTask', { taskId: tasks[1] })
  await first.kill('SIGKILL')

  await using second = await startDaemonProcess({ place, nodeArgs })
  const resume = { sessionId: one.sessionId, epoch: one.epoch, after: 0 }
  const { link: again } = await native(second, 'one', { resume })
  const { link: other } = await native(second, 'other')
  await other.request('Subscribe', { after: 0 })
  await eventually(() => expect(changes(other, tasks[1] ?? '')).toEqual(['claimed', 'left']))
  expect(await holderOf(other, tasks[0] ?? '')).toEqual({ clientId: again.clientId, client: 'one' })
  expect(await other.request('ResumeTask', tasks[0])).toMatchObject({ error: { code: 'not_owner' } })
  // Its session remembers the ids of earlier requests.
  again.command('ResumeTask', tasks[0], { requestId: 'after the kill' })
  expect(await again.reply('after the kill')).toMatchObject({ ok: true })
  expect(await other.request('ResumeTask', tasks[1])).toMatchObject({ ok: true })
  for (const link of [again, other]) await link[Symbol.asyncDispose]()
})
