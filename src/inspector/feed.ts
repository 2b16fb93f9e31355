/**
 * What one open page is told, as server-sent events: first all, then what is new, a batch at a time. It keeps its own
 * position; a page that does not read holds up nobody and is dropped, and when it comes back with the last id that it
 * got it goes on from there.
 */
import type { ServerResponse } from 'node:http'
import type { InspectorLimits } from './limits.ts'
import type { Watch } from './actor-watch.ts'
import type { Ring } from './happenings.ts'
import type { Counts, Meters, ShownMachine } from './sight.ts'

export interface FeedSource {
  readonly ring: Ring
  machines(): readonly ShownMachine[]
  counts(): readonly Counts[]
  meters(): Meters & { readonly loopDelayP99Ms: number; readonly pages: number; readonly now: number }
}

/** Changed figures of a machine: pairs of place and value. */
interface CountChanges {
  readonly key: string
  readonly leaves: readonly (readonly [number, number])[]
  readonly edges: readonly (readonly [number, number])[]
  readonly refused: number
}

type FeedLimits = Pick<InspectorLimits, 'heldBytesMax' | 'happeningsPerBatchMax' | 'metersEveryMs'>

export class Feed {
  readonly #source: FeedSource
  readonly #response: ServerResponse
  readonly #limits: FeedLimits
  readonly watch: Watch | undefined
  readonly #sent = new Map<string, Counts>()
  #machinesSent = ''
  #position: number
  #metersAt = -Infinity

  constructor(
    source: FeedSource,
    response: ServerResponse,
    limits: FeedLimits,
    options: { readonly after: number | undefined; readonly watch: Watch | undefined },
  ) {
    this.#source = source
    this.#response = response
    this.#limits = limits
    this.watch = options.watch
    this.#position = Math.max(
      0,
      Math.min(options.after ?? source.ring.last - limits.happeningsPerBatchMax, source.ring.last),
    )
  }

  /** Tells what is new; false where the page does not read any more. */
  tell(now: number): boolean {
    const { ring } = this.#source
    if (this.#response.writableLength > this.#limits.heldBytesMax) return false
    // The machines come first: what follows names them.
    this.#tellMachines()
    this.#tellHappenings(ring)
    const changes = this.#source.counts().flatMap((one) => this.#changes(one))
    if (changes.length > 0) this.#event('counts', changes)
    if (now - this.#metersAt >= this.#limits.metersEveryMs) {
      this.#metersAt = now
      this.#event('meters', this.#source.meters())
    }
    const actor = this.watch?.news()
    if (actor !== undefined) this.#event('actor', actor)
    return true
  }

  #tellMachines(): void {
    const machines = this.#source.machines()
    const keys = machines.map(({ key }) => key).join('\n')
    if (keys === this.#machinesSent) return
    this.#machinesSent = keys
    this.#event('machines', machines)
  }

  /** The newest of a batch; how many were left out is said, and the page may ask for them. */
  #tellHappenings(ring: Ring): void {
    const { last } = ring
    if (last === this.#position) return
    const from = Math.max(this.#position, last - this.#limits.happeningsPerBatchMax)
    const items = ring.since(from)
    const skipped = from - this.#position
    this.#position = last
    this.#event('happenings', { items, skipped })
  }

  #changes(counts: Counts): CountChanges[] {
    const sent = this.#sent.get(counts.key)
    const leaves = changed(sent?.leaves, counts.leaves)
    const edges = changed(sent?.edges, counts.edges)
    if (sent !== undefined && leaves.length === 0 && edges.length === 0 && sent.refused === counts.refused)
      return []
    this.#sent.set(counts.key, { ...counts, leaves: [...counts.leaves], edges: [...counts.edges] })
    return [{ key: counts.key, leaves, edges, refused: counts.refused }]
  }

  #event(name: string, data: unknown): void {
    this.#response.write(`event: ${name}\nid: ${this.#position}\ndata: ${JSON.stringify(data)}\n\n`)
  }
}

function changed(
  before: readonly number[] | undefined,
  now: readonly number[],
): (readonly [number, number])[] {
  return now.flatMap((value, index) => (value === (before?.[index] ?? 0) ? [] : [[index, value] as const]))
}
