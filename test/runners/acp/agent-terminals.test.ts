/** Commands that an agent has the daemon run. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { playing } from '../acp-run.ts'
import type { AgentTrial, TrialOptions } from '../acp-run.ts'

let cwd = ''
beforeEach(() => {
  cwd = realpathSync(mkdtempSync(join(tmpdir(), 'callboard-terminals-')))
  mkdirSync(join(cwd, 'sub'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

async function ran(params: object, options: TrialOptions = {}): Promise<{ said: unknown; run: AgentTrial }> {
  const run = playing([{ terminal: [params] }], { cwd, env: { FROM_TASK: 'yes' } }, options)
  return { said: JSON.parse((await run.ended).text), run }
}

test('its output is told as it comes and given to the agent with how it ended', async () => {
  const { said, run } = await ran({ command: 'sh', args: ['-c', 'echo out; echo err >&2; exit 3'] })
  expect(said).toEqual({
    exit: { exitCode: 3, signal: null },
    output: { output: 'out\nerr\n', truncated: false, exitStatus: { exitCode: 3, signal: null } },
  })
  const output = run.messages().filter(({ say }) => say === 'command_output')
  expect(output.map(({ stream, text }) => [stream, text])).toEqual([
    ['stdout', 'out\n'],
    ['stderr', 'err\n'],
  ])
})

test('a command of one line goes to the shell, in the directory, with the variables of task and agent', async () => {
  const env = [
    { name: 'FROM_AGENT', value: 'too' },
    { name: 'CALLBOARD_TASK', value: 'stolen' },
  ]
  const command = 'pwd && echo $FROM_TASK $FROM_AGENT $CALLBOARD_TASK'
  const { said, run } = await ran({ command, env, cwd: join(cwd, 'sub') })
  expect(said).toMatchObject({ output: { output: `${join(cwd, 'sub')}\nyes too ${run.task.id}\n` } })
})

test.each(['/', '/etc', 'relative', 'outside', 'missing'])(
  'it runs in no other directory: %s',
  async (path) => {
    symlinkSync('/etc', join(cwd, 'outside'))
    const wanted = path === 'outside' || path === 'missing' ? join(cwd, path) : path
    const run = playing([{ ask: { method: 'terminal/create', command: 'pwd', cwd: wanted } }], { cwd })
    expect((await run.ended).text).toContain('-32602')
  },
)

test.each([[{}], [{ command: '' }], [{ command: 'a\0b' }]])(
  'what is no command is refused: %j',
  async (params) => {
    const run = playing([{ ask: { method: 'terminal/create', ...params } }], { cwd })
    expect((await run.ended).text).toContain('-32602')
  },
)

test('a program that is not there is told to the agent', async () => {
  const run = playing([{ ask: { method: 'terminal/create', command: 'no-such-program', args: ['x'] } }], {
    cwd,
  })
  expect((await run.ended).text).toContain('could not be started: ENOENT')
})

test('a terminal that is not there is told to the agent', async () => {
  const steps = ['output', 'wait_for_exit', 'kill', 'release'].map((what) => ({
    ask: { method: `terminal/${what}`, terminalId: 'x' },
  }))
  expect((await playing(steps, { cwd }).ended).text.match(/-32002/g)).toHaveLength(4)
})

test('one that is killed has ended for the agent too', async () => {
  const steps = [
    { ask: { method: 'terminal/create', command: 'sleep', args: ['60'] } },
    { ask: { method: 'terminal/kill', terminalId: 'terminal-1' } },
    { ask: { method: 'terminal/output', terminalId: 'terminal-1' } },
  ]
  const { text } = await playing(steps, { cwd }).ended
  expect(text).toContain('"exitStatus":{"exitCode":null,"signal":"SIGTERM"}')
})

test('all end with the task, and what they wrote before is told', async () => {
  const command = 'trap "" TERM; echo begun; while :; do sleep 0.05; done'
  const run = playing([{ ask: { method: 'terminal/create', command } }, { untilCancel: true }], { cwd })
  await vi.waitFor(() => expect(run.told()).toContain('say:command_output begun\n'))
  run.run.cancel()
  expect((await run.ended).ok).toBe(false)
  expect(run.messages().every(({ partial }) => partial === false)).toBe(true)
})

// bound: agentTerminalsMax
test('as many are open as may; one past that is refused until one is released', async () => {
  const create = { ask: { method: 'terminal/create', command: 'true', args: ['x'] } }
  const release = { ask: { method: 'terminal/release', terminalId: 'terminal-1' } }
  const steps = [create, create, create, release, create]
  const { text } = await playing(steps, { cwd }, { limits: { agentTerminalsMax: 2 } }).ended
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => (line.includes('-32603') ? 'refused' : 'done')),
  ).toEqual(['done', 'done', 'refused', 'done', 'done'])
})

test('as many that are started at the same time', async () => {
  const create = { method: 'terminal/create', command: 'sleep', args: ['60'] }
  const steps = [
    { askAll: [create, create, create] },
    { ask: { method: 'terminal/output', terminalId: 'terminal-3' } },
  ]
  const { text } = await playing(steps, { cwd }, { limits: { agentTerminalsMax: 2 } }).ended
  expect(text).toContain('There is no such terminal')
})

// bound: agentTerminalBytesMax
test('of its output the end is kept for the agent, and no character is cut in two', async () => {
  const command = { command: 'printf', args: ['ab\u00e9cd'] }
  const whole = await ran(command, { limits: { agentTerminalBytesMax: 6 } })
  expect(whole.said).toMatchObject({ output: { output: 'abécd', truncated: false } })
  const cut = await ran(command, { limits: { agentTerminalBytesMax: 3 } })
  expect(cut.said).toMatchObject({ output: { output: 'cd', truncated: true } })
  const less = await ran({ ...command, outputByteLimit: 1 }, { limits: { agentTerminalBytesMax: 6 } })
  expect(less.said).toMatchObject({ output: { output: 'd', truncated: true } })
  const much = await ran({ command: 'yes | head -c 3000000' }, { limits: { agentTerminalBytesMax: 6 } })
  expect(much.said).toMatchObject({ output: { output: 'y\ny\ny\n', truncated: true } })
})
