import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { boundPathBytes, publishSocket } from '../../src/transport/socket-file.ts'
import { scratchDirectory } from './scratch-directory.ts'

const scratch = scratchDirectory()

describe('publishing a socket file', () => {
  it('binds in a private directory inside that of the path, and nowhere else', () => {
    const path = join(scratch, 'a.sock')
    const server = createServer()
    let seen = ''
    const file = publishSocket(path, (staged) => {
      seen = staged
      expect(dirname(dirname(staged))).toBe(scratch)
      expect(lstatSync(dirname(staged)).mode & 0o777).toBe(0o700)
      expect(readdirSync(scratch)).not.toContain('a.sock')
      server.listen(staged)
    })
    expect(Buffer.byteLength(seen)).toBe(boundPathBytes(join(scratch, 's')))
    expect(readdirSync(scratch)).toEqual(['a.sock'])
    expect(file.isThere()).toBe(true)
    server.close()
    expect(file.isThere()).toBe(true)
    file.remove()
    expect(readdirSync(scratch)).toEqual([])
  })

  it('leaves nothing behind when binding throws', () => {
    const directory = join(scratch, 'faulty')
    mkdirSync(directory)
    const bind = (): void => {
      throw Object.assign(new Error('no descriptors'), { code: 'EMFILE' })
    }
    expect(() => publishSocket(join(directory, 'a.sock'), bind)).toThrow(
      expect.objectContaining({ code: 'EMFILE' }),
    )
    expect(readdirSync(directory)).toEqual([])
  })

  it('replaces nothing that appeared at the path while it was binding', () => {
    const directory = join(scratch, 'raced')
    mkdirSync(directory)
    const path = join(directory, 'a.sock')
    const server = createServer()
    const bind = (staged: string): void => {
      server.listen(staged)
      writeFileSync(path, 'first')
    }
    expect(() => publishSocket(path, bind)).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }))
    expect(readdirSync(directory)).toEqual(['a.sock'])
    expect(lstatSync(path).isFile()).toBe(true)
    server.close()
  })
})
