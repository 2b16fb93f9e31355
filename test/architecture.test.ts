/**
 * Keeps "who may import whom" true, and the habits that a linter does not see. It reads the files as they are: a folder
 * without source is a failure, so that it cannot pass by looking at nothing.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codeOnly, importStatements } from './import-statements.ts'

const root = join(import.meta.dirname, '..')
const files = globSync(['src/**/*.{ts,js}', 'machines/**/*.{ts,js}'], { cwd: root })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !file.endsWith('.d.ts'))
  .toSorted()
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))

interface Import {
  readonly from: string
  /** A file of ours as path from the root; else the specifier: `node:fs`, `zod`. */
  readonly to: string
  readonly typeOnly: boolean
}

const imports: readonly Import[] = [...sources].flatMap(([from, source]) =>
  importStatements(source).map(({ specifier, typeOnly }) => ({
    from,
    to: target(from, specifier),
    typeOnly,
  })),
)

function target(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  return relative(root, join(root, dirname(from), specifier)).replaceAll('\\', '/')
}

interface Rule {
  /** Prefixes of what its files may import, themselves and the leaves apart. */
  readonly may: readonly string[]
  /** Prefixes of which they may import types. */
  readonly types?: readonly string[]
}

const everything = ['src/', 'machines/', 'node:', 'xstate', 'zod']

/** The table of the architecture, in its order. A name is the start of paths. */
const table: Readonly<Record<string, Rule>> = {
  'src/limits.ts': { may: ['src/limits/'] },
  'src/limits/': { may: [] },
  'src/version.ts': { may: ['node:'] },
  'src/log.ts': { may: ['src/log-sink.ts', 'pino', 'pino-pretty'] },
  'src/log-sink.ts': { may: ['node:', 'src/limits.ts'] },
  'src/wire/': { may: ['zod', 'src/limits.ts'] },
  'machines/': { may: ['xstate'], types: ['src/wire/'] },
  'src/broker/': { may: ['src/limits.ts'], types: ['src/wire/', 'src/store/'] },
  'src/store/': { may: ['node:', 'src/limits.ts'], types: ['src/wire/'] },
  'src/transport/': { may: ['node:', 'node-ipc', 'src/wire/', 'src/limits.ts'] },
  'src/runners/': { may: ['node:', 'src/wire/', 'src/limits.ts', '@agentclientprotocol/sdk'] },
  'src/actors/': {
    may: ['xstate', 'machines/', 'src/wire/', 'src/broker/', 'src/limits.ts', 'src/log.ts'],
    types: ['src/transport/', 'src/store/', 'src/runners/'],
  },
  'src/client/': {
    may: [
      'machines/',
      'src/wire/',
      'src/transport/',
      'src/limits.ts',
      'src/actors/client-actor.ts',
      'src/actors/dialled-connection.ts',
      'src/actors/program-code.ts',
      'node:events',
    ],
    types: ['zod', 'xstate'],
  },
  'src/server/': {
    may: [
      'node:events',
      'node:crypto',
      'src/wire/',
      'src/transport/',
      'src/broker/slab.ts',
      'src/broker/chunk.ts',
      'src/limits.ts',
      'src/actors/connection-actor.ts',
      'src/actors/program-code.ts',
    ],
    types: ['node:net', 'src/actors/connection.ts', 'src/actors/connection-log.ts'],
  },
  // What the browser loads: it shares types and pure shapes with the rest, and no module of Node.
  'src/inspector/page/': {
    may: ['preact', 'preact/', 'src/inspector/chart.ts', 'src/inspector/recording.ts'],
    types: ['src/inspector/'],
  },
  // It runs inside other people's programs.
  'src/inspector/inspect-to.ts': {
    may: [
      'node:',
      'src/inspector/',
      'src/client/',
      'src/transport/',
      'src/limits.ts',
      'src/daemon/config.ts',
    ],
    types: ['xstate'],
  },
  'src/inspector/': {
    may: ['node:', 'xstate', 'machines/', 'src/limits.ts'],
    types: ['src/broker/', 'src/wire/'],
  },
  'src/package/': { may: ['src/client/', 'src/server/', 'src/inspector/', 'src/wire/', 'machines/'] },
  'src/cli/': {
    may: [
      'node:',
      'commander',
      'src/client/',
      'machines/',
      'src/wire/',
      'src/transport/socket-path.ts',
      'src/store/',
      'src/inspector/',
      'src/daemon/',
      'src/runners/known-agents.ts',
      'src/runners/installed-agents.ts',
      'src/runners/acp/probe.ts',
      'src/limits.ts',
      'src/log.ts',
      'src/version.ts',
    ],
  },
  'src/daemon/': { may: everything },
}

const placeOf = (file: string) => Object.keys(table).find((place) => file.startsWith(place))
const said = (one: Import) => `${one.from} imports ${one.typeOnly ? 'types of ' : ''}${one.to}`

