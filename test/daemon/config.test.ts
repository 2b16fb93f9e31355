import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadClientSettings, loadSettings } from '../../src/daemon/config.ts'
import type { DaemonSettings, SettingsFlags } from '../../src/daemon/config.ts'
import { readConfigFile } from '../../src/daemon/config-file.ts'
import { limits } from '../../src/limits.ts'

let root: string
let env: Record<string, string>
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'callboard-config-')))
  mkdirSync(join(root, 'config/callboard'), { recursive: true, mode: 0o700 })
  env = { HOME: root, XDG_CONFIG_HOME: join(root, 'config'), XDG_RUNTIME_DIR: join(root, 'run') }
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function configFile(): string {
  return join(root, 'config/callboard/config.json')
}

function write(config: unknown): void {
  writeFileSync(configFile(), typeof config === 'string' ? config : JSON.stringify(config), { mode: 0o600 })
}

function load(flags: SettingsFlags = {}) {
  return loadSettings({ flags, env, cwd: join(root, 'project') })
}

function settings(flags: SettingsFlags = {}): DaemonSettings {
  const loaded = load(flags)
  if (!loaded.ok) throw new Error(loaded.message)
  return loaded.settings
}

function refusal(flags: SettingsFlags = {}): string {
  const loaded = load(flags)
  if (loaded.ok) throw new Error('It was taken.')
  expect(loaded.exitCode).toBe(78)
  expect(loaded.message).not.toContain('\n')
  return loaded.message
}

describe('without a config file', () => {
  test('the defaults hold, and the home directory is made for the user alone', () => {
    const found = settings()
    expect(found.home).toBe(join(root, '.local/state/callboard'))
    expect(statSync(found.home).mode & 0o777).toBe(0o700)
    // Twice the cores.
    const tailBytesMax = limits.tailOnDiskBytesMax
    expect(found.limits).toEqual({ ...limits, tailBytesMax, runningTasks: 2 * availableParallelism() })
    expect(found).toMatchObject({ profiles: [], logLevel: 'info', drainDeadlineMs: limits.drainDeadlineMs })
    expect(found.defaultProfile).toBeUndefined()
    expect(found.version).toMatch(/^\d+\.\d+\.\d+/)
    expect(found.listeners).toEqual([
      {
        path: join(root, 'run/callboard/callboard.sock'),
        source: 'XDG_RUNTIME_DIR',
        isDefault: true,
        framing: 'node-ipc',
        vocabulary: 'roo',
        scope: 'all',
        role: 'client',
        replay: 'none',
      },
    ])
  })

  test('a config.json in the working directory is not read', () => {
    mkdirSync(join(root, 'project'))
    writeFileSync(join(root, 'project/config.json'), '{"defaultProfile": "evil"}')
    expect(settings().profiles).toEqual([])
  })
})

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
    expect(readConfigFile(configFile(), 10)).toEqual({})
    expect(() => readConfigFile(configFile(), 9)).toThrow('has 10 bytes; at most 9 are read')
  })

  test('is refused where it is a directory', () => {
    mkdirSync(configFile())
    expect(refusal()).toContain('is not a file')
  })
})

describe.skipIf(process.platform === 'win32')('where others may write', () => {
  test.each([0o620, 0o602, 0o666])('a config file of mode %o is refused', (mode) => {
    write({})
    chmodSync(configFile(), mode)
    expect(refusal()).toContain('may be written by others')
  })

  test.each([0o770, 0o707])('a config directory of mode %o is refused', (mode) => {
    write({})
    chmodSync(join(root, 'config/callboard'), mode)
    expect(refusal()).toContain('may be written by others')
  })

  test('the directory that a link leads to counts too', () => {
    const shared = join(root, 'shared')
    mkdirSync(shared)
    writeFileSync(join(shared, 'real.json'), '{}', { mode: 0o600 })
    symlinkSync(join(shared, 'real.json'), configFile())
    expect(settings().profiles).toEqual([])
    chmodSync(shared, 0o777)
    expect(refusal()).toContain(`${shared} may be written by others`)
  })

  test.runIf(process.platform === 'linux')(
    'a home that cannot be made is refused, not tried for ever',
    () => {
      env['CALLBOARD_HOME'] = '/proc/callboard/home'
      expect(refusal()).toContain('The home directory /proc/callboard/home cannot be made: ENOENT')
    },
  )
  test('a home directory is refused', () => {
    env['CALLBOARD_HOME'] = join(root, 'home')
    mkdirSync(join(root, 'home'))
    chmodSync(join(root, 'home'), 0o777)
    expect(refusal()).toContain(`${join(root, 'home')} may be written by others`)
  })
})

