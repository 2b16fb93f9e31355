/** Where a command finds the daemon: by its options, its environment and the config. */
import { loadClientSettings } from '../daemon/config.ts'
import { Failure } from './failure.ts'
import type { Invocation } from './invocation.ts'

export interface Place {
  readonly socketPath: string
  /** What decided the path: `--socket`, a variable's name, `config`, or `default`. */
  readonly socketSource: string
  readonly home: string
}

/** Where the daemon is to be found. Throws Failure (78) where the configuration cannot be used. */
export function placeOf(invocation: Invocation): Place {
  const { env, cwd, socket } = invocation
  const loaded = loadClientSettings({ flags: socket === undefined ? {} : { socket }, env, cwd })
  if (!loaded.ok) throw new Failure(loaded.message, loaded.exitCode)
  return loaded
}
