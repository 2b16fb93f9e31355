/** What the config file says, and what is refused in it. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfigFile } from '../../src/daemon/config-file.ts'
import { limits } from '../../src/limits.ts'
import { configPlace } from './config-place.ts'

const { configFile, env, refusal, root, settings, write } = configPlace()

describe('the config file', () => {
  test('gives socket, profiles, limits, drain deadline, level and listeners', () => {
    const asked = {
      tasksLiveMax: 3,
      runningTasks: 2,
      queuedTasksMax: 7,
      queuedTasksBytesMax: 0,
      cancelGraceMs: 50,
    }
    const echo = {
      runner: 'command',
      command: ['cat'],
      cwd: root,
      env: { A: '1' },
      stdin: 'text',
      exclusive: 'cwd',
      legacyAsks: 'deny',
    }
    write({
      socket: join(root, 'own.sock'),
      listen: [`node-ipc+roo-1.89:${root}/old.sock`],
      profiles: { echo },
      defaultProfile: 'echo',
      limits: asked,
      drainDeadlineMs: 1_000,
      log: { level: 'debug' },
    })
    const found = settings()
    expect(found.listeners.map((one) => one.path)).toEqual([`${root}/own.sock`, `${root}/old.sock`])
    expect(found.profiles).toEqual([{ name: 'echo', ...echo }])
    const onDisk = { ...limits, tailBytesMax: limits.tailOnDiskBytesMax }
    expect(found.limits).toEqual({ ...onDisk, ...asked, drainDeadlineMs: 1_000 })
    expect(found).toMatchObject({ defaultProfile: 'echo', drainDeadlineMs: 1_000, logLevel: 'debug' })
  })

  test('gives a recording to play as a profile', () => {
    write({ profiles: { fixture: { runner: 'replay', replay: '/task.jsonl', speed: 0 } } })
    expect(settings().profiles).toEqual([
      { name: 'fixture', runner: 'replay', replay: '/task.jsonl', speed: 0 },
    ])
  })

  test('lies below the environment, and that below the flags', () => {
    write({
      socket: join(root, 'config.sock'),
      log: { level: 'warn' },
      drainDeadlineMs: 1,
      listen: [`node-ipc+roo:${root}/x`],
    })
    env['CALLBOARD_SOCKET'] = join(root, 'env.sock')
    env['CALLBOARD_LOG_LEVEL'] = 'error'
    expect(settings().listeners[0]?.path).toBe(join(root, 'env.sock'))
    expect(settings().logLevel).toBe('error')
    const found = settings({ socket: 'flag.sock', logLevel: 'trace', drainDeadlineMs: 2, listen: [] })
    expect(found.listeners.map((one) => one.path)).toEqual([join(root, 'project/flag.sock')])
    expect(found).toMatchObject({ logLevel: 'trace', drainDeadlineMs: 2 })
  })

  test('may begin with a byte order mark', () => {
    write('\uFEFF{"drainDeadlineMs": 7}')
    expect(settings().drainDeadlineMs).toBe(7)
  })

  test.each([
    ['{"sokcet": "/x"}', 'unknown key "sokcet"; did you mean "socket"?'],
    ['{"limits": {"taskLiveMax": 1}}', 'unknown key "limits.taskLiveMax"; did you mean "tasksLiveMax"?'],
    [
      '{"profiles": {"a": {"runner": "command", "comand": []}}}',
      '"profiles.a.comand"; did you mean "command"?',
    ],
    ['{"profiles": {"a": {"runner": "replay", "sped": 1}}}', 'profiles.a.replay'],
    ['{"profiles": {"a": {"runner": "replay", "replay": "/x", "sped": 1}}}', 'did you mean "speed"?'],
    ['{"profiles": {"a": {"runner": "replay", "replay": "x"}}}', 'replay: must be an absolute path'],
    ['{"profiles": {"a": {"runner": "replay", "replay": "/x", "speed": 1001}}}', 'a.speed: Too big'],
    ['{"profiles": {"a": {"runner": "comand"}}}', 'profiles.a.runner: known runners: command, replay, acp'],
    ['{"profiles": {"a": {}}}', 'profiles.a.runner: known runners: command, replay, acp'],
    ['{"log": {"levl": "info"}}', '"log.levl"; did you mean "level"?'],
    ['{"somethingElse": 1}', 'known: socket, listen, profiles'],
    [
      '{"profiles": {"a": {"runner": "command"}}, "defaultProfile": "b"}',
      'defaultProfile: unknown profile "b"',
    ],
    ['{"defaultProfile": "toString"}', 'unknown profile "toString"'],
    ['{"profiles": {"../a": {"runner": "command"}}}', 'a profile is named by'],
    ['{"profiles": {"a": {"runner": "command", "cwd": "here"}}}', 'profiles.a.cwd: must be an absolute path'],
    ['{"socket": "here.sock"}', 'socket: must be an absolute path'],
    ['{"limits": {"tasksLiveMax": 0}}', 'limits.tasksLiveMax: Too small'],
    ['{"limits": {"runningTasks": -1}}', 'limits.runningTasks: Too small'],
    [
      '{"profiles": {"a": {"runner": "command", "exclusive": "yes"}}}',
      'profiles.a.exclusive: Invalid option',
    ],
    ['{"profiles": {"a": {"runner": "replay", "replay": "/r", "exclusive": "cwd"}}}', 'unknown key'],
    ['{"limits": {"cancelGraceMs": 600001}}', 'limits.cancelGraceMs: Too big'],
    ['{"listen": ["node-ipc+roo:here.sock"]}', 'listen "node-ipc+roo:here.sock": the path must be absolute'],
    ['[]', 'expected object'],
    ['{\n  "drainDeadlineMs": 1,\n}', 'is not JSON at line 3, column 1'],
    ['{\n  "listen": [1,\n]}', 'is not JSON at line 3, column 1'],
    ['{"log": {"level": info}}', 'is not JSON at line 1, column 19'],
    ['', 'is not JSON at line 1, column 1'],
  ])('%s is refused: %s', (text, message) => {
    write(text)
    expect(refusal()).toContain(message)
  })

  test('is not quoted by its errors, since it may hold keys', () => {
    write('{"profiles": {"a": {"runner": "command", "env": {"KEY": sk-secret}}}}')
    expect(refusal()).not.toContain('sk-')
    write({ profiles: { a: { runner: 'command', env: { KEY: ['sk-secret'] } } } })
    expect(refusal()).not.toContain('sk-')
  })

  // bound: listenersMax
  test('names as many listeners as may be, and not one more', () => {
    const named = (count: number): string[] =>
      Array.from({ length: count }, (_, index) => `node-ipc+roo:${root}/${index}.sock`)
    write({ listen: named(limits.listenersMax) })
    // Beside the socket itself.
    expect(settings().listeners).toHaveLength(1 + limits.listenersMax)
    write({ listen: named(limits.listenersMax + 1) })
    expect(refusal()).toContain('listen: ')
  })

  // bound: profilesMax
  test('has as many profiles as may be, and none more', () => {
    const profiles = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, { runner: 'command' }]))
    write({ profiles: profiles(limits.profilesMax) })
    expect(settings().profiles).toHaveLength(limits.profilesMax)
    write({ profiles: profiles(limits.profilesMax + 1) })
    expect(refusal()).toContain(`profiles: at most ${limits.profilesMax}`)
  })

  // bound: globCharsMax, replaySpeedMax
  test('names a profile as long, and plays it as fast, as may be, and no more', () => {
    const profile = (length: number, speed: number) => ({
      profiles: { ['p'.repeat(length)]: { runner: 'replay', replay: '/r', speed } },
    })
    const { globCharsMax, replaySpeedMax } = limits
    write(profile(globCharsMax, replaySpeedMax))
    expect(settings().profiles[0]).toMatchObject({ name: 'p'.repeat(globCharsMax), speed: replaySpeedMax })
    write(profile(globCharsMax + 1, replaySpeedMax))
    expect(refusal()).toContain('Too big')
    write(profile(globCharsMax, replaySpeedMax + 1))
    expect(refusal()).toContain('speed: Too big')
  })

  // bound: connectionsMaxMax
  test('lets in as many connections as a config may ask for, and no more', () => {
    const { connectionsMaxMax } = limits
    write({ limits: { connectionsMax: connectionsMaxMax } })
    expect(settings().limits.connectionsMax).toBe(connectionsMaxMax)
    write({ limits: { connectionsMax: connectionsMaxMax + 1 } })
    expect(refusal()).toContain('limits.connectionsMax: Too big')
  })

  test('takes a bound at its least and its most', () => {
    write({ limits: { tasksLiveMax: 1, cancelGraceMs: 600_000 } })
    expect(settings().limits).toMatchObject({ tasksLiveMax: 1, cancelGraceMs: 600_000 })
  })

  // bound: configBytesMax
  test('is read at its largest size and refused one byte above it', () => {
    write('{}        ')
    expect(readConfigFile(configFile, 10)).toEqual({})
    expect(() => readConfigFile(configFile, 9)).toThrow('has 10 bytes; at most 9 are read')
  })

  test('is refused where it is a directory', () => {
    mkdirSync(configFile)
    expect(refusal()).toContain('is not a file')
  })
})
