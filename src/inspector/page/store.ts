/** The page's state and who fills it: the stream of the daemon, or a recording. Views subscribe and are drawn again. */
import { useEffect, useReducer } from 'preact/hooks'
import type {
  ActorView,
  Figures,
  Happening,
  Identity,
  Lens,
  LiveMeters,
  MachineIndex,
  Recording,
  Sample,
} from './model.ts'
import { indexOf, noFigures, recordedLens } from './model.ts'
import { HttpError, follow, get, isRecord } from './session.ts'
import type { ServerEvent } from './session.ts'
import { parseRecording } from './recorded.ts'
import { asActor, asArray, asMeters, isIdentity } from './told.ts'
import type { CountChanges } from './told.ts'

export type LinkState = 'opening' | 'live' | 'lost' | 'denied' | 'recording'

const happeningsMax = 20_000
const samplesMax = 90
const retryMs = 1_000
/** Weight of the newest measure of a rate. */
const smoothing = 0.35

export class Store {
  link: LinkState = 'opening'
  why = ''
  right: 'view' | 'control' = 'view'
  daemon: Identity | undefined
  meters: LiveMeters | undefined
  readonly samples: Sample[] = []
  actor: ActorView | undefined
  /** Things that happened too fast to be told one by one. */
  skipped = 0
  travel:
    { readonly recording: Recording; readonly place: number; readonly cut: string | undefined } | undefined
  readonly #figures = new Map<string, Figures>()
  #machines: MachineIndex[] = []
  #happenings: Happening[] = []
  #watched: { machine: string; actor: string } | undefined
  #abort = new AbortController()
  #lastEventId: string | undefined
  #countsAt = 0
  #lens: Lens | undefined
  readonly #listeners = new Set<() => void>()
  #drawing = false

  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(): void {
    this.#lens = undefined
    if (this.#drawing) return
    this.#drawing = true
    // A hidden tab draws no frames; what it knows must be right when it is looked at again.
    setTimeout(() => {
      this.#drawing = false
      for (const listener of this.#listeners) listener()
    }, 40)
  }

  /** What views show. */
  get lens(): Lens {
    this.#lens ??=
      this.travel === undefined ? this.#liveLens() : recordedLens(this.travel.recording, this.travel.place)
    return this.#lens
  }

  #liveLens(): Lens {
    return {
      live: true,
      now: Date.now(),
      machines: this.#machines,
      figures: (key) => this.#figures.get(key) ?? { leaves: [], edges: [], rates: [], refused: 0 },
      happenings: this.#happenings,
      daemon: this.daemon,
    }
  }

  /** Looks at one actor in full, or at none. */
  watch(machine: string, actor: string): void {
    if (this.#watched?.machine === machine && this.#watched.actor === actor) return
    this.#watched = actor === '' ? undefined : { machine, actor }
    this.actor = undefined
    // The stream that is open ends, and the next one begins with this actor.
    this.#abort.abort()
    this.changed()
  }

  /** Fills itself until the page is closed. */
  async run(): Promise<void> {
    for (;;) {
      try {
        if (await this.#open()) return this.changed()
        this.link = 'lost'
        this.why = 'The daemon has ended or was restarted.'
      } catch (error) {
        this.#failed(error)
        if (this.link === 'denied') return this.changed()
      }
      if (!this.#abort.signal.aborted) {
        this.changed()
        await new Promise((settle) => setTimeout(settle, retryMs))
      }
    }
  }

  #failed(error: unknown): void {
    if (this.#abort.signal.aborted) return
    if (error instanceof HttpError && (error.status === 401 || error.status === 421)) {
      this.link = 'denied'
      this.why = error.message
      return
    }
    this.link = 'lost'
    this.why =
      error instanceof HttpError ? error.message : 'No daemon answers: it has ended or was restarted.'
  }

  /** True where what answers is a recording: there is nothing to follow. */
  async #open(): Promise<boolean> {
    this.#abort = new AbortController()
    const status = await get('/api/status')
    this.right = status['right'] === 'control' ? 'control' : 'view'
    if (status['mode'] === 'recording') {
      const { text } = await get('/api/recording')
      this.openRecording(String(text), typeof status['cut'] === 'string' ? status['cut'] : undefined)
      this.link = 'recording'
      return true
    }
    if (isIdentity(status['daemon'])) this.#began(status['daemon'])
    const watched = this.#watched
    const query = watched === undefined ? '' : `?${new URLSearchParams(watched).toString()}`
    const options = { lastEventId: this.#lastEventId, signal: this.#abort.signal }
    for (const figures of this.#figures.values()) figures.rates.fill(0)
    await follow(`/api/events${query}`, options, (event) => this.#heard(event))
    return false
  }

  /** Another start of the daemon has nothing in common with what was shown. */
  #began(daemon: Identity): void {
    if (this.daemon !== undefined && this.daemon.epoch !== daemon.epoch) {
      this.#figures.clear()
      this.#machines = []
      this.#happenings = []
      this.#lastEventId = undefined
    }
    this.daemon = daemon
  }

  #heard({ name, id, data }: ServerEvent): void {
    if (this.link !== 'live') this.why = ''
    this.link = 'live'
    this.#lastEventId = id
    if (name === 'machines') this.#setMachines(asArray(data))
    else if (name === 'counts') this.#setCounts(asArray(data))
    else if (name === 'happenings' && isRecord(data))
      this.#happened(asArray(data['items']), Number(data['skipped']))
    else if (name === 'meters') this.#setMeters(asMeters(data))
    else if (name === 'actor') this.actor = asActor(data)
    this.changed()
  }

  #setMachines(machines: MachineIndex['machine'][]): void {
    this.#machines = machines.map(indexOf)
    for (const index of this.#machines)
      if (!this.#figures.has(index.machine.key)) this.#figures.set(index.machine.key, noFigures(index))
  }

  #setCounts(changes: CountChanges[]): void {
    const now = performance.now()
    const first = this.#countsAt === 0
    for (const { key, leaves, edges, refused } of changes) {
      const figures = this.#figures.get(key)
      if (figures === undefined) continue
      for (const [place, value] of leaves) figures.leaves[place] = value
      for (const [place, value] of edges) {
        const more = value - (figures.edges[place] ?? 0)
        figures.edges[place] = value
        if (!first) this.#fresh.set(figures, [...(this.#fresh.get(figures) ?? []), [place, more]])
      }
      figures.refused = refused
    }
    if (first) this.#countsAt = now
  }

  readonly #fresh = new Map<Figures, [number, number][]>()

  /** Once a second: what was counted since becomes rates. */
  #setMeters(meters: LiveMeters): void {
    const now = performance.now()
    const seconds = Math.max(0.2, (now - this.#countsAt) / 1_000)
    let moves = 0
    for (const figures of this.#figures.values()) {
      const taken = figures.rates.map(() => 0)
      for (const [place, more] of this.#fresh.get(figures) ?? []) taken[place] = (taken[place] ?? 0) + more
      for (const [place, more] of taken.entries()) {
        moves += more
        const rate = smoothing * (more / seconds) + (1 - smoothing) * (figures.rates[place] ?? 0)
        figures.rates[place] = rate < 0.05 ? 0 : rate
      }
    }
    this.#fresh.clear()
    this.#countsAt = now
    this.#sample(meters, moves / seconds)
    this.meters = meters
  }

  #sample(meters: LiveMeters, movesPerSecond: number): void {
    const before = this.meters
    const seconds = before === undefined ? 1 : Math.max(0.2, (meters.now - before.now) / 1_000)
    const rate = (now: number, then: number | undefined): number =>
      Math.max(0, (now - (then ?? now)) / seconds)
    this.samples.push({
      at: meters.now,
      eventsPerSecond: rate(meters.head, before?.head),
      deliveriesPerSecond: rate(meters.deliveries, before?.deliveries),
      movesPerSecond,
      loopDelayP99Ms: meters.loopDelayP99Ms,
      heapUsedBytes: meters.heapUsedBytes,
    })
    if (this.samples.length > samplesMax) this.samples.shift()
  }

  #happened(items: Happening[], skipped: number): void {
    const last = this.#happenings.at(-1)?.n ?? 0
    this.skipped += skipped
    this.#happenings.push(...items.filter(({ n }) => n > last))
    if (this.#happenings.length > happeningsMax * 1.1)
      this.#happenings = this.#happenings.slice(-happeningsMax)
  }

  /** Goes back in time, from now: what the daemon's ring holds. */
  async travelNow(): Promise<void> {
    const { text } = await get('/api/recording')
    this.openRecording(String(text), undefined)
  }

  openRecording(text: string, cut: string | undefined): void {
    const read = parseRecording(text)
    if (typeof read === 'string') {
      this.why = read
      return this.changed()
    }
    this.why = ''
    this.travel = { recording: read.recording, place: read.recording.happenings.length, cut: cut ?? read.cut }
    this.changed()
  }

  goTo(place: number): void {
    if (this.travel === undefined) return
    const last = this.travel.recording.happenings.length
    this.travel = { ...this.travel, place: Math.max(0, Math.min(last, Math.round(place))) }
    this.changed()
  }

  backToNow(): void {
    if (this.link !== 'recording') this.travel = undefined
    this.changed()
  }
}

export const store = new Store()

/** Draws the component again when the page's state has changed. */
export function useStore(): Store {
  const [, again] = useReducer<number, undefined>((count) => count + 1, 0)
  useEffect(() => store.listen(() => again(undefined)), [])
  return store
}
