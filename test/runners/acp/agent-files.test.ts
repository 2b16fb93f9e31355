/** Files that an agent reads and writes through the daemon: inside its task's directory only. */
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AgentFiles } from '../../../src/runners/acp/agent-files.ts'
import { AgentRefusal } from '../../../src/runners/acp/failure.ts'
import { playing } from '../acp-run.ts'

let base = ''
let cwd = ''
const denied: string[] = []
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'callboard-files-')))
  cwd = join(base, 'task')
  mkdirSync(join(cwd, 'src'), { recursive: true })
  writeFileSync(join(cwd, 'src/a.txt'), 'one\ntwo\nthree\nfour')
  writeFileSync(join(base, 'secret'), 'secret')
  denied.splice(0)
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

function files(bytesMax = 1_000): AgentFiles {
  return new AgentFiles({ cwd, bytesMax, denied: (path) => void denied.push(path) })
}

async function refusal(work: Promise<unknown>): Promise<number> {
  const error: unknown = await work.then(
    () => 'it was done',
    (why: unknown) => why,
  )
  if (error instanceof AgentRefusal) return error.code
  throw new Error(`not refused: ${String(error)}`)
}

test('a file inside is read, whole or some lines of it', async () => {
  const path = join(cwd, 'src/a.txt')
  expect(await files().read({ path })).toEqual({ content: 'one\ntwo\nthree\nfour' })
  expect(await files().read({ path, line: 2, limit: 2 })).toEqual({ content: 'two\nthree' })
  expect(await files().read({ path, line: 4 })).toEqual({ content: 'four' })
  expect(await files().read({ path, limit: 1 })).toEqual({ content: 'one' })
  expect(await files().read({ path, line: 99 })).toEqual({ content: '' })
})

test('a file inside is written, its directories too, and an earlier text is replaced', async () => {
  const path = join(cwd, 'new/deep/b.txt')
  await files().write({ path, content: 'a long text' })
  await files().write({ path, content: 'short' })
  expect(readFileSync(path, 'utf8')).toBe('short')
})

test('a link inside that leads inside is followed', async () => {
  symlinkSync(join(cwd, 'src'), join(cwd, 'link'))
  expect(await files().read({ path: join(cwd, 'link/a.txt') })).toMatchObject({
    content: expect.stringContaining('one'),
  })
  await files().write({ path: join(cwd, 'link/c.txt'), content: 'c' })
  expect(readFileSync(join(cwd, 'src/c.txt'), 'utf8')).toBe('c')
})

test('the directory may itself be reached by a link', async () => {
  const link = join(base, 'way')
  symlinkSync(cwd, link)
  const through = new AgentFiles({ cwd: link, bytesMax: 100, denied: () => undefined })
  expect(await through.read({ path: join(link, 'src/a.txt') })).toMatchObject({ content: expect.anything() })
  expect(await through.read({ path: join(cwd, 'src/a.txt') })).toMatchObject({ content: expect.anything() })
})

test.each([
  ['../secret', 'from inside by ..'],
  ['src/../../secret', 'by .. in the middle'],
  ['../task-next/x', 'a neighbour whose name begins alike'],
])('what lies outside is refused: %s, %s', async (path) => {
  mkdirSync(join(base, 'task-next'))
  writeFileSync(join(base, 'task-next/x'), 'x')
  expect(await refusal(files().read({ path: `${cwd}/${path}` }))).toBe(-32_602)
  expect(await refusal(files().write({ path: `${cwd}/${path}`, content: 'x' }))).toBe(-32_602)
  expect(denied).toHaveLength(2)
  expect(readFileSync(join(base, 'secret'), 'utf8')).toBe('secret')
})

