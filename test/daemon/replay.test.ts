import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { beginning, completed, recordedId, sample, tools, usage } from '../runners/sample-recording.ts'
import { said as sayInParts, updated, used, work, writeRecording } from '../runners/sample-recording.ts'
import type { Timed } from '../runners/sample-recording.ts'
import { published115 } from '../wire/vocabulary/published.ts'
import { program } from '../program.ts'
import { DaemonPlace, startDaemonProcess } from './daemon-process.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import { RooClient } from './roo-client.ts'
import { eventsOf, eventually, heard, said, textsOf } from './task-events.ts'

const place = new DaemonPlace()
const recording = writeRecording(place.dir, sample)
let daemon: DaemonProcess

beforeAll(async () => {
  const config = {
    defaultProfile: 'fixture',
    profiles: {
      fixture: { runner: 'replay', replay: recording, speed: 0 },
      slow: { runner: 'replay', replay: recording, speed: 0.01 },
      shell: { runner: 'command', command: ['echo', 'of the profile'] },
    },
  }
  daemon = await startDaemonProcess({ place, config })
})
afterAll(async () => {
  await daemon[Symbol.asyncDispose]()
  place.remove()
})

const startOrder = ['taskCreated', 'taskFocused', 'say:text', 'taskTokenUsageUpdated', 'taskStarted']
const endOrder = [
  'say:completion_result',
  'taskTokenUsageUpdated',
  'taskCompleted',
  'ask:completion_result',
  'taskIdle',
]
const workOrder = ['say:text', 'taskModeSwitched', 'taskToolFailed', 'taskTokenUsageUpdated']

async function start(link: RawLink, callboard: object, text = 'the recorded prompt'): Promise<string> {
  const reply = await link.request('StartNewTask', { text, configuration: { callboard } })
  expect(reply.error?.message).toBeUndefined()
  return (reply.result as { taskId: string }).taskId
}

