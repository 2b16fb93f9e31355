import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { acquireLock, homeLockPath, socketLockPath, type Lock } from '../../src/transport/instance-lock.ts'
import { killChild, spawnUntil } from './child-process.ts'
import { scratchDirectory } from './scratch-directory.ts'

const scratch = scratchDirectory()
const lockModule = new URL('../../src/transport/instance-lock.ts', import.meta.url).href
const lockSource = `
  import { acquireLock } from '${lockModule}'
  globalThis.lock = acquireLock(process.argv.at(-1))
  console.log(globalThis.lock.ok ? 'locked' : 'refused ' + globalThis.lock.reason)
  setInterval(() => {}, 60_000)`

function mustLock(path: string): Lock {
  const found = acquireLock(path)
  if (!found.ok) throw new Error(found.message)
  return found.value
}

describe('the instance lock', () => {
  it('refuses a second process while the first lives, and not after it was killed', async () => {
    const path = join(scratch, 'a.lock')
    const child = await spawnUntil(lockSource, [path], 'locked')
    expect(acquireLock(path)).toMatchObject({
      ok: false,
      reason: 'taken',
      message: expect.stringContaining(path),
    })
    await killChild(child)
    mustLock(path).close()
  })

  it('refuses other processes what this one holds, also after it tried twice', async () => {
    const path = join(scratch, 'b.lock')
    const lock = mustLock(path)
    expect(acquireLock(path)).toMatchObject({ ok: false, reason: 'taken' })
    await killChild(await spawnUntil(lockSource, [path], 'refused taken'))
    lock.close()
    lock.close()
    await killChild(await spawnUntil(lockSource, [path], 'locked'))
  })

  it('leaves one empty file of mode 0600, also when its process is killed', async () => {
    const directory = join(scratch, 'litter')
    mkdirSync(directory)
    const path = join(directory, 'c.lock')
    const lock = mustLock(path)
    expect(readdirSync(directory)).toEqual(['c.lock'])
    lock.close()
    expect(readdirSync(directory)).toEqual(['c.lock'])
    await killChild(await spawnUntil(lockSource, [path], 'locked'))
    expect(readdirSync(directory)).toEqual(['c.lock'])
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
    expect(lstatSync(path).size).toBe(0)
  })

  it('refuses what cannot be a lock, and leaves it as it is', () => {
    const text = join(scratch, 'text.lock')
    writeFileSync(text, 'not a database, but somebody’s notes '.repeat(100))
    const before = readFileSync(text)
    const link = join(scratch, 'link.lock')
    symlinkSync(join(scratch, 'elsewhere'), link)
    for (const path of [text, link, join(scratch, 'missing', 'd.lock')]) {
      const found = acquireLock(path)
      expect(found).toMatchObject({
        ok: false,
        reason: 'misconfigured',
        message: expect.stringContaining(path),
      })
    }
    expect(readFileSync(text).equals(before)).toBe(true)
    expect(readdirSync(scratch)).not.toContain('elsewhere')
  })

  it.skipIf(process.getuid?.() === 0)('refuses a file that it may not write', () => {
    const path = join(scratch, 'readonly.lock')
    writeFileSync(path, '')
    chmodSync(path, 0o400)
    expect(acquireLock(path)).toMatchObject({ ok: false, reason: 'misconfigured' })
  })

  it('is one for all names of a directory', () => {
    const real = join(scratch, 'real')
    mkdirSync(real)
    symlinkSync(real, join(scratch, 'alias'))
    const expected = join(real, 'a.sock.lock')
    expect(socketLockPath(join(real, 'a.sock'), 'linux', '/tmp')).toBe(expected)
    expect(socketLockPath(join(scratch, 'alias', 'a.sock'), 'linux', '/tmp')).toBe(expected)
    expect(homeLockPath(join(scratch, 'alias'))).toBe(join(real, 'daemon.lock'))
  })

  it('of a Windows pipe lies in the temporary directory', () => {
    expect(socketLockPath('\\\\.\\pipe\\callboard-ana', 'win32', '/tmp')).toBe('/tmp/callboard-ana.lock')
  })
})
