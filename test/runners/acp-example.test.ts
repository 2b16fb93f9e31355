/** The example agent of the protocol's own library 1.0.0: a peer that we did not write. */
import { expect, test } from 'vitest'
import { agentRun, exampleAgentCommand as command } from './acp-run.ts'

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
