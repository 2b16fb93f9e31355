/** A rig whose store takes nothing while its test says so. */
import { memoryStore } from '../../src/store/memory.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import type { Commit, Store } from '../../src/store/store.ts'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'
import type { Rig, RigOptions } from './rig.ts'
import { until } from './turns.ts'

export interface Failing extends Rig {
  readonly client: MemoryClient
  readonly commits: Commit[]
  /** The store takes nothing from now on, or everything again. */
  readonly fail: (fails: boolean) => void
}

export async function failing(options: RigOptions = {}): Promise<Failing> {
  const store: Store = memoryStore()
  const commits: Commit[] = []
  let fails = false
  const refuse = (): void => {
    if (fails) throw new StoreUnavailable('the disk is full.')
  }
  const commit = store.commit.bind(store)
  store.commit = (one) => {
    refuse()
    commits.push({ ...one })
    commit(one)
  }
  store.probe = refuse
  const place = rig({ ...options, store, limits: { storeRetryMs: 1, ...options.limits } })
  const client = await place.connect()
  return {
    ...place,
    client,
    commits,
    fail: (now) => {
      fails = now
    },
  }
}

export async function isUp({ broker }: Rig): Promise<void> {
  await until(() => broker.outage.reason === undefined)
}
