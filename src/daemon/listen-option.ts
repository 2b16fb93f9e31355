/**
 * What `--listen framing+vocabulary:PATH[,scope=own][,role=observer][,replay=live]` and the config's `listen` mean. A path may hold
 * a colon, but no comma followed by `word=`: that begins an option.
 */
import { isAbsolute, resolve } from 'node:path'
import { framingNames, vocabularyNames } from '../wire/codec.ts'
import { limits } from '../limits.ts'
import { boundPathBytes } from '../transport/socket-file.ts'
import type { SocketPathSource } from '../transport/socket-path.ts'
import type { FramingName, VocabularyName } from '../wire/codec.ts'
import { nearest } from '../wire/nearest.ts'
import { SettingsError } from './settings-error.ts'

export interface ListenerSettings {
  /** Absolute path of the socket. */
  readonly path: string
  readonly framing: FramingName
  readonly vocabulary: VocabularyName
  /** `own`: a connection sees only tasks that it started or resumed. */
  readonly scope: 'all' | 'own'
  /** The most that a connection may be. An observer starts and changes nothing. */
  readonly role: 'client' | 'observer'
  /** `live`: a connection is first given what the tasks that live have told so far. */
  readonly replay: 'none' | 'live'
  /** What named the path, for messages. */
  readonly source: SocketPathSource | ListenSource
  /** True where nobody asked for this path: only then its directory is made. */
  readonly isDefault: boolean
}

export type ListenSource = '--listen' | 'listen'

const known = { scope: ['all', 'own'], role: ['client', 'observer'], replay: ['none', 'live'] } as const
const form = 'framing+vocabulary:PATH[,scope=own][,role=observer][,replay=live]'

/**
 * Reads one value of `--listen`. `from` names the option in errors; a relative path is resolved against `cwd`, and is
 * an error where that is undefined. Throws SettingsError, which names the option, the value and what is known.
 */
export function parseListenOption(
  value: string,
  from: ListenSource,
  cwd: string | undefined,
): ListenerSettings {
  const fail = (why: string): never => {
    throw new SettingsError(`${from} ${JSON.stringify(value)}: ${why}`)
  }
  const [, framing = '', vocabulary = '', rest = ''] =
    /^([^+:,]*)\+([^:,]*):(.*)$/s.exec(value) ?? fail(`the form is ${form}.`)
  const [path = '', ...options] = rest.split(/,(?=[A-Za-z]+=)/)
  if (path === '') fail(`it names no path; the form is ${form}.`)
  if (cwd === undefined && !isAbsolute(path)) fail('the path must be absolute.')
  const chosen = readOptions(options, fail)
  const scope = oneOf(known.scope, chosen.get('scope') ?? 'all', 'scope', fail)
  const role = oneOf(known.role, chosen.get('role') ?? 'client', 'role', fail)
  if (scope === 'own' && role === 'observer') {
    fail('scope=own and role=observer do not combine: an observer starts nothing that could be its own.')
  }
  const replay = oneOf(known.replay, chosen.get('replay') ?? 'none', 'replay', fail)
  if (scope === 'own' && replay === 'live') {
    fail('scope=own and replay=live do not combine: a new connection has no tasks of its own.')
  }
  const absolute = resolve(cwd ?? '/', path)
  const bytes = boundPathBytes(absolute)
  if (process.platform !== 'win32' && bytes > limits.socketPathBytesMax) {
    fail(`the path needs ${bytes} bytes and the system allows ${limits.socketPathBytesMax}.`)
  }
  return {
    path: absolute,
    framing: oneOf(framingNames, framing, 'framing', fail),
    vocabulary: oneOf(vocabularyNames, vocabulary, 'vocabulary', fail),
    scope,
    role,
    replay,
    source: from,
    isDefault: false,
  }
}

type Fail = (why: string) => never

function readOptions(options: readonly string[], fail: Fail): Map<string, string> {
  const chosen = new Map<string, string>()
  for (const option of options) {
    const [name = '', ...value] = option.split('=')
    if (!Object.hasOwn(known, name)) fail(`unknown option "${name}"${hint(name, Object.keys(known))}`)
    if (chosen.has(name)) fail(`${name} is given twice.`)
    chosen.set(name, value.join('='))
  }
  return chosen
}

function oneOf<T extends string>(all: readonly T[], value: string, what: string, fail: Fail): T {
  return all.find((one) => one === value) ?? fail(`unknown ${what} "${value}"${hint(value, all)}`)
}

/** The rest of a sentence about an unknown word: the nearest known one, and all of them. */
export function hint(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return `${near === undefined ? '' : `; did you mean "${near}"?`} (known: ${known.join(', ')})`
}
