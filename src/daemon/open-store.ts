/** The store that the settings ask for: a file in the home directory, or memory. */
import type { Logger } from '../log.ts'
import { memoryStore } from '../store/memory.ts'
import { openSqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import type { DaemonSettings } from './config.ts'

export type OpenedStore =
  { readonly ok: true; readonly store: Store } | { readonly ok: false; readonly message: string }

/** Opens it; refused with one sentence that says what to do. */
export function openStore(
  { home, durability, limits }: Pick<DaemonSettings, 'home' | 'durability' | 'limits'>,
  log: Logger,
  now: () => number,
): OpenedStore {
  if (durability === 'memory') return { ok: true, store: memoryStore(limits) }
  return openSqliteStore({ directory: home, durability, limits, now, log: log.child({ part: 'store' }) })
}
