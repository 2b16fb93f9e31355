/** What an agent may do wrong: bounded, coded, visible, and no process is left. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/runners/clock.ts'
import { limits } from '../../../src/limits.ts'
import { agentRun, playing } from '../acp-run.ts'
import type { Clock } from '../../../src/runners/clock.ts'
import type { AgentTrial } from '../acp-run.ts'

/** Processes that carry the task's id; none where that cannot be seen. */
function left({ task }: AgentTrial): number {
  if (!isLinux) return 0
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`CALLBOARD_TASK=${task.id}`)
    } catch {
      return false
    }
  }).length
}

const isLinux = process.platform === 'linux'

async function ends(run: AgentTrial): Promise<string> {
  const { ok, text } = await run.ended
  expect(ok).toBe(false)
  expect(run.calls).toEqual(['started', 'ended'])
  expect(left(run)).toBe(0)
  return text
}

describe('an agent that', () => {
  // bound: agentInitializeMs
  test('never answers initialize', async () => {
    const run = playing([], {}, { limits: { agentInitializeMs: 400 } }, ['mute', {}])
    expect(await ends(run)).toBe('The agent did not answer initialize within 0 s.')
    const slow = playing([], {}, { limits: { agentInitializeMs: 20_000 } }, ['echo', {}])
    expect((await slow.ended).ok).toBe(true)
  })

  // bound: agentStepMs
  test('never answers session/new', async () => {
    const silent = { 'session/new': { updates: [] } }
    const run = playing([], {}, { limits: { agentStepMs: 300 } }, ['no-session', silent])
    expect(await ends(run)).toContain('did not answer session/new')
  })

  // bound: agentLoginMs
  test('never ends its login', async () => {
    const auth = [{ id: 'key', name: 'Key' }]
    const run = playing([], { authMethod: 'key' }, { limits: { agentLoginMs: 300 } }, ['no-login', { auth }])
    expect(await ends(run)).toContain('did not answer authenticate')
  })

  // bound: agentGarbageBytesMax
  test('writes garbage to its stdout', async () => {
    const few = playing([], {}, { limits: { agentGarbageBytesMax: 210 } }, ['garbage', { lines: 10 }])
    expect((await few.ended).ok).toBe(true)
    const run = playing([], {}, { limits: { agentGarbageBytesMax: 209 } }, ['garbage', { lines: 10 }])
    expect(await ends(run)).toContain('It wrote what is no message of the protocol: "Welcome to the agent!"')
  })

  // bound: agentLineBytesMax
  test('writes a line without an end', async () => {
    const run = playing([], {}, { limits: { agentLineBytesMax: 1_000_000 } }, ['long-line', {}])
    expect(await ends(run)).toContain('a message of more than 1000000 bytes')
    const text = 'x'.repeat(1_000)
    const fits = playing([{ say: text }], {}, { limits: { agentLineBytesMax: 2_000 } })
    expect((await fits.ended).text).toBe(text)
  })

  // bound: agentLineDepthMax
  test('nests too deep is not understood', async () => {
    const deep = (depth: number): string =>
      `{"jsonrpc":"2.0","method":"deep","params":{"a":${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}}}\n`
    const steps = [{ raw: deep(8) }, { raw: deep(9) }]
    const run = playing(steps, {}, { limits: { agentLineDepthMax: 8 } })
    expect((await run.ended).ok).toBe(true)
    expect(run.events.filter(({ eventName }) => eventName === 'agentUpdated')).toHaveLength(1)
  })

  // bound: agentStderrBytesMax
  test('writes only to stderr has its last words told', async () => {
    // Long enough for it to have started on a busy machine too.
    const [fits, shorter] = [42, 41].map((agentStderrBytesMax) =>
      ends(
        playing([], {}, { limits: { agentInitializeMs: 2_000, agentStderrBytesMax } }, ['stderr-only', {}]),
      ),
    )
    const line = 'I only ever complain'
    expect(await fits).toContain(`It last wrote: "${line} | ${line}".`)
    expect(await shorter).toContain(`It last wrote: "${line.slice(2)} | ${line}".`)
  })

  test('dies at once', async () => {
    const run = playing([], {}, {}, ['dies', {}])
    expect(await ends(run)).toBe(
      'The agent ended with exit code 3 before it could be asked anything. It last wrote: "no configuration found".',
    )
    expect(await run.ended).toMatchObject({ ask: 'resume_task', exit: { code: 3 } })
  })

  test('dies in the middle of a tool call', async () => {
    const call = { sessionUpdate: 'tool_call', toolCallId: '1', title: 'Edit', kind: 'edit' }
    const run = playing([{ say: 'now' }, { update: call }, { stderr: 'segfault\n' }, { exit: 9 }])
    expect(await ends(run)).toContain('The agent ended with exit code 9 in the middle of its turn.')
    expect(run.messages().map(({ say, ask, partial }) => [say ?? ask, partial])).toEqual([
      ['text', false],
      ['tool', false],
    ])
  })

  test('dies while it asks', async () => {
    const run = playing([{ askAll: [permission] }])
    const ask = await run.nthAsk(1)
    const pid = pidOf(run)
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
    else run.run.kill()
    await ends(run)
    expect(run.withdrawn).toEqual([ask.key])
  })

  // bound: agentCancelMs
  test('ignores cancel, and TERM', async () => {
    const agentCancelMs = 301
    let cancelGoneBy = Number.POSITIVE_INFINITY
    const clock: Clock = {
      now: () => systemClock.now(),
      after: (ms, act) =>
        systemClock.after(ms, () => {
          if (ms === agentCancelMs) cancelGoneBy = systemClock.now()
          act()
        }),
    }
    const options = { limits: { agentCancelMs, cancelGraceMs: 300 }, clock }
    const run = playing([{ say: 'busy' }, { untilCancel: true }], {}, options, ['ignores-cancel', {}])
    await vi.waitFor(() => expect(run.told()).toEqual(['say:text busy']))
    run.run.cancel()
    expect(await ends(run)).toBe('The task was cancelled.')
    // First the time for session/cancel goes by, then, by the runner's own look at the clock, that for TERM; then KILL.
    expect(systemClock.now() - cancelGoneBy).toBeGreaterThanOrEqual(300)
  })

  test('is cancelled ends by its own word where it listens', async () => {
    const run = playing([{ say: 'busy' }, { untilCancel: true }], {}, { limits: { agentCancelMs: 20_000 } })
    await vi.waitFor(() => expect(run.told()).toEqual(['say:text busy']))
    run.run.cancel()
    run.run.cancel()
    expect(await ends(run)).toBe('The task was cancelled.')
  })

  test('asks permission after cancel is told that nobody is asked', async () => {
    const run = playing([{ say: 'busy' }, { untilCancel: true }], {}, { limits: { agentCancelMs: 20_000 } }, [
      'asks-after-cancel',
      {},
    ])
    await vi.waitFor(() => expect(run.told()).toEqual(['say:text busy']))
    run.run.cancel()
    await ends(run)
    expect(run.asks).toEqual([])
    expect(run.told().join()).toContain('after: {"outcome":{"outcome":"cancelled"}}')
  })

  test('leaves grandchildren that ignore TERM', async () => {
    const run = playing([{ grandchild: true }, { say: 'done' }])
    expect(await run.ended).toMatchObject({ ok: true, text: 'done' })
    expect(left(run)).toBe(0)
  })

  test('is killed', async () => {
    const run = playing(
      [{ untilCancel: true }],
      {},
      { limits: { cancelGraceMs: 20_000, agentCancelMs: 20_000 } },
      ['ignores-cancel', {}],
    )
    await vi.waitFor(() => expect(run.remembered).toHaveLength(1))
    run.run.kill()
    await ends(run)
  })

  test('is cancelled while it starts', async () => {
    const run = playing([], {}, {}, ['mute', {}])
    run.run.cancel()
    expect(await ends(run)).toBe('The task was cancelled.')
  })

  // bound: agentExitMs
  test('does not end by itself is ended', async () => {
    const run = playing([{ say: 'done' }], {}, {}, ['ignores-cancel', {}])
    expect(await run.ended).toMatchObject({ ok: true })
    expect(left(run)).toBe(0)
  })

  test('answers what nobody asked, twice, and by other ids, is not heard', async () => {
    const answers = [
      { id: 99, result: {} },
      { id: null, result: {} },
      { id: 'x', error: { code: 1, message: 'm' } },
    ]
    const raw = answers.map((one) => `${JSON.stringify({ jsonrpc: '2.0', ...one })}\n`).join('')
    expect(await playing([{ raw }, { raw: '[]\n{}\nnull\n"x"\n' }, { say: 'fine' }]).ended).toMatchObject({
      text: 'fine',
    })
  })

  test('asks for what is not offered is told so', async () => {
    const run = playing([{ ask: { method: 'fs/delete_everything' } }])
    expect((await run.ended).text).toContain('-32601')
  })

  test('is no program, or is told of by an argument that is none, is a task that could not start', async () => {
    const run = agentRun(['no-such-agent-at-all'], 'hi')
    expect(await run.ended).toEqual({
      ok: false,
      text: 'Could not start "no-such-agent-at-all": no such program on PATH.',
    })
    expect(run.calls).toEqual(['ended'])
  })
})