test('what links lead to outside is refused, by file, by directory, for files that are not there yet, and to nowhere', async () => {
  symlinkSync(join(base, 'secret'), join(cwd, 'file-link'))
  symlinkSync(base, join(cwd, 'directory-link'))
  symlinkSync(join(base, 'not-yet'), join(cwd, 'dangling'))
  symlinkSync('loop', join(cwd, 'loop'))
  for (const path of [
    'file-link',
    'directory-link/secret',
    'directory-link/new.txt',
    'directory-link/a/b',
    'dangling',
    'loop',
  ]) {
    expect([path, await refusal(files().read({ path: join(cwd, path) }))]).toEqual([path, -32_602])
    expect([path, await refusal(files().write({ path: join(cwd, path), content: 'x' }))]).toEqual([
      path,
      -32_602,
    ])
  }
  expect(denied).toHaveLength(12)
  expect(readFileSync(join(base, 'secret'), 'utf8')).toBe('secret')
  expect(() => readFileSync(join(base, 'not-yet'))).toThrow('ENOENT')
})

test.each(['relative.txt', '', '/etc/passwd\0', '/etc/passwd', '/'])('%j is refused', async (path) => {
  expect(await refusal(files().read({ path }))).toBe(-32_602)
  expect(await refusal(files().write({ path, content: '' }))).toBe(-32_602)
})

test('what is no file, is not there or is not text is refused with what it is', async () => {
  writeFileSync(join(cwd, 'binary'), Buffer.from([0xff, 0xfe, 0]))
  expect(await refusal(files().read({ path: join(cwd, 'src') }))).toBe(-32_602)
  expect(await refusal(files().read({ path: join(cwd, 'missing') }))).toBe(-32_002)
  expect(await refusal(files().read({ path: join(cwd, 'binary') }))).toBe(-32_602)
  expect(await refusal(files().read({ path: join(cwd, 'src/a.txt/x') }))).toBe(-32_602)
  expect(await refusal(files().read({}))).toBe(-32_602)
})

test.skipIf(process.platform === 'win32')('a pipe is not waited for', async () => {
  execFileSync('mkfifo', [join(cwd, 'pipe')])
  expect(await refusal(files().read({ path: join(cwd, 'pipe') }))).toBe(-32_602)
  expect(await refusal(files().write({ path: join(cwd, 'pipe'), content: 'x' }))).toBe(-32_602)
})

// bound: agentFileBytesMax
test('a file of as many bytes as may is read and written, one of more is neither', async () => {
  const path = join(cwd, 'big')
  await files(10).write({ path, content: 'é'.repeat(5) })
  expect(await files(10).read({ path })).toEqual({ content: 'é'.repeat(5) })
  expect(await refusal(files(9).read({ path }))).toBe(-32_602)
  expect(await refusal(files(9).write({ path, content: 'é'.repeat(5) }))).toBe(-32_602)
})

test.runIf(process.platform === 'linux')(
  'a file of the kernel has no size and is bounded all the same',
  async () => {
    const kernel = new AgentFiles({ cwd: '/proc/self', bytesMax: 4, denied: () => undefined })
    expect(await refusal(kernel.read({ path: '/proc/self/status' }))).toBe(-32_602)
  },
)

test('an agent that reads outside is refused, clients see which path, and the task goes on', async () => {
  const steps = [
    { ask: { method: 'fs/read_text_file', path: `${cwd}/../../etc/passwd` } },
    { ask: { method: 'fs/read_text_file', path: join(cwd, 'src/a.txt'), limit: 1 } },
    { ask: { method: 'fs/write_text_file', path: join(cwd, 'out.txt'), content: 'written' } },
  ]
  const run = playing(steps, { cwd })
  expect(await run.ended).toMatchObject({ ok: true })
  expect(run.told()).toEqual([
    expect.stringMatching(/^say:rooignore_error .*\/etc\/passwd$/),
    expect.stringContaining('"code":-32602'),
  ])
  expect(run.told()[1]).toContain('{"content":"one"}\n{}')
  expect(readFileSync(join(cwd, 'out.txt'), 'utf8')).toBe('written')
})
