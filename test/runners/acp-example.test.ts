/** The example agent of the protocol's own library 1.0.0: a peer that we did not write. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseRecordedEvent, parseRecordingHeader } from '../../src/wire/recording.ts'
import { agentRun, exampleAgentCommand as command } from './acp-run.ts'

/** `callboard record` of `callboard run --approve all`: what the README calls verified. */
const recording = join(import.meta.dirname, 'recordings/example-agent.jsonl')

/** The messages of the recorded run in their last state, from its start to its end. */
function recorded(): string[] {
  const [header = '', ...lines] = readFileSync(recording, 'utf8').trimEnd().split('\n')
  expect(parseRecordingHeader(Buffer.from(header)).ok).toBe(true)
  const events = lines.flatMap((line) => {
    const read = parseRecordedEvent(Buffer.from(line))
    if (!read.ok) throw new Error(read.error.message)
    return read.value === undefined ? [] : [read.value.event]
  })
  expect(events.at(-1)?.eventName).toBe('taskIdle')
  const last = new Map<number, string>()
  for (const event of events) {
    if (event.eventName !== 'message') continue
    const { ts, type, say, ask, text = '' } = event.payload[0].message
    last.set(ts, `${type}:${say ?? ask ?? ''} ${text}`)
  }
  // The prompt before it and the completion's question after it are the task's own.
  return [...last.values()].slice(1, -1)
}

test('a prompt, a permission that is given, and the end of the turn', async () => {
  const trial = agentRun(command, 'hello')
  const ask = await trial.nthAsk(1)
  expect(ask).toMatchObject({
    kind: 'approval',
    text: 'Modifying critical configuration file',
    options: [
      { id: 'allow', label: 'Allow this change', meaning: 'allow' },
      { id: 'reject', label: 'Skip this change', meaning: 'deny' },
    ],
    message: { action: 'updated', message: { type: 'ask', ask: 'tool', partial: false } },
  })
  trial.run.answer(ask.key, { kind: 'answered', option: 'allow' })
  const result = await trial.ended
  expect(result).toMatchObject({
    ok: true,
    text: " Perfect! I've successfully updated the configuration. The changes have been applied.",
    usage: { tools: { read_file: { attempts: 1, failures: 0 }, apply_diff: { attempts: 1, failures: 0 } } },
  })
  expect(trial.calls).toEqual(['started', 'ended'])
  const said = [...trial.told().slice(0, -1), `say:completion_result ${result.text}`]
  expect(recorded()).toEqual(said)
  expect(trial.messages().map((one) => one.say ?? one.ask)).toEqual(['text', 'tool', 'text', 'tool', 'text'])
  expect(trial.messages().every((one) => one.partial === false)).toBe(true)
  expect(trial.messages().find((one) => one.ts === result.saidTs)?.text).toBe(result.text)
})

test('a permission that is denied', async () => {
  const trial = agentRun(command, 'hello')
  const ask = await trial.nthAsk(1)
  trial.run.answer(ask.key, { kind: 'answered', option: 'reject' })
  expect(await trial.ended).toMatchObject({
    ok: true,
    text: expect.stringContaining('skip the configuration'),
  })
})

test('a cancel while it works ends it and leaves no message open', async () => {
  const trial = agentRun(command, 'hello')
  await expect.poll(() => trial.events.length, { timeout: 10_000 }).toBeGreaterThan(0)
  trial.run.cancel()
  expect(await trial.ended).toEqual({ ok: false, text: 'The task was cancelled.' })
  expect(trial.messages().every((one) => one.partial === false)).toBe(true)
})

test('a cancel while it asks withdraws the ask first', async () => {
  const trial = agentRun(command, 'hello')
  const ask = await trial.nthAsk(1)
  trial.run.cancel()
  expect(trial.withdrawn).toEqual([ask.key])
  expect((await trial.ended).ok).toBe(false)
})
