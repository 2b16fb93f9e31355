/** The journal that the store's commands are tried on, made anew before each test: tasks of each kind, and secrets. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach } from 'vitest'
import type { SqliteStore } from '../../../src/store/sqlite-store.ts'
import { openStore, record, stored, storedMany } from '../../store/sample-store.ts'
import { CliWorld } from '../cli-process.ts'

export const hostile = '\u001b[2J\u009b31m\u202eevil\u2028\u{e0041}'

export interface KeptJournal {
  readonly world: CliWorld
  readonly journal: string
  /** A path in the world's directory. */
  readonly file: (name: string) => string
  /** Open when a test begins; one that closes it may put another one in its place. */
  store: SqliteStore
}

/** To be called once by a test file: what it makes is removed after the file's tests. */
export function keepJournal(): KeptJournal {
  const world = new CliWorld()
  let store: SqliteStore | undefined
  beforeEach(() => {
    rmSync(world.home, { recursive: true, force: true })
    mkdirSync(world.home, { recursive: true, mode: 0o700 })
    store = openStore(world.home)
    fill(store)
  })
  afterEach(() => store?.close())
  afterAll(() => world.dispose())
  return {
    world,
    journal: join(world.home, 'journal.sqlite'),
    file: (name) => join(world.directory, name),
    get store() {
      if (store === undefined) throw new Error('a test has begun before there is a journal')
      return store
    },
    set store(next) {
      store = next
    },
  }
}

function fill(store: SqliteStore): void {
  const request = { text: 'x', configuration: { key: 'SECRET-OF-REQUEST' } }
  const lease = { sessionId: 'SECRET-OF-SESSION', clientId: 'c' }
  const whole = {
    request,
    runnerState: 'SECRET-OF-RUNNER',
    machine: { version: 1, snapshot: 'SECRET-OF-MACHINE' },
    lease,
    waits: { order: 1, client: 'SECRET-OF-TURN' },
  }
  store.commit({
    tasks: [
      record('done', { text: hostile, ...whole }),
      record('live', { state: 'running', ...whole }),
      record('waits', { state: 'queued', ...whole }),
    ],
    events: storedMany(0, 400, ['done', 'live']),
    sessions: [{ id: 'SECRET-OF-SESSION', listener: '/', client: { name: 'n', version: '1' }, seenAt: 1 }],
    answers: [
      {
        sessionId: 'SECRET-OF-SESSION',
        requestId: '1',
        digest: 'SECRET-OF-ANSWER',
        frame: Buffer.from('x'),
        at: 1,
      },
    ],
  })
  store.commit({ events: [stored(401, 'done', hostile)] })
}
