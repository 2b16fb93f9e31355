import { describe, expect, it } from 'vitest'
import { resolveSocketPath, type SocketPathInput } from '../../src/transport/socket-path.ts'

const bare: SocketPathInput = {
  env: {},
  forServe: true,
  platform: 'linux',
  uid: 1000,
  username: 'Ana Ruiz',
  tmpdir: '/tmp',
  cwd: '/home/ana/work',
}

const everything: SocketPathInput = {
  ...bare,
  flag: '/by/flag.sock',
  env: {
    CALLBOARD_SOCKET: '/by/env.sock',
    ROO_CODE_IPC_SOCKET_PATH: '/by/roo.sock',
    XDG_RUNTIME_DIR: '/run/user/1000',
  },
  config: '/by/config.sock',
}

function without(...names: string[]): SocketPathInput {
  const env = Object.fromEntries(Object.entries(everything.env).filter(([name]) => !names.includes(name)))
  return {
    ...everything,
    env,
    flag: names.includes('flag') ? undefined : everything.flag,
    config: names.includes('config') ? undefined : everything.config,
  }
}

describe('the socket path', () => {
  const asked = ['flag', 'CALLBOARD_SOCKET', 'ROO_CODE_IPC_SOCKET_PATH', 'config', 'XDG_RUNTIME_DIR']
  it.each([
    [0, '/by/flag.sock', '--socket', false],
    [1, '/by/env.sock', 'CALLBOARD_SOCKET', false],
    [2, '/by/roo.sock', 'ROO_CODE_IPC_SOCKET_PATH', false],
    [3, '/by/config.sock', 'config', false],
    [4, '/run/user/1000/callboard/callboard.sock', 'XDG_RUNTIME_DIR', true],
    [5, '/tmp/callboard-1000/callboard.sock', 'default', true],
  ])('without the first %i of its sources is %s', (missing, path, source, isDefault) => {
    const found = resolveSocketPath(without(...asked.slice(0, missing)))
    expect(found).toEqual({ ok: true, value: { path, source, isDefault } })
  })

  it("takes Roo Code's variable for the daemon only", () => {
    const found = resolveSocketPath({ ...without('flag', 'CALLBOARD_SOCKET'), forServe: false })
    expect(found).toMatchObject({ value: { source: 'config' } })
  })

  it('takes empty values for unset ones', () => {
    const env = { CALLBOARD_SOCKET: '', ROO_CODE_IPC_SOCKET_PATH: '', XDG_RUNTIME_DIR: '' }
    const found = resolveSocketPath({ ...bare, flag: '', config: '', env })
    expect(found).toMatchObject({ value: { path: '/tmp/callboard-1000/callboard.sock', source: 'default' } })
  })

  it('resolves relative paths against the working directory', () => {
    expect(resolveSocketPath({ ...bare, flag: 'a.sock' })).toMatchObject({
      value: { path: '/home/ana/work/a.sock' },
    })
    const up = resolveSocketPath({ ...bare, env: { CALLBOARD_SOCKET: '../b.sock' } })
    expect(up).toMatchObject({ value: { path: '/home/ana/b.sock' } })
  })

  it('names TMPDIR only where that says something', () => {
    const found = resolveSocketPath({ ...bare, env: { TMPDIR: '/scratch' }, tmpdir: '/scratch' })
    const path = '/scratch/callboard-1000/callboard.sock'
    expect(found).toEqual({ ok: true, value: { path, source: 'TMPDIR', isDefault: true } })
  })

  it('ignores a relative XDG_RUNTIME_DIR', () => {
    expect(resolveSocketPath({ ...bare, env: { XDG_RUNTIME_DIR: 'run' } })).toMatchObject({
      value: { source: 'default' },
    })
  })

  it('is a named pipe of the user on Windows, and passes an asked one through', () => {
    const windows: SocketPathInput = { ...bare, platform: 'win32', tmpdir: 'C:\\Temp', cwd: 'C:\\' }
    const found = resolveSocketPath(windows)
    expect(found).toEqual({
      ok: true,
      value: { path: '\\\\.\\pipe\\callboard-Ana_Ruiz', source: 'user', isDefault: true },
    })
    const flag = '\\\\.\\pipe\\mine'
    expect(resolveSocketPath({ ...windows, flag })).toMatchObject({ value: { path: flag } })
  })

  // bound: socketPathBytesMax
  it('is refused by its length in bytes, with the path, the number and the way out', () => {
    const fits = `/${'x'.repeat(39)}`
    expect(resolveSocketPath({ ...bare, flag: fits, pathBytesMax: 40 })).toMatchObject({ ok: true })
    const path = `/${'é'.repeat(20)}`
    const found = resolveSocketPath({ ...bare, flag: path, pathBytesMax: 40 })
    expect(found).toMatchObject({ ok: false, reason: 'misconfigured' })
    if (found.ok) return
    expect(found.message).toContain(path)
    expect(found.message).toContain('41 bytes')
    expect(found.message).toContain('40')
    expect(found.message).toContain('--socket')
  })
})
