/** A real daemon that gets SIGKILL, and the next one in the same home. */
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { DaemonPlace, DaemonProcess, startDaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import type { Received } from './raw-link.ts'
import { eventually, heard, nameOf, processesOf, said, startScript } from './task-events.ts'

const started: string[] = []
afterEach(() => {
  // What a failed test leaves must not outlive it.
  for (const pid of started.splice(0).flatMap(processesOf)) process.kill(pid, 'SIGKILL')
})

/** Everything that the journal has, as a client hears it that asks for all of it. */
async function history(daemon: DaemonProcess): Promise<Received[]> {
  await using link = await RawLink.open(daemon.socketPath)
  await link.hello()
  const { result } = await link.request('Subscribe', { after: 0 })
  const head = (result as { readonly head: number }).head
  const events = (): Received[] =>
    link.messages.filter(({ type, seq }) => type === 'TaskEvent' && seq !== undefined)
  await eventually(() => expect(events().at(-1)?.seq ?? 0).toBe(head))
  return events()
}

function expectNumbered(events: readonly Received[]): void {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
}

/** What a link has seen of the journal. */
function seenBy(link: RawLink): Received[] {
  return link.messages.filter(({ type, seq }) => type === 'TaskEvent' && seq !== undefined)
}

async function statusOf(link: RawLink): Promise<{ readonly journal: Record<string, unknown> }> {
  const { result } = await link.request('GetStatus')
  return result as { journal: Record<string, unknown> }
}

describe.skipIf(!existsSync('/proc/self/environ'))('a daemon that is killed', () => {
  test.each(['taskStarted', 'say:command_output'])(
    'at %s: what was seen is in the journal, the task can be resumed, its processes are gone, nothing runs by itself',
    async (moment) => {
      using place = new DaemonPlace()
      const config = { limits: { cancelGraceMs: 300 } }
      const first = await startDaemonProcess({ place, config })
      const link = await RawLink.open(first.socketPath)
      await link.hello()
      const ended = await startScript(link, 'echo done')
      await heard(link, ended, 'taskIdle')
      const deaf = `trap '' TERM; (setsid sleep 300 &) ; while :; do echo line; sleep 0.05; done`
      const task = await startScript(link, deaf)
      started.push(task)
      await eventually(() => expect(processesOf(task).length).toBeGreaterThan(1))
      await eventually(() => expect(said(link, task)).toContain(moment))
      await first.kill('SIGKILL')
      await link.closed()
      expect(processesOf(task)).not.toEqual([])
      const seen = seenBy(link)

      await using second = await startDaemonProcess({ place, config })
      expect(processesOf(task)).toEqual([])
      const all = await history(second)
      expectNumbered(all)
      expect(all.slice(0, seen.length)).toEqual(seen)
      const told = all.filter((event) => event.task === task).map((event) => nameOf(event))
      expect(told.slice(-3)).toEqual(['say:error', 'taskAborted', 'taskResumable'])
      await using again = await RawLink.open(second.socketPath)
      expect(await again.request('GetTask', task)).toMatchObject({
        result: { state: 'resumable', resumable: true },
      })
      expect(await again.request('GetTask', ended)).toMatchObject({ result: { state: 'completed' } })
      expect(processesOf(task)).toEqual([])
      await again.request('ResumeTask', task)
      await heard(again, task, 'taskStarted')
      await eventually(() => expect(processesOf(task)).not.toEqual([]))
      await again.request('CancelTask', task)
      await heard(again, task, 'taskResumable')
      expectNumbered(await history(second))
    },
  )

  test('before it has answered did all of what it was asked, or nothing, and does it once when it is asked again', async () => {
    using place = new DaemonPlace()
    const outcomes = new Set<string>()
    const data = {
      text: 'once',
      configuration: {
        callboard: { command: ['sh', '-c', 'echo ran >> ran; exec sleep 300'], cwd: place.dir },
      },
    }
    // On a busy machine a daemon may be slow to do it: later and later, until one has.
    for (let wait = 0; wait <= 40 || (!outcomes.has('done before') && wait < 5_000); wait = wait * 2 + 1) {
      const first = await startDaemonProcess({ place })
      const link = await RawLink.open(first.socketPath)
      const hello = (await link.hello()).result as { readonly sessionId: string; readonly epoch: string }
      const requestId = `start-${wait}`
      link.command('StartNewTask', data, { requestId })
      await new Promise((resolve) => setTimeout(resolve, wait))
      await first.kill('SIGKILL')
      await link.closed()
      const answer = link.messages.find((one) => one.type === 'Reply' && one.requestId === requestId)

      await using second = await startDaemonProcess({ place })
      await using again = await RawLink.open(second.socketPath)
      const { sessionId, epoch } = hello
      await again.hello({ resume: { sessionId, epoch, after: 0 } })
      const before = await again.request('ListTasks', {})
      again.command('StartNewTask', data, { requestId })
      const repeated = await again.reply(requestId)
      const after = await again.request('ListTasks', {})
      const count = (list: Received['data']): number =>
        (list?.result as { tasks: unknown[] } | undefined)?.tasks.length ?? -1
      const wasDone = count(before) === count(after)
      outcomes.add(wasDone ? 'done before' : 'done now')
      // An answer that was seen is the answer for ever.
      expect([wasDone, repeated]).toEqual([answer !== undefined || wasDone, answer?.data ?? repeated])
      expect(repeated.ok).toBe(true)
      const id = (repeated.result as { taskId: string }).taskId
      started.push(id)
      const created = (await history(second)).filter(
        (event) => event.task === id && nameOf(event) === 'taskCreated',
      )
      expect(created).toHaveLength(1)
      await again.request('CancelTask', id)
      await eventually(() => expect(processesOf(id)).toEqual([]))
    }
    expect(outcomes).toContain('done before')
  }, 60_000)

  test('many times over loses nothing that anybody saw, and numbers nothing twice', async () => {
    using place = new DaemonPlace()
    let seen: Received[] = []
    for (let round = 0; round < 5; round++) {
      const daemon = await startDaemonProcess({ place })
      const link = await RawLink.open(daemon.socketPath)
      await link.hello()
      await link.request('Subscribe', { after: 0 })
      for (let times = 0; times < 3; times++) await startScript(link, 'for i in 1 2 3 4 5; do echo $i; done')
      await daemon.kill('SIGKILL')
      await link.closed()
      const now = seenBy(link)
      const from = now.findLastIndex(({ seq }) => seq === 1)
      expectNumbered(now.slice(from))
      expect(now.slice(from, from + seen.length)).toEqual(seen)
      seen = now.slice(from)
    }
    await using last = await startDaemonProcess({ place })
    const all = await history(last)
    expectNumbered(all)
    expect(all.slice(0, seen.length)).toEqual(seen)
    const settled = new Set(
      all.filter((one) => /taskAborted|taskCompleted/.test(nameOf(one))).map(({ task }) => task),
    )
    expect(settled.size).toBe(15)
  }, 60_000)
})

describe('the store', () => {
  test('lies in the home directory, for its user alone, and says so in the status', async () => {
    await using daemon = await startDaemonProcess()
    await using link = await RawLink.open(daemon.socketPath)
    await startScript(link, 'exit 0')
    const { journal } = await statusOf(link)
    expect(journal).toMatchObject({ durability: 'normal', storedBytes: expect.any(Number) })
    expect(journal['storedBytes']).toBeGreaterThan(0)
    expect(journal).not.toHaveProperty('unavailable')
    expect(statSync(join(daemon.place.home, 'journal.sqlite')).mode & 0o777).toBe(0o600)
  })

  test.each(['--durability', 'CALLBOARD_DURABILITY'])(
    'is memory where %s says so: nothing is left',
    async (how) => {
      using place = new DaemonPlace()
      const said = how === '--durability' ? { args: [how, 'memory'] } : { env: { [how]: 'memory' } }
      for (const head of [0, 0]) {
        await using daemon = await startDaemonProcess({ place, ...said })
        await using link = await RawLink.open(daemon.socketPath)
        expect((await statusOf(link)).journal).toMatchObject({ durability: 'memory', head })
        await startScript(link, 'exit 0')
      }
      expect(existsSync(join(place.home, 'journal.sqlite'))).toBe(false)
    },
  )

  test('that cannot be opened is exit code 78 and one sentence', async () => {
    using place = new DaemonPlace()
    writeFileSync(join(place.home, 'journal.sqlite'), 'this is no journal'.repeat(1_000), { mode: 0o600 })
    const daemon = new DaemonProcess({ place })
    expect(await daemon.exited).toBe(78)
    expect(daemon.log.trim().split('\n').at(-1)).toMatch(/^callboard: The journal .*journal\.sqlite .+\.$/)
  })
})