describe('the home directory', () => {
  test('is CALLBOARD_HOME, made with its parents, before XDG_STATE_HOME', () => {
    env['XDG_STATE_HOME'] = join(root, 'state')
    expect(settings().home).toBe(join(root, 'state/callboard'))
    env['CALLBOARD_HOME'] = join(root, 'a/b')
    expect(settings().home).toBe(join(root, 'a/b'))
    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700)
  })

  test('is refused where it is relative, or is a file', () => {
    env['CALLBOARD_HOME'] = 'here'
    expect(refusal()).toContain('CALLBOARD_HOME is "here": it must be an absolute path')
    writeFileSync(join(root, 'file'), '')
    env['CALLBOARD_HOME'] = join(root, 'file')
    expect(refusal()).toContain(join(root, 'file'))
  })

  test('is not made for a client, which finds the same socket', () => {
    write({ socket: join(root, 'own.sock') })
    env['ROO_CODE_IPC_SOCKET_PATH'] = join(root, 'roo.sock')
    const found = loadClientSettings({ flags: {}, env, cwd: root })
    expect(found).toEqual({
      ok: true,
      socketPath: join(root, 'own.sock'),
      socketSource: 'config',
      home: join(root, '.local/state/callboard'),
    })
    expect(statSync(join(root, '.local'), { throwIfNoEntry: false })).toBeUndefined()
    expect(settings().listeners[0]?.path).toBe(join(root, 'roo.sock'))
  })
})

describe('more listeners', () => {
  test('the same path twice is refused, also by another name of its directory', () => {
    mkdirSync(join(root, 'run'))
    symlinkSync(join(root, 'run'), join(root, 'alias'))
    const listen = [`node-ipc+roo:${root}/run/a.sock`, `node-ipc+roo-1.89:${root}/alias/a.sock`]
    expect(refusal({ listen })).toContain('is given twice (--listen and --listen)')
    expect(refusal({ socket: '/a.sock', listen: ['node-ipc+roo:/a.sock'] })).toContain(
      '--socket and --listen',
    )
  })

  test('an unknown level names the nearest one', () => {
    expect(refusal({ logLevel: 'inof' })).toContain('--log-level "inof": unknown level')
    env['CALLBOARD_LOG_LEVEL'] = 'debugg'
    expect(refusal()).toContain('did you mean "debug"?')
  })

  // bound: tailOnDiskBytesMax
  test('the tail beside a journal on disk is smaller, unless the file says how large', () => {
    const tail = (flags: SettingsFlags = {}): number => settings(flags).limits.tailBytesMax
    expect([tail(), tail({ durability: 'memory' })]).toEqual([limits.tailOnDiskBytesMax, limits.tailBytesMax])
    write({ limits: { tailBytesMax: limits.tailOnDiskBytesMax + 1 } })
    expect([tail(), tail({ durability: 'memory' })]).toEqual(Array(2).fill(limits.tailOnDiskBytesMax + 1))
  })

  test('what the journal holds against is said by the file, the environment and a flag, each over the one before', () => {
    expect(settings()).toMatchObject({ durability: 'normal' })
    write({ store: { durability: 'full', retention: { ageDays: 2, bytes: 2 ** 30, tasks: 7 } } })
    expect(settings()).toMatchObject({
      durability: 'full',
      limits: { retentionAgeMs: 2 * 86_400_000, retentionBytesMax: 2 ** 30, retentionTasksMax: 7 },
    })
    env['CALLBOARD_DURABILITY'] = 'normal'
    expect(settings()).toMatchObject({ durability: 'normal' })
    expect(settings({ durability: 'memory' })).toMatchObject({ durability: 'memory' })
    expect(refusal({ durability: 'ful' })).toContain(
      '--durability "ful": unknown durability; did you mean "full"?',
    )
    env['CALLBOARD_DURABILITY'] = 'none'
    expect(refusal()).toContain('CALLBOARD_DURABILITY "none": unknown durability')
    write({ store: { retention: { days: 1 } } })
    expect(refusal()).toContain('unknown key "store.retention.days"')
  })

  // bound: drainDeadlineMsMax
  test('a drain deadline of the longest that may be is taken, by a flag and in the file', () => {
    const { drainDeadlineMsMax } = limits
    expect(settings({ drainDeadlineMs: drainDeadlineMsMax })).toMatchObject({
      drainDeadlineMs: drainDeadlineMsMax,
    })
    write({ drainDeadlineMs: drainDeadlineMsMax })
    expect(settings()).toMatchObject({ drainDeadlineMs: drainDeadlineMsMax })
    write({ drainDeadlineMs: drainDeadlineMsMax + 1 })
    expect(refusal()).toContain('drainDeadlineMs: Too big')
  })

  test.each([-1, 0.5, limits.drainDeadlineMsMax + 1, Number.NaN])(
    'a drain deadline of %s is refused',
    (drainDeadlineMs) => {
      expect(refusal({ drainDeadlineMs })).toContain(`must be from 0 to ${limits.drainDeadlineMsMax}`)
    },
  )
})
