import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { limits } from '../../../src/limits.ts'
import { CliWorld } from '../cli-process.ts'

const world = new CliWorld()
afterAll(() => world.dispose())

/** A browser that says, in the file that OPENED names, what it was given. */
const browser = join(world.directory, 'bin', 'xdg-open')
const addressed = /^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/

beforeAll(async () => {
  mkdirSync(join(world.directory, 'bin'))
  const script = `const { readFileSync, statSync, writeFileSync, renameSync } = require('node:fs')
const file = process.argv.at(-1)
const told = { args: process.argv.slice(2), mode: statSync(file).mode & 0o777, html: readFileSync(file, 'utf8') }
writeFileSync(process.env.OPENED + '.new', JSON.stringify(told))
renameSync(process.env.OPENED + '.new', process.env.OPENED)
`
  writeFileSync(browser, `#!${process.execPath}\n${script}`)
  chmodSync(browser, 0o755)
  await world.run(['start', '--', 'true'])
})

async function status(url: string): Promise<{ status: number; body: unknown }> {
  const { origin, hash } = new URL(url)
  const headers = { authorization: `Bearer ${hash.replace('#token=', '')}` }
  const response = await fetch(`${origin}/api/status`, { headers })
  return { status: response.status, body: await response.json() }
}

describe('inspect', () => {
  test('prints an address that opens this daemon, to look', async () => {
    const { code, out, err } = await world.run(['inspect'])
    expect([code, err]).toEqual([0, ''])
    expect(out.trimEnd()).toMatch(addressed)
    expect(await status(out.trimEnd())).toMatchObject({
      status: 200,
      body: { mode: 'live', right: 'view', daemon: { pid: world.daemons()[0] } },
    })
  })

  test('its figures are those of status: every task is counted once, and the journal is the file', async () => {
    await world.run(['start', '--', 'sleep', '60'])
    const said = await world.json(['status'])
    const { body } = await status(urlOf(await world.json(['inspect'])))
    const { meters } = body as { meters: { tasks: unknown; journalBytes: number; tailBytes: number } }
    expect(said).toMatchObject({ tasks: meters.tasks })
    expect(meters.tasks).toEqual({ completed: 1, running: 1 })
    expect(meters.journalBytes).toBeGreaterThan(meters.tailBytes)
  })

  test('a task of an earlier daemon, whose events are in the file alone, has its timeline', async () => {
    const old = new CliWorld()
    try {
      // More than is read at once comes before it.
      await old.run(['run', '--', 'sh', '-c', 'yes some line of output | head -c 3000000'])
      const id = (await old.run(['start', '--', 'echo', 'told long ago'])).out.trim()
      await old.run(['watch', id])
      await old.run(['stop'])
      await old.run(['start', '--', 'true'])
      const { origin, hash } = new URL(urlOf(await old.json(['inspect'])))
      const headers = { authorization: `Bearer ${hash.replace('#token=', '')}` }
      const answer = await fetch(`${origin}/api/task-events?task=${id}`, { headers })
      const { events } = (await answer.json()) as { events: { name: string; task: string; frame: string }[] }
      const history = (await old.run(['history', '--json', id])).out.trimEnd().split('\n')
      expect(events).toHaveLength(history.length)
      expect(new Set(events.map(({ task }) => task))).toEqual(new Set([id]))
      expect(events.map(({ name }) => name)).toContain('taskCompleted')
      expect(events.some(({ frame }) => frame.includes('told long ago'))).toBe(true)
    } finally {
      await old.dispose()
    }
  })

  test('--control is another token at the same address; a wrong one opens nothing', async () => {
    const look = await world.json(['inspect'])
    const act = await world.json(['inspect', '--control'])
    const [looking, acting] = [urlOf(look), urlOf(act)]
    expect(new URL(acting).origin).toBe(new URL(looking).origin)
    expect(acting).not.toBe(looking)
    expect((await status(acting)).body).toMatchObject({ right: 'control' })
    expect((await status(acting.replace(/token=.{6}/, 'token=AAAAAA'))).status).toBe(401)
  })

  // bound: redirectLivesMs
  test.concurrent.each([
    ['xdg-open on PATH', { PATH: `${join(world.directory, 'bin')}:${world.env['PATH'] ?? ''}` }, []],
    ['BROWSER with its arguments', { BROWSER: `${browser} --new-window` }, ['--new-window']],
  ])(
    '--open gives %s a file of the user’s own and not the token, which is removed without a wait',
    { timeout: 20_000 },
    async (_, env, args) => {
      const opened = join(world.directory, `opened-${args.length}`)
      const { code, out, err } = await world.run(['inspect', '--open'], { env: { OPENED: opened, ...env } })
      expect([code, err]).toEqual([0, ''])
      await vi.waitFor(() => expect(existsSync(opened)).toBe(true), { timeout: 4_000 })
      const told: unknown = JSON.parse(readFileSync(opened, 'utf8'))
      expect(told).toMatchObject({ args: [...args, expect.stringContaining(world.home)], mode: 0o600 })
      expect(told).toMatchObject({ html: expect.stringContaining(`content="0;url=${out.trimEnd()}"`) })
      expect(JSON.stringify((told as { args: unknown }).args)).not.toContain(tokenOf(out))
      const [file = ''] = (told as { args: string[] }).args.slice(-1)
      expect(dirname(file)).toBe(world.home)
      expect(statSync(world.home).mode & 0o777).toBe(0o700)
      const { mtimeMs } = statSync(file)
      await vi.waitFor(() => expect(existsSync(file)).toBe(false), { timeout: 10_000, interval: 20 })
      expect(Date.now() - mtimeMs).toBeGreaterThanOrEqual(limits.redirectLivesMs)
    },
  )

  test('a browser that is none is said, beside the address', async () => {
    const { code, out, err } = await world.run(['inspect', '--open'], {
      env: { BROWSER: join(world.directory, 'no-browser') },
    })
    expect([code, out.trimEnd()]).toEqual([0, expect.stringMatching(addressed)])
    expect(err).toMatch(/^callboard: no browser could be opened \(.*ENOENT\): open the address above\.\n$/)
  })

  test('a recording is served with no daemon until Ctrl-C', async () => {
    const { origin, hash } = new URL(urlOf(await world.json(['inspect'])))
    const headers = { authorization: `Bearer ${hash.replace('#token=', '')}` }
    const recording: unknown = await (await fetch(`${origin}/api/recording`, { headers })).json()
    writeFileSync(join(world.directory, 'kept.jsonl'), (recording as { text: string }).text)
    const shown = world.start(['inspect', 'kept.jsonl'], {
      env: { CALLBOARD_SOCKET: join(world.directory, 'none.sock') },
    })
    await vi.waitFor(() => expect(shown.err()).toContain('Ctrl-C ends the page'))
    expect((await status(shown.out().trimEnd())).body).toMatchObject({ mode: 'recording', right: 'view' })
    shown.child.kill('SIGINT')
    await shown.finished
    await expect(status(shown.out().trimEnd())).rejects.toThrow('fetch failed')
  })

  test.each([
    ['there is not', 'none.jsonl', /the recording cannot be read: ENOENT/],
    ['is none', 'other.jsonl', /other\.jsonl: this is no recording of the page/],
  ])('a recording that %s is a sentence and 1', async (_, file, sentence) => {
    writeFileSync(join(world.directory, 'other.jsonl'), '{}\n')
    const { code, out, err } = await world.run(['inspect', file])
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(sentence)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })

  test('without a daemon it is a sentence and 69', async () => {
    const env = { CALLBOARD_SOCKET: join(world.directory, 'none.sock') }
    expect(await world.run(['inspect'], { env })).toMatchObject({ code: 69, out: '' })
  })
})

function urlOf(document: unknown): string {
  expect(document).toEqual({ url: expect.stringMatching(addressed) })
  return (document as { url: string }).url
}

function tokenOf(out: string): string {
  return new URL(out.trimEnd()).hash.replace('#token=', '')
}
