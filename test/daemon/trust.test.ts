import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DaemonPlace, DaemonProcess, startDaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import { eventually, heard, startCommand, textsOf } from './task-events.ts'

/** Each is looked for in everything that leaves the daemon. */
const keys = {
  apiKey: 'sk-first-0f6f5a',
  nested: 'sk-nested-9c1d2e',
  env: 'sk-env-77ab31',
  profileEnv: 'sk-profile-5e5e5e',
  daemonEnv: 'sk-daemon-123abc',
  refused: 'sk-refused-c0ffee',
  misspelt: 'sk-misspelt-abcdef',
}
const prompt = 'a prompt that is nobody elses business'

/** Everything that a link received, as it came. */
function recorded(link: RawLink): () => string {
  let bytes = ''
  link.socket.on('data', (text: string) => (bytes += text))
  return () => bytes
}

const listedSchema = z.object({ tasks: z.array(z.object({ id: z.string() })) })

const config = {
  profiles: { keyed: { runner: 'command', command: ['sleep', '60'], env: { TOKEN: keys.profileEnv } } },
}

describe.each([
  { level: 'info', unsaid: [...Object.values(keys), prompt] },
  { level: 'debug', unsaid: Object.values(keys) },
  { level: 'trace', unsaid: Object.values(keys) },
])('at log level $level', ({ level, unsaid }) => {
  test('configuration and env of a task are in no event, no answer and no log line', async () => {
    const tooMuch = { env: { SOME_TOKEN: keys.daemonEnv } }
    await using daemon = await startDaemonProcess({ config, args: ['--log-level', level], ...tooMuch })
    await using native = await RawLink.open(daemon.socketPath)
    const said = recorded(native)
    await native.hello()
    const proof = join(daemon.place.dir, 'proof')
    const configuration = {
      apiProvider: 'openrouter',
      openRouterApiKey: keys.apiKey,
      providers: [{ headers: { authorization: keys.nested } }],
    }
    const start = async (text: string, callboard: object): Promise<unknown> =>
      await native.request('StartNewTask', { text, configuration: { ...configuration, callboard } })

    await start(prompt, {
      command: ['sh', '-c', `printf "%s" "$KEY" > ${proof}; exec sleep 60`],
      env: { KEY: keys.env },
    })
    await start('by profile', { profile: 'keyed' })
    await start('cannot start', { command: ['/nowhere/program'], env: { KEY: keys.env } })
    await start('refused', { command: ['true'], env: { 'A=B': keys.env, KEY: `${keys.env}\0` } })
    await start('misspelt', { comand: [keys.misspelt], env: { KEY: keys.env } })
    await eventually(() => expect(readFileSync(proof, 'utf8')).toBe(keys.env))

    const refusedBefore = daemon.log.length
    refusedFrames().forEach((frame) => native.write(frame))
    const { tasks } = listedSchema.parse((await native.request('ListTasks')).result)
    expect(tasks.length).toBeGreaterThan(3)
    for (const { id } of tasks) expect((await native.request('GetTask', id)).ok).toBe(true)
    for (const name of ['GetStatus', 'ListClients', 'GetModes', 'GetCommands', 'GetModels'])
      await native.request(name)
    await native.request('Subscribe', { after: 0, snapshot: true })
    await eventually(() => expect(said().split('by profile').length).toBeGreaterThan(4))
    const [first] = tasks
    await native.request('CancelTask', first?.id)
    await native.request('ResumeTask', first?.id)
    expect(await daemon.kill('SIGTERM')).toBe(0)

    expect(daemon.log.slice(refusedBefore)).toContain('frame refused')
    for (const key of Object.values(keys)) expect(said()).not.toContain(key)
    for (const secret of unsaid) expect(daemon.log).not.toContain(secret)
  })
})

/** Frames that are not taken, with a configuration in them. */
function refusedFrames(): string[] {
  const configuration = { key: keys.refused }
  const frame = (data: object): string => `${JSON.stringify({ type: 'message', data })}\f`
  const command = (data: object): object => ({ type: 'TaskCommand', origin: 'client', data })
  const whole = frame(command({ commandName: 'StartNewTask', data: { configuration, text: 'x' } }))
  return [
    frame(command({ commandName: 'StartNewTask', data: { configuration, text: 5 } })),
    frame(command({ data: { configuration, text: 'x' }, commandName: 'StartTask' })),
    frame({ data: { data: { configuration } }, type: 'TaskCommand', origin: 'client' }),
    frame({ ...command({ commandName: 'StartNewTask', data: { configuration } }), clientId: 'somebody' }),
    whole.replace('"text"', 'text'),
    whole.replace('"message"', '"connect"'),
    whole.replace('StartNewTask', keys.refused.slice(0, 2)),
  ]
}

