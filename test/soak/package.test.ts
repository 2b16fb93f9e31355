/**
 * The package as its users get it: packed from a copy of the tree, installed into an empty project, compiled by strict
 * consumers of both module resolutions, and run. Long: it builds everything.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const place = mkdtempSync(join(tmpdir(), 'callboard-package-'))
const source = join(place, 'source')
const project = join(place, 'project')
let packed: readonly string[] = []

afterAll(() => rmSync(place, { recursive: true, force: true }))

function run(cwd: string, command: string, ...args: string[]): string {
  const path = `${join(root, 'node_modules/.bin')}:${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, PATH: path } })
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')} (${done.status})\n${done.stdout}${done.stderr}`)
  return done.stdout
}

function pack(): string {
  mkdirSync(source)
  const tracked = run(root, 'git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard')
  for (const file of tracked.split('\0').filter((name) => name !== '')) {
    // What others are about to remove may be gone.
    cpSync(join(root, file), join(source, file), { force: true, recursive: false, errorOnExist: false })
  }
  symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'))
  run(source, 'npm', 'pack', '--pack-destination', place)
  const tarball = readdirSync(place).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack made no tarball')
  return join(place, tarball)
}

/** From npm's cache where that holds every dependency; else unpacked by hand beside those of this tree. */
function install(tarball: string): void {
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{"name":"consumer","private":true,"type":"module"}')
  const modules = join(project, 'node_modules')
  try {
    run(project, 'npm', 'install', '--offline', '--no-audit', '--no-fund', tarball)
  } catch (error) {
    if (!String(error).includes('only-if-cached')) throw error
    rmSync(modules, { recursive: true, force: true })
    mkdirSync(join(modules, 'callboard'), { recursive: true })
    run(project, 'tar', '-xzf', tarball, '--strip-components=1', '-C', join(modules, 'callboard'))
    for (const name of ['commander', 'node-ipc', 'pino', 'pino-pretty', 'xstate', 'zod'])
      symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  mkdirSync(join(modules, '@types'), { recursive: true })
  symlinkSync(join(root, 'node_modules/@types/node'), join(modules, '@types/node'))
  const program = readFileSync(new URL('../package/consumer.ts', import.meta.url), 'utf8')
    .replaceAll("'../../src/package/callboard.ts'", "'callboard'")
    .replaceAll(/'\.\.\/\.\.\/src\/package\/(\w+)\.ts'/g, "'callboard/$1'")
  writeFileSync(join(project, 'consumer.ts'), program)
}

beforeAll(() => {
  const tarball = pack()
  packed = run(place, 'tar', '-tzf', tarball)
    .split('\n')
    .filter((name) => name !== '')
    .map((name) => name.replace(/^package\//, ''))
  install(tarball)
}, 300_000)

describe('the tarball', () => {
  test('holds no test, no source and nothing of the build’s own', () => {
    const allowed = [
      /^dist\/(?:src|machines)\/.+\.(?:js|d\.ts)$/,
      // The page that `callboard inspect` shows.
      /^dist\/src\/inspector\/assets\/(?:index\.html|icon\.svg|inspector\.(?:css|js))$/,
      /^src\/cli\/callboard\.js$/,
      /^(?:README|CHANGELOG|SECURITY)\.md$/,
      /^(?:machines\/README|src\/wire\/PROTOCOL)\.md$/,
      /^LICENSE$/,
      /^package\.json$/,
    ]
    expect(packed.filter((name) => !allowed.some((pattern) => pattern.test(name)))).toEqual([])
    expect(packed.filter((name) => name.startsWith('dist/')).length).toBeGreaterThan(100)
  })

  test('holds every file that its README links to', () => {
    const links = readFileSync(join(root, 'README.md'), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)
    const files = [...links].map(([, file]) => file)
    expect(files).toContain('src/wire/PROTOCOL.md')
    expect(packed).toEqual(expect.arrayContaining(files))
  })
})

describe.each([
  { resolution: 'nodenext', module: 'nodenext' },
  { resolution: 'bundler', module: 'esnext' },
])('a strict consumer with module resolution $resolution', ({ resolution, module }) => {
  test('compiles without skipping the library’s types, and runs', () => {
    const outDir = join(project, `out-${resolution}`)
    const compilerOptions = {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      module,
      moduleResolution: resolution,
      strict: true,
      skipLibCheck: false,
      types: ['node'],
      outDir,
    }
    const config = join(project, `tsconfig.${resolution}.json`)
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
    run(project, 'tsc', '-p', config)
    expect(run(project, process.execPath, join(outDir, 'consumer.js'))).toBe('all five entries work\n')
  })
})

test('the installed command answers', () => {
  const bin = join(project, 'node_modules/callboard/src/cli/callboard.js')
  expect(run(project, process.execPath, bin, '--version')).toMatch(/^\d+\.\d+\.\d+/)
})
