import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { prepareSocketDirectory } from '../../src/transport/socket-directory.ts'
import type { SocketPath } from '../../src/transport/socket-path.ts'
import { scratchDirectory } from './scratch-directory.ts'

const scratch = scratchDirectory()
const us = { platform: process.platform, uid: process.getuid?.() ?? -1 }

function byDefault(directory: string): SocketPath {
  return { path: join(directory, 'callboard.sock'), source: 'TMPDIR', isDefault: true }
}

function asked(directory: string): SocketPath {
  return { path: join(directory, 'a.sock'), source: '--socket', isDefault: false }
}

describe("the socket's directory", () => {
  it('is made for us alone by default, and found again', () => {
    const directory = join(scratch, 'made')
    expect(prepareSocketDirectory(byDefault(directory), us)).toEqual({ ok: true, value: directory })
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(prepareSocketDirectory(byDefault(directory), us)).toEqual({ ok: true, value: directory })
  })

  it('is refused by default where others can come in, and not changed', () => {
    const directory = join(scratch, 'open')
    mkdirSync(directory)
    for (const mode of [0o750, 0o701, 0o720]) {
      chmodSync(directory, mode)
      const found = prepareSocketDirectory(byDefault(directory), us)
      expect(found).toMatchObject({ ok: false, reason: 'misconfigured' })
      expect(found).toMatchObject({ message: expect.stringContaining(`chmod 0700 ${directory}`) })
      expect(statSync(directory).mode & 0o777).toBe(mode)
    }
  })

  it("is refused by default where it is a link, a file or somebody else's", () => {
    const real = join(scratch, 'real')
    mkdirSync(real, { mode: 0o700 })
    const link = join(scratch, 'link')
    symlinkSync(real, link)
    const file = join(scratch, 'file')
    writeFileSync(file, '')
    for (const path of [link, file]) {
      const found = prepareSocketDirectory(byDefault(path), us)
      expect(found).toMatchObject({ ok: false, message: expect.stringContaining('not a real directory') })
    }
    const found = prepareSocketDirectory(byDefault(real), { ...us, uid: us.uid + 1 })
    expect(found).toMatchObject({ ok: false, message: expect.stringContaining(`belongs to user ${us.uid}`) })
  })

  it('is refused by default where its parent is missing', () => {
    const directory = join(scratch, 'no-run', 'callboard')
    const found = prepareSocketDirectory(byDefault(directory), us)
    expect(found).toMatchObject({ ok: false, message: expect.stringContaining('ENOENT') })
  })

  it('must exist where it was asked for, is never made, and is taken as it is', () => {
    const directory = join(scratch, 'asked')
    const missing = prepareSocketDirectory(asked(directory), us)
    expect(missing).toMatchObject({ ok: false, message: expect.stringContaining('does not exist: make it') })
    expect(existsSync(directory)).toBe(false)
    mkdirSync(directory)
    chmodSync(directory, 0o1777)
    expect(prepareSocketDirectory(asked(directory), us)).toEqual({ ok: true, value: directory })
    expect(statSync(directory).mode & 0o7777).toBe(0o1777)
    const file = join(scratch, 'asked-file')
    writeFileSync(file, '')
    expect(prepareSocketDirectory(asked(file), us)).toMatchObject({ ok: false, reason: 'misconfigured' })
  })

  it('is no matter for a Windows pipe', () => {
    const pipe: SocketPath = { path: '\\\\.\\pipe\\callboard-ana', source: 'user', isDefault: true }
    expect(prepareSocketDirectory(pipe, { platform: 'win32', uid: -1 })).toMatchObject({ ok: true })
  })
})
