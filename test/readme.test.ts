/**
 * Runs the README's own blocks, word for word, in a copy of the tree: what a newcomer copies must work. `npm ci` is
 * played by a stand-in that links the installed packages and builds; .ci/run does it for real in a fresh clone. The first
 * block has npm's own npx, the others one that costs a tenth of its time.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../src/daemon/config-file.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

interface Block {
  readonly language: string
  readonly code: string
  readonly skipped: boolean
}

const blocks: readonly Block[] = readme
  .matchAll(/(<!-- readme\.test: skip\..*?-->\n\n)?^```(\w+)\n([\s\S]*?)^```$/gm)
  .map(([, marker, language = '', code = '']) => ({ language, code, skipped: marker !== undefined }))
  .toArray()
const shellBlocks = blocks.filter((block) => block.language === 'sh')

describe('the README', () => {
  test('opens with the two commands of a newcomer', () => {
    expect(shellBlocks.slice(0, 2).map((block) => block.code.trim())).toEqual([
      'npm ci && npx callboard run -- ls -la',
      'npm ci && npm test',
    ])
  })

  test('skips no block but the one that would run itself', () => {
    expect(shellBlocks.filter((block) => block.skipped).map((block) => block.code.trim())).toEqual([
      'npm ci && npm test',
    ])
  })

  test('names only files and folders that there are', () => {
    const named = readme.matchAll(/`((?:src|machines|test|\.ci)\/[^`\s]*)`|\]\((?!https?:)([^)]+)\)/g)
    const paths = named.map(([, code, link]) => code ?? link ?? '').toArray()
    expect(paths.length).toBeGreaterThan(20)
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('shows a config that is one', () => {
    const config = blocks.find((block) => block.language === 'json')
    expect(parseConfig(config?.code ?? '', 'README.md')).toMatchObject({ defaultProfile: 'agent' })
  })
})

describe.skipIf(process.platform === 'win32')('in a copy of the tree (needs a POSIX shell and npm)', () => {
  let scratch: string
  let copy: string

  beforeAll(() => {
    scratch = realpathSync(mkdtempSync(join(tmpdir(), 'callboard-readme-')))
    copy = join(scratch, 'copy')
    const left = new Set(['node_modules', 'dist', 'coverage', '.git'])
    cpSync(root, copy, { recursive: true, filter: (path) => !left.has(basename(path)) })
    for (const name of ['home', 'run', 'bin']) mkdirSync(join(scratch, name), { mode: 0o700 })
    writeFileSync(join(scratch, 'bin/npm'), npmStandIn(), { mode: 0o755 })
  })

  afterAll(async () => {
    // A block that failed may have left its daemon.
    if (existsSync(join(copy, 'dist'))) await shell('npx callboard stop || true')
    rmSync(scratch, { recursive: true, force: true })
  })

  /** `npm ci` with the packages that are here already; npm itself for the rest: npx runs `npm run build`. */
  function npmStandIn(): string {
    const folders = (process.env['PATH'] ?? '').split(delimiter)
    const npm = folders.map((folder) => join(folder, 'npm')).find((path) => existsSync(path))
    return `#!/bin/sh
if [ "$*" = ci ]; then
  ln -sfn '${join(root, 'node_modules')}' node_modules
  exec '${npm ?? 'npm'}' run build
fi
exec '${npm ?? 'npm'}' "$@"
`
  }

  /** What is in the project, with the project's Node: all that npx finds there. */
  const npxStandIn = `#!/bin/sh
PATH="$PWD/node_modules/.bin:$PATH"
if [ "$1" = callboard ]; then
  shift
  exec node "$PWD/src/cli/callboard.js" "$@"
fi
exec "$@"
`

  async function shell(code: string): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = spawn('sh', ['-e', '-c', code], {
      cwd: copy,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const closed = once(child, 'close')
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    await closed
    return { code: child.exitCode ?? -1, stdout, stderr }
  }

  /** A newcomer's: nothing of the npm, the test runner or the daemon that this test runs in. */
  function environment(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(
      ([name]) => !/^(?:npm_|NODE|VITEST|CALLBOARD|ROO_|XDG_)/i.test(name),
    )
    return {
      ...Object.fromEntries(own),
      PATH: [join(scratch, 'bin'), process.env['PATH']].join(delimiter),
      HOME: join(scratch, 'home'),
      XDG_RUNTIME_DIR: join(scratch, 'run'),
      npm_config_cache: join(scratch, 'npm'),
      npm_config_update_notifier: 'false',
    }
  }

  const said = [
    'package.json',
    'done',
    'can be resumed',
    // The example in Node ends, and well.
    / (\w{8}) stdout│ It is for Ada Lovelace\.\n(?:.*\n)*?\S+ \1 completed\n/,
    'taskCompleted',
    'http://127.0.0.1:',
  ] as const
  const runnable = shellBlocks.filter((block) => !block.skipped)

  test('no block is without an expectation', () => {
    expect(runnable).toHaveLength(said.length)
  })

  // In order: a block relies on those before it, as its reader does.
  test.each(said.map((word, index) => ({ word, block: runnable[index]?.code ?? 'false' })))(
    'this block works, and shows "$word":\n$block',
    { timeout: 90_000 },
    async ({ word, block }) => {
      const result = await shell(block)
      expect(result.code, result.stderr + result.stdout).toBe(0)
      expect(result.stdout).toMatch(word)
      writeFileSync(join(scratch, 'bin/npx'), npxStandIn, { mode: 0o755 })
    },
  )
})