/** A task's events without what differs between two that did the same. */
function sequence(path: string): string[] {
  const [first = '', ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n')
  const { task } = JSON.parse(first) as { task: { id: string } }
  const times: number[] = []
  return lines.map((line) => {
    const text = JSON.stringify((JSON.parse(line) as { event: unknown }).event).replaceAll(task.id, 'T')
    return text.replace(/"ts":(\d+)/, (_, ts: string) => {
      if (!times.includes(Number(ts))) times.push(Number(ts))
      return `"ts":${times.indexOf(Number(ts))}`
    })
  })
}

function recorded(task: string): string {
  const path = join(place.dir, `${task}.jsonl`)
  writeFileSync(path, execFileSync(process.execPath, [program, 'record', task], { env: place.env }))
  return path
}

test('an eval runner of the field plays a recording from its start to its result, without a model', async () => {
  using client = await RooClient.open(daemon.socketPath, published115)
  const task = await client.startAndHear('Do the exercise', 'code')
  await client.heard(task, 'taskIdle')
  expect(client.named(task)).toEqual([...startOrder, ...workOrder, ...endOrder])
  const own = client.events.filter((event) => event.task === task)
  const startedAt = own.findIndex(({ name }) => name === 'taskStarted')
  const usedAt = own.findIndex(
    ({ name, payload }) => name === 'taskTokenUsageUpdated' && (payload[1] as typeof usage).totalTokensIn > 0,
  )
  expect(usedAt).toBeGreaterThan(startedAt)
  expect((await client.heard(task, 'taskCompleted')).payload).toEqual([
    task,
    usage,
    tools,
    { isSubtask: false },
  ])
  expect((await client.heard(task, 'say:completion_result')).text).toBe('Wrote it.')
  client.command('CloseTask')
  await client.heard(task, 'taskUnfocused')
  expect(client.refused).toEqual([])
  client.disconnect()
  expect(client.isConnected).toBe(false)
})

test('what is recorded of a replay is what was played, again and again', async () => {
  await using link = await RawLink.open(daemon.socketPath)
  const first = await start(link, { replay: recording, speed: 0 })
  await heard(link, first, 'taskIdle')
  const once = recorded(first)
  const second = await start(link, { replay: once, speed: 0 })
  await heard(link, second, 'taskIdle')
  const twice = recorded(second)
  expect(sequence(once)).toEqual(sequence(recording))
  expect(sequence(twice)).toEqual(sequence(recording))
  expect(readFileSync(twice, 'utf8')).not.toContain(recordedId)
})

test('a command is recorded and played with its output and its exit code, a failed one too', async () => {
  await using link = await RawLink.open(daemon.socketPath)
  const script = 'echo out; sleep 0.1; echo err >&2; exit 3'
  const command = await start(link, { command: ['sh', '-c', script] })
  await heard(link, command, 'taskResumable')
  const path = recorded(command)
  const played = await start(link, { replay: path, speed: 0 })
  await heard(link, played, 'taskResumable')
  expect(sequence(recorded(played))).toEqual(sequence(path))
  expect(textsOf(link, played, 'say:command_output')).toEqual(['out\n', 'err\n'])
  expect((await link.request('GetTask', played)).result).toMatchObject({ state: 'failed', exit: { code: 3 } })
})

test('a replay is resumed under its id and played from its beginning', async () => {
  await using link = await RawLink.open(daemon.socketPath)
  const task = await start(link, { replay: recording, speed: 0 })
  await heard(link, task, 'taskIdle')
  const before = eventsOf(link, task).length
  expect((await link.request('ResumeTask', task)).ok).toBe(true)
  await eventually(() => expect(link.events(task).filter((name) => name === 'taskIdle')).toHaveLength(2))
  const again = said(link, task).slice(startOrder.length + workOrder.length + endOrder.length)
  expect(again).toEqual(['taskFocused', 'taskTokenUsageUpdated', 'taskStarted', ...workOrder, ...endOrder])
  expect(eventsOf(link, task).length).toBeGreaterThan(before)
})

test('a result that was said in parts stays one message to the end', async () => {
  await using link = await RawLink.open(daemon.socketPath)
  const part = sayInParts(1_400, 'completion_result', 'Wrote', true)
  const whole = updated(sayInParts(1_400, 'completion_result', 'Wrote it.', false))
  const parts: readonly Timed[] = [...beginning, [30, part], [40, used()], [40, completed], [41, whole]]
  const task = await start(link, { replay: writeRecording(place.dir, parts, 'parts'), speed: 0 })
  await heard(link, task, 'taskIdle')
  expect(textsOf(link, task, 'say:completion_result')).toEqual(['Wrote it.'])
  expect(said(link, task)).toEqual([...startOrder, ...endOrder])
})

test('a slow replay is cancelled at once and takes no messages', async () => {
  await using link = await RawLink.open(daemon.socketPath)
  const task = await start(link, { profile: 'slow' })
  await heard(link, task, 'taskStarted')
  expect((await link.request('SendMessage', { text: 'x', taskId: task })).error?.code).toBe('unsupported')
  expect((await link.request('CancelTask', task)).ok).toBe(true)
  await heard(link, task, 'taskResumable')
  expect(said(link, task).slice(-2)).toEqual(['taskAborted', 'taskResumable'])
})

test('what a client asks to run stands in place of what its profile runs', async () => {
  await using link = await RawLink.open(daemon.socketPath)
  const command = await start(link, { profile: 'fixture', command: ['echo', 'my own'] })
  const replay = await start(link, { profile: 'shell', replay: recording, speed: 0 })
  await heard(link, command, 'taskIdle')
  await heard(link, replay, 'taskIdle')
  expect(textsOf(link, command, 'say:command_output')).toEqual(['my own\n'])
  expect(textsOf(link, replay, 'say:completion_result')).toEqual(['Wrote it.'])
})

test('a file that is no recording could not start, one that is cut off fails, each with a sentence', async () => {
  await using link = await RawLink.open(daemon.socketPath)
  const newer = join(place.dir, 'newer.jsonl')
  writeFileSync(newer, '{"callboard":"recording","version":2,"task":{"id":"t"}}\n')
  const unstarted = await start(link, { replay: newer })
  await heard(link, unstarted, 'taskAborted')
  expect(said(link, unstarted)).toEqual([...startOrder.slice(0, 3), 'say:error', 'taskAborted'])
  expect(textsOf(link, unstarted, 'say:error')[0]).toContain('was made by a newer Callboard')

  const cut = await start(link, {
    replay: writeRecording(place.dir, [...beginning, ...work], 'cut'),
    speed: 0,
  })
  await heard(link, cut, 'taskResumable')
  expect(said(link, cut)).toEqual([...startOrder, ...workOrder, 'say:error', 'taskAborted', 'taskResumable'])
  expect(textsOf(link, cut, 'say:error')).toEqual([
    'The recording ends before its task does: record the task again once it has ended.',
  ])
})

test.each([
  [{ replay: '/x', command: ['true'] }, 'command and replay exclude each other'],
  [{ replay: '/x', speed: 1_001 }, 'configuration.callboard.speed: '],
  [{ replay: '/x', speed: -1 }, 'configuration.callboard.speed: '],
  [{ replay: ['/x'] }, 'configuration.callboard.replay: '],
])('%j is refused: %s', async (callboard, message) => {
  await using link = await RawLink.open(daemon.socketPath)
  const { error } = await link.request('StartNewTask', { configuration: { callboard } })
  expect(error).toMatchObject({ code: 'invalid_command', message: expect.stringContaining(message) })
})
