/** The daemon's settings: from flags, the environment and the config file, in its home, with what others may not do there. */
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadClientSettings } from '../../src/daemon/config.ts'
import type { SettingsFlags } from '../../src/daemon/config.ts'
import { limits } from '../../src/limits.ts'
import { configPlace } from './config-place.ts'

const { configFile, env, refusal, root, settings, write } = configPlace()

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

describe.skipIf(process.platform === 'win32')('where others may write', () => {
  test.each([0o620, 0o602, 0o666])('a config file of mode %o is refused', (mode) => {
    write({})
    chmodSync(configFile, mode)
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
    symlinkSync(join(shared, 'real.json'), configFile)
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