function isAllowed(one: Import): boolean {
  const place = placeOf(one.from) ?? ''
  const rule = table[place]
  if (rule === undefined) return false
  const allowed = [
    ...rule.may,
    ...(one.typeOnly ? (rule.types ?? []) : []),
    ...(place.endsWith('/') ? [place] : []),
  ]
  return allowed.some((start) => (/[/:]$/.test(start) ? one.to.startsWith(start) : one.to === start))
}

describe('who may import whom', () => {
  test('every file has a place in the table', () => {
    expect(files.filter((file) => placeOf(file) === undefined)).toEqual([])
  })

  test.each(Object.keys(table).filter((place) => existsSync(join(root, place))))(
    '%s holds source, and imports only what the table allows',
    (place) => {
      expect(files.filter((file) => file.startsWith(place))).not.toEqual([])
      const own = imports.filter((one) => placeOf(one.from) === place)
      expect(own.filter((one) => !isAllowed(one)).map(said)).toEqual([])
    },
  )

  test('every import of ours leads to a file', () => {
    const lost = imports.filter(
      (one) => /^(?:src|machines)\//.test(one.to) && !existsSync(join(root, one.to)),
    )
    expect(lost.map(said)).toEqual([])
  })

  test('only transport/node-ipc.ts imports node-ipc', () => {
    const importers = imports.filter((one) => /^node-ipc(?:\/|$)/.test(one.to)).map((one) => one.from)
    expect(new Set(importers)).toEqual(new Set(['src/transport/node-ipc.ts']))
  })

  test('only wire validates with zod, and the config file, which no peer writes', () => {
    const importers = imports.filter((one) => one.to === 'zod' && !one.typeOnly).map((one) => one.from)
    const others = importers.filter(
      (from) => !from.startsWith('src/wire/') && from !== 'src/daemon/config-file.ts',
    )
    expect(others).toEqual([])
    expect(importers).toContain('src/wire/commands.ts')
  })

  test('nobody imports daemon.ts but the command line', () => {
    const importers = imports.filter((one) => one.to === 'src/daemon/daemon.ts').map((one) => one.from)
    expect(importers.filter((from) => !from.startsWith('src/cli/'))).toEqual([])
  })

  test('what a client loads knows no broker, store or runner', () => {
    const reached = closure(files.filter((file) => file.startsWith('src/client/')))
    expect(reached.filter((file) => /^src\/(?:broker|store|runners|daemon|cli)\//.test(file))).toEqual([])
  })

  test('no file imports itself by way of others', () => {
    // Types apart: nothing is left of them when the program runs, so that they cannot meet half-made modules.
    const loaded = (file: string) =>
      importedBy(
        file,
        imports.filter((one) => !one.typeOnly),
      )
    const cyclic = files.filter((file) => closure(loaded(file), loaded).includes(file))
    expect(cyclic).toEqual([])
  })
})

function importedBy(file: string, among: readonly Import[] = imports): string[] {
  return among.filter((one) => one.from === file && sources.has(one.to)).map((one) => one.to)
}

/** The files given and all that they import, directly or not; types count unless `next` leaves them out. */
function closure(
  start: readonly string[],
  next: (file: string) => string[] = (file) => importedBy(file),
): string[] {
  const reached = new Set(start)
  for (const file of reached) for (const other of next(file)) reached.add(other)
  return [...reached]
}

describe('habits', () => {
  test('no folder or file is a drawer, and none only exports what others hold', () => {
    expect(
      files.filter((file) => /(?:^|\/)(?:utils?|helpers?|common|misc|shared|index)[./]/i.test(file)),
    ).toEqual([])
  })

  test('no file has more than 300 lines, those of tests too', () => {
    const tests = globSync('test/**/*.{ts,js,mjs}', { cwd: root })
    expect(tests.length).toBeGreaterThan(100)
    const written = tests.map((file) => [file, readFileSync(join(root, file), 'utf8')] as const)
    const long = [...sources, ...written].filter(([, source]) => source.trimEnd().split('\n').length > 300)
    expect(long.map(([file]) => file)).toEqual([])
  })

  test('every file begins with a comment that says what it is', () => {
    const bare = [...sources].filter(([, source]) => !/^(?:#!.*\n)?\/\*/.test(source))
    expect(bare.map(([file]) => file)).toEqual([])
  })

  test('nothing is exported by default', () => {
    const found = [...sources].filter(([, source]) =>
      /\bexport\s+default\b|\bas\s+default\b/.test(codeOnly(source)),
    )
    expect(found.map(([file]) => file)).toEqual([])
  })

  test('nothing is any, and no type is asserted but in a machine', () => {
    const found = [...sources].filter(([file, source]) => {
      const code = codeOnly(source).replaceAll('as const', '')
      const asserted = /\S[ \t]+as[ \t]+(?!const\b)[A-Z{[\w]/.test(
        code.replaceAll(/^\s*(?:import|export)\b[^\n]*/gm, ''),
      )
      return /[:<|&,(]\s*any\b/.test(code) || (asserted && !file.startsWith('machines/'))
    })
    expect(found.map(([file]) => file)).toEqual([])
  })
})