test('the config is not read from the working directory, whatever lies there', async () => {
  using place = new DaemonPlace()
  const cwd = join(place.dir, 'project')
  const own = { defaultProfile: 'theirs', profiles: { theirs: { runner: 'command', command: ['true'] } } }
  for (const directory of ['.', 'callboard', '.callboard', '.config/callboard', 'config/callboard']) {
    mkdirSync(join(cwd, directory), { recursive: true })
    for (const name of [
      'config.json',
      'callboard.json',
      '.callboard.json',
      'callboard.config.json',
      '.env',
    ]) {
      writeFileSync(
        join(cwd, directory, name),
        name === '.env' ? 'CALLBOARD_LOG_LEVEL=trace' : JSON.stringify(own),
      )
    }
  }
  await using daemon = await startDaemonProcess({ place, cwd })
  await using link = await RawLink.open(daemon.socketPath)
  await link.request('GetModes')
  expect(link.messages.find(({ data }) => data?.eventName === 'modesResponse')?.data?.payload).toEqual([[]])
})

test('a config that others may write is refused, with 78', async () => {
  using place = new DaemonPlace()
  place.writeConfig({})
  const file = join(place.dir, 'config', 'callboard', 'config.json')
  chmodSync(file, 0o666)
  await using daemon = new DaemonProcess({ place })
  expect(await daemon.exited).toBe(78)
  expect(daemon.log).toContain(file)
  expect(statSync(file).mode & 0o777).toBe(0o666)
})

test('children get this daemon as CALLBOARD_SOCKET, never the editor variable nor the secrets of the daemon', async () => {
  using place = new DaemonPlace()
  const socket = join(place.dir, 'roo.sock')
  await using _daemon = await startDaemonProcess({
    place,
    env: { ROO_CODE_IPC_SOCKET_PATH: socket, SOME_TOKEN: keys.daemonEnv, NODE_OPTIONS: '--no-warnings' },
  })
  await using link = await RawLink.open(socket)
  const env = {
    ROO_CODE_IPC_SOCKET_PATH: '/tmp/other',
    CALLBOARD_SOCKET: '/tmp/other',
    CALLBOARD_TASK: 'x',
    OWN: 'yes',
  }
  const task = await startCommand(link, ['env'], { env })
  await heard(link, task, 'taskIdle')
  const lines = textsOf(link, task, 'say:command_output').join('').trim().split('\n')
  const variables = new Map(lines.map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]))
  expect(variables.get('CALLBOARD_SOCKET')).toBe(socket)
  expect(variables.get('CALLBOARD_TASK')).toBe(task)
  expect(variables.get('OWN')).toBe('yes')
  for (const name of ['ROO_CODE_IPC_SOCKET_PATH', 'SOME_TOKEN', 'NODE_OPTIONS', 'CALLBOARD_HOME'])
    expect(variables.has(name), name).toBe(false)
})

test('an observer listener starts and changes nothing, also for a client that says another role', async () => {
  await using daemon = await startDaemonProcess({
    args: ['--listen', 'node-ipc+roo:{dir}/watch.sock,role=observer'],
  })
  await using observer = await RawLink.open(join(daemon.place.dir, 'watch.sock'))
  await using client = await RawLink.open(daemon.socketPath)
  await observer.hello({ role: 'client' })
  const task = await startCommand(client, ['sleep', '60'])
  await heard(observer, task, 'taskStarted')
  for (const [name, data] of [
    ['StartNewTask', { text: 'x', configuration: { callboard: { command: ['true'] } } }],
    ['CancelTask', task],
    ['CloseTask', task],
    ['ResumeTask', task],
    ['SendMessage', { text: 'x', taskId: task }],
    ['Shutdown', undefined],
  ] as const) {
    expect((await observer.request(name, data)).error?.code, name).toBe('unauthorized')
  }
  expect((await observer.request('GetTask', task)).result).toMatchObject({ state: 'running' })
})
