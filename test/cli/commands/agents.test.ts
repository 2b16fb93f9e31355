/** `agents`, `agents add` and `run` for an agent, as processes. */
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CliWorld } from '../cli-process.ts'

const world = new CliWorld()
afterAll(async () => await world.dispose())

const agent = join(import.meta.dirname, '../../runners/hostile-agent.ts')
const config = join(world.directory, 'config/callboard/config.json')
const bin = join(world.directory, 'bin')
mkdirSync(bin)
const withBin = { PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` }

/** Puts a program on PATH that is an agent of ours. */
function install(name: string, behaviour: string): void {
  writeFileSync(
    join(bin, name),
    `#!/bin/sh\ntouch '${join(bin, 'was-run')}'\nexec '${process.execPath}' '${agent}' ${behaviour}\n`,
  )
  chmodSync(join(bin, name), 0o755)
}

const wasRun = (): boolean => {
  try {
    return statSync(join(bin, 'was-run')).isFile()
  } catch {
    return false
  }
}

test('known agents are listed with their start command and how they are installed; nothing is run', async () => {
  install('gemini', 'script')
  const { out, code } = await world.run(['agents'], { env: withBin })
  expect(code).toBe(0)
  expect(out).toMatch(/^claude +not on PATH +claude-agent-acp +npm install -g /m)
  expect(out).toMatch(/^gemini +on PATH, not probed +gemini --acp/m)
  expect(wasRun()).toBe(false)
  const { agents } = JSON.parse((await world.run(['agents', '--json'], { env: withBin })).out)
  expect(agents.find((one: { name: string }) => one.name === 'gemini')).toMatchObject({
    path: join(bin, 'gemini'),
    command: ['gemini', '--acp'],
    configured: false,
  })
})

test('--probe starts those that are found and says what they say of themselves', async () => {
  const answer = {
    protocolVersion: 1,
    agentInfo: { name: 'tester', version: '4.5' },
    authMethods: [{ id: 'key' }],
  }
  install('gemini', `script '${JSON.stringify({ initialize: { result: answer } })}'`)
  install('qwen', 'dies')
  const { out } = await world.run(['agents', '--probe'], { env: withBin })
  expect(out).toMatch(/^gemini +answers .*tester 4\.5; logs in by key$/m)
  expect(out).toMatch(
    /^qwen +on PATH, no answer .*ended with exit code 3 before it answered.*no configuration found/m,
  )
  expect(wasRun()).toBe(true)
})

test('a text goes to the first agent that is found, which is said; its words come out of stdout', async () => {
  install('gemini', 'echo')
  const { out, err, code } = await world.run(['run', 'what is up'], { env: withBin })
  expect(err).toBe('callboard: this goes to gemini; --agent names another.\n')
  expect([out, code]).toEqual(['[{"type":"text","text":"what is up"}]\n', 0])
})

test('without an agent it says what there is', async () => {
  const { err, code } = await world.run(['run', 'what is up'], { env: { PATH: '/nowhere' } })
  expect([code, err]).toEqual([1, expect.stringContaining('`callboard agents` lists')])
  const other = await world.run(['run', '--agent', 'gemin', 'hi'])
  expect([other.code, other.err]).toEqual([2, expect.stringContaining('did you mean "gemini"?')])
})

test('an agent that is added is known to a running daemon at once, and kept in the config of the user alone', async () => {
  const started = await world.run(['start', '--', 'true'])
  expect(started.code).toBe(0)
  const added = await world.run([
    'agents',
    'add',
    'mine',
    '--env',
    'GREETING=hi',
    '--',
    process.execPath,
    agent,
    'echo',
  ])
  expect([added.code, added.err]).toEqual([
    0,
    `callboard: mine is added in ${config}; the daemon knows it.\n`,
  ])
  expect(statSync(config).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(config, 'utf8'))).toMatchObject({
    limits: { cancelGraceMs: 2_000 },
    profiles: {
      mine: { runner: 'acp', command: [process.execPath, agent, 'echo'], env: { GREETING: 'hi' } },
    },
  })
  const { out, code } = await world.run(['run', '--agent', 'mine', 'hello', 'there'])
  expect([out, code]).toEqual(['[{"type":"text","text":"hello there"}]\n', 0])
  const listed = await world.run(['agents', '--json'])
  expect(JSON.parse(listed.out).agents[0]).toMatchObject({
    name: 'mine',
    configured: true,
    path: process.execPath,
  })
})

test('an agent may be let work beside others, and be kept from it again', async () => {
  const saved = (): unknown => JSON.parse(readFileSync(config, 'utf8')).profiles.beside
  const add = async (...options: string[]) =>
    await world.run(['agents', 'add', 'beside', ...options, '--', process.execPath, agent, 'echo'])
  for (const exclusive of ['none', 'cwd']) {
    expect(await add('--exclusive', exclusive)).toMatchObject({ code: 0 })
    expect(saved()).toMatchObject({ runner: 'acp', exclusive })
  }
  const { code, err } = await add('--exclusive', 'machine')
  expect([code, err]).toEqual([2, expect.stringContaining('Allowed choices are cwd, none')])
  expect(saved()).toMatchObject({ exclusive: 'cwd' })
})

test('what cannot be an agent is refused and not written', async () => {
  const before = readFileSync(config, 'utf8')
  expect((await world.run(['agents', 'add', 'no name', '--', 'x'])).code).toBe(78)
  expect((await world.run(['agents', 'add', 'mine'])).code).toBe(2)
  expect((await world.run(['agents', 'add', 'mine', '--'])).code).toBe(2)
  expect((await world.run(['agents', 'add', '--env', 'x', 'mine', '--', 'x'])).code).toBe(2)
  expect(readFileSync(config, 'utf8')).toBe(before)
})

test('an agent that fails is exit code 1 with its sentence', async () => {
  expect((await world.run(['agents', 'add', 'broken', '--', process.execPath, agent, 'dies'])).code).toBe(0)
  const { code, err } = await world.run(['run', '--agent', 'broken', 'hi'])
  expect(err).toContain('no configuration found')
  expect(code).not.toBe(0)
})
