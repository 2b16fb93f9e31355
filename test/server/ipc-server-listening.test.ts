/** Where the library's server listens, and what it leaves alone there. */
import { once } from 'node:events'
import { existsSync, linkSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { killChild, spawnUntil } from '../transport/child-process.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { eventually, keptClient, keptServer, pairAt, pathIn } from './library-pair.ts'

const directory = scratchDirectory()
const library = join(import.meta.dirname, '../../src/package/callboard.ts')

describe('listening', () => {
  test('where nothing is in the way it listens when listen returns, with mode 0600', async () => {
    const path = pathIn(directory)
    const umask = vi.spyOn(process, 'umask')
    const { server } = keptServer(path)
    expect(server).toMatchObject({ socketPath: path, isListening: false })
    const listening = vi.fn<() => void>()
    server.listen()
    server.on('listening', listening)
    expect(server.isListening).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await eventually(() => expect(listening).toHaveBeenCalledOnce())
    expect(umask).not.toHaveBeenCalled()
    umask.mockRestore()
  })

  test('it takes a path in the sticky temporary directory, and leaves nothing there', async () => {
    const shared = join(directory, 'sticky')
    mkdirSync(shared, { mode: 0o1777 })
    const path = join(shared, `roo-code-${process.pid}.sock`)
    const { server, client } = await pairAt(path)
    expect(readdirSync(shared)).toEqual([`roo-code-${process.pid}.sock`])
    client.disconnect()
    await server.close()
    expect(readdirSync(shared)).toEqual([])
    const inTemporary = join(tmpdir(), `callboard-library-${process.pid}.sock`)
    const there = await pairAt(inTemporary)
    await there.server.close()
    expect(existsSync(inTemporary)).toBe(false)
  })

  test('it takes over the socket of a program that died', async () => {
    const path = pathIn(directory)
    const child = await spawnUntil(
      `import { createServer } from 'node:net'
       createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`,
      [],
      'listening',
    )
    await killChild(child)
    expect(existsSync(path)).toBe(true)
    await pairAt(path)
  })

  test('a live socket stays its owner’s, and error says so', async () => {
    const path = pathIn(directory)
    const { client } = await pairAt(path)
    const second = keptServer(path)
    const errors: NodeJS.ErrnoException[] = []
    second.server.listen()
    second.server.on('error', (error) => errors.push(error))
    await eventually(() => expect(errors).toHaveLength(1))
    expect(errors[0]).toMatchObject({ code: 'EADDRINUSE', path, syscall: 'listen' })
    expect(errors[0]?.message).toBe(
      `${path} is already served by another program: use that one, or listen at another path`,
    )
    expect(second.server.isListening).toBe(false)
    expect(client.isReady).toBe(true)
    const third = keptClient(path)
    await eventually(() => expect(third.client.isReady).toBe(true))
  })

  test('a file that is no socket is not touched', async () => {
    const path = pathIn(directory)
    writeFileSync(path, 'precious')
    const { server } = keptServer(path)
    const errors: Error[] = []
    server.on('error', (error) => errors.push(error))
    server.listen()
    await eventually(() => expect(errors[0]?.message).toMatch(/exists and is not a socket/))
    expect(readFileSync(path, 'utf8')).toBe('precious')
  })

  test.each([
    ['missing', 'ENOENT', 'its directory does not exist'],
    ['x'.repeat(120), 'ENAMETOOLONG', "the path is longer than a socket's may be"],
  ])('error says in words what is wrong with %s/s.sock', async (name, code, why) => {
    const path = join(directory, name, 's.sock')
    const { server } = keptServer(path)
    const errors: Error[] = []
    server.on('error', (error) => errors.push(error))
    server.listen()
    await eventually(() => expect(errors).toHaveLength(1))
    expect(errors[0]).toMatchObject({ code, message: `cannot listen at ${path}: ${why} (${code})` })
    expect(() => server.listen()).not.toThrow()
    await eventually(() => expect(errors).toHaveLength(2))
  })

  test('an error for which nobody listens ends the program with the sentence', async () => {
    const path = pathIn(directory)
    await pairAt(path)
    const source = `
      import { IpcServer } from ${JSON.stringify(library)}
      process.on('uncaughtException', (error) => { console.log('thrown: ' + error.message); process.exit(3) })
      new IpcServer(${JSON.stringify(path)}).listen()`
    const child = await spawnUntil(source, [], 'is already served by another program')
    await eventually(() => expect(child.exitCode).toBe(3))
  })

  test('listening twice is a mistake; listening again after close is not', async () => {
    const { server } = keptServer(pathIn(directory))
    server.listen()
    expect(() => server.listen()).toThrow(/listen was called already/)
    await server.close()
    await server.close()
    expect(server.isListening).toBe(false)
    server.listen()
    expect(server.isListening).toBe(true)
  })

  test('closed before it was known what lies at its path, it never listens', async () => {
    const path = pathIn(directory)
    const other = createServer().listen(path)
    onTestFinished(() => void other.close())
    const { server } = keptServer(path)
    const told = vi.fn<() => void>()
    server.on('error', told).on('listening', told)
    server.listen()
    await server.close()
    const probe = keptServer(path)
    const probed = vi.fn<() => void>()
    probe.server.on('error', probed)
    probe.server.listen()
    await eventually(() => expect(probed).toHaveBeenCalledOnce())
    expect(told).not.toHaveBeenCalled()
  })

  test('closed while a stale socket is looked at, it never listens either', async () => {
    const [path, bound] = [pathIn(directory), pathIn(directory)]
    const other = createServer().listen(bound)
    await once(other, 'listening')
    // The second name stays when its server takes the first one away.
    linkSync(bound, path)
    other.close()
    const { server } = keptServer(path)
    server.listen()
    await server.close()
    await eventually(() => expect(existsSync(path)).toBe(false))
    expect(server.isListening).toBe(false)
  })

  test('closed in the turn in which it listens, it does not say that it does', async () => {
    const { server } = keptServer(pathIn(directory))
    const listening = vi.fn<() => void>()
    server.on('listening', listening)
    server.listen()
    await server.close()
    await new Promise(setImmediate)
    expect(listening).not.toHaveBeenCalled()
  })
})
