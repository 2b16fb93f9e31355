import { readFileSync } from 'node:fs'
import { afterAll, expect, test, vi } from 'vitest'
import { parseRecordedEvent, parseRecordingHeader } from '../../../src/wire/recording.ts'
import type { RecordedEvent } from '../../../src/wire/recording.ts'
import { CliWorld } from '../cli-process.ts'

// In memory the journal is short: it forgets within a test.
const world = new CliWorld({ store: { durability: 'memory' } })
afterAll(() => world.dispose())

async function started(...command: string[]): Promise<string> {
  return (await world.run(['start', '--', ...command])).out.trim()
}

/** The events of a recording, which must be one. */
function eventsOf(text: string, id: string): RecordedEvent[] {
  const [first = '', ...lines] = text.trimEnd().split('\n')
  const header = parseRecordingHeader(Buffer.from(first))
  expect(header).toMatchObject({ ok: true, value: { version: 1, task: { id } } })
  return lines.map((line) => {
    const parsed = parseRecordedEvent(Buffer.from(line))
    if (!parsed.ok || parsed.value === undefined) throw new Error(`no event: ${line}`)
    return parsed.value
  })
}

test('a task that has ended is recorded from its creation to its end, with rising times from 0', async () => {
  const id = await started('sh', '-c', 'echo first; sleep 0.1; echo second')
  await world.run(['watch', id])
  const { code, out, err } = await world.run(['record', id.slice(-8)])
  expect([code, err]).toEqual([0, ''])
  const events = eventsOf(out, id)
  const names = events.map(({ event }) => event.eventName)
  expect(names[0]).toBe('taskCreated')
  expect(names.slice(-5)).toEqual([
    'message',
    'taskTokenUsageUpdated',
    'taskCompleted',
    'message',
    'taskIdle',
  ])
  const times = events.map(({ t }) => t)
  expect(times[0]).toBe(0)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times.at(-1)).toBeGreaterThanOrEqual(100)
  expect(out).not.toMatch(/"(?:seq|by|configuration|cwd)"/)
})

test('a task that runs is recorded until it settles, and no other one with it', async () => {
  const other = await started('sh', '-c', 'while :; do echo other; sleep 0.02; done')
  const id = await started('sh', '-c', 'echo ready; while [ ! -e go ]; do sleep 0.02; done; echo done')
  const recording = world.start(['record', id])
  await vi.waitFor(() => expect(recording.out()).toContain('ready'))
  expect(recording.child.exitCode).toBeNull()
  await world.run(['cancel', id])
  const { code, out } = await recording.finished
  expect(code).toBe(0)
  expect(
    eventsOf(out, id)
      .slice(-2)
      .map(({ event }) => event.eventName),
  ).toEqual(['taskAborted', 'taskResumable'])
  expect(out).not.toContain(other)
  await world.run(['cancel', other])
})

test(
  'a task whose beginning is gone is refused, and with --partial recorded as far as it is kept',
  { timeout: 60_000 },
  async () => {
    const id = await started('sh', '-c', 'head -c 40000000 /dev/zero | tr "\\0" x; echo; echo the end')
    const settled = async (): Promise<void> =>
      expect(await world.json(['show', id])).toMatchObject({ state: 'completed' })
    // Each look is a process, and the output 40 MB: as long as the whole test may take.
    await vi.waitFor(settled, { timeout: 50_000, interval: 100 })
    const refused = await world.run(['record', id])
    expect([refused.code, refused.out]).toEqual([1, ''])
    expect(refused.err).toContain('events of this task are missing: they are no longer kept (`--partial`')
    const partial = await world.run(['record', '--partial', id])
    expect(partial.code).toBe(0)
    expect(partial.err).toContain('events of this task are missing')
    expect(eventsOf(partial.out, id).at(-1)?.event.eventName).toBe('taskIdle')

    const later = await started('echo', 'after the others were forgotten')
    await world.run(['watch', later])
    expect((await world.run(['record', later])).code).toBe(0)
  },
)

test('a reader that goes away ends it quietly, an unknown task and no daemon are said', async () => {
  const id = await started('sh', '-c', 'echo a; sleep 30')
  const recording = world.start(['record', id])
  await vi.waitFor(() => expect(recording.out()).toContain('taskCreated'))
  recording.child.stdout?.destroy()
  await world.run(['cancel', id])
  expect(await recording.finished).toMatchObject({ code: 141, err: '' })
  const unknown = await world.run(['record', 'zzzz'])
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining("no task's id begins or ends")])
  expect((await world.run(['record'])).code).toBe(2)
  const socket = `${world.directory}/none.sock`
  expect((await world.run(['record', '--socket', socket, 'x'])).code).toBe(69)
})

test('the help says what a recording is for', async () => {
  const { out } = await world.run(['record', '--help'])
  expect(out).toContain('"replay": "/path/to/task.jsonl"')
  expect(readFileSync(new URL('../../../src/wire/PROTOCOL.md', import.meta.url), 'utf8')).toContain(
    '## Recordings',
  )
})