describe('a flood', () => {
  test('of chunks is read as fast as it is taken, and not at all while paused', async () => {
    const run = playing([{ flood: 20_000, size: 1_000 }, { say: '.' }])
    await vi.waitFor(() => expect(run.events.length).toBeGreaterThan(3))
    run.run.pause()
    const { length } = run.events
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(run.events.length - length).toBeLessThan(2)
    run.run.resume()
    expect((await run.ended).ok).toBe(true)
    const text = run.messages().map((one) => one.text ?? '')
    expect(text.join('').length).toBeGreaterThan(20_000_000)
    expect(Math.max(...text.map((one) => one.length))).toBe(limits.agentMessageChars)
  })

  // bound: agentRequestsMax
  test('of requests is refused past the bound', async () => {
    const asking = Array.from({ length: 5 }, () => permission)
    const run = playing([{ askAll: asking }, { say: 'done' }], {}, { limits: { agentRequestsMax: 4 } })
    await run.nthAsk(4)
    for (const { key } of run.asks) run.run.answer(key, { kind: 'answered', option: 'y' })
    expect((await run.ended).text).toBe('done')
    expect(run.asks).toHaveLength(4)
  })

  // bound: agentUnreadBytesMax
  test('of requests whose answers are not read stops the agent, not the daemon', async () => {
    const run = playing([], {}, { limits: { agentUnreadBytesMax: 50_000 } }, ['reads-nothing', {}])
    await vi.waitFor(() => expect(run.remembered).toHaveLength(1))
    await new Promise((resolve) => setTimeout(resolve, 300))
    run.run.cancel()
    expect(await ends(run)).toBe('The task was cancelled.')
    const all = playing([{ say: 'read' }], {}, { limits: { agentUnreadBytesMax: 50_000 } })
    expect((await all.ended).text).toBe('read')
  })
})

const permission = {
  method: 'session/request_permission',
  toolCall: { toolCallId: 'c', title: 'May I?' },
  options: [{ optionId: 'y', name: 'Yes', kind: 'allow_once' }],
}

function pidOf({ task }: AgentTrial): number | undefined {
  if (!isLinux) return undefined
  const found = readdirSync('/proc').find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`CALLBOARD_TASK=${task.id}`)
    } catch {
      return false
    }
  })
  return found === undefined ? undefined : Number(found)
}
