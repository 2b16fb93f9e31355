/**
 * The page that shows what this daemon's machines do. Nothing of it runs until somebody asks for the page; then a server,
 * a ring of what happens, and a batch for every open page. Counts alone are always kept (tally.ts).
 */
import type { InspectorLimits } from './limits.ts'
import type { ActorsReport } from '../wire/commands.ts'
import { ActorWatch } from './actor-watch.ts'
import type { Watch } from './actor-watch.ts'
import { answerApi } from './api.ts'
import { Feed } from './feed.ts'
import type { FeedSource } from './feed.ts'
import { ForeignMachines, ForeignWatch } from './foreign.ts'
import { Ring } from './happenings.ts'
import type { Happening, Saying } from './happenings.ts'
import { LoopDelay } from './loop-delay.ts'
import type { ApiAnswer, PageServer } from './page-server.ts'
import type { Asset } from './assets.ts'
import { recorderInto } from './recorder.ts'
import type { Recording } from './recording.ts'
import { redactedJson } from './redacted.ts'
import type { Counts, Meters, ShownMachine, Sight } from './sight.ts'

export interface InspectorOptions {
  readonly sight: Sight
  readonly limits: InspectorLimits
  failed(error: unknown): void
  /** A page came, went or was dropped. */
  noted(what: string): void
  readonly assets?: ReadonlyMap<string, Asset>
}

const ownNamespace = 'callboard'
/** In which they are best read. */
const order = ['connection', 'broker', 'task', 'client']

export class Inspector implements FeedSource, Disposable {
  readonly sight: Sight
  readonly ring: Ring
  readonly foreign: ForeignMachines
  readonly limits: InspectorLimits
  readonly #options: InspectorOptions
  readonly #feeds = new Map<Feed, () => void>()
  #server: Promise<PageServer> | undefined
  #batches: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined
  #delay: LoopDelay | undefined
  #eventsThrough = 0
  #framesKept = 0
  #looking = false
  /** While pages are told: looked for once for all of them. */
  #counts: readonly Counts[] | undefined

  constructor(options: InspectorOptions) {
    this.#options = options
    this.sight = options.sight
    this.limits = options.limits
    this.ring = new Ring(options.limits.ringMax)
    this.foreign = new ForeignMachines(options.limits)
  }

  /** Whether what happens is recorded: from the asking for a page until a while after the last one has gone. */
  get isLooking(): boolean {
    return this.#looking
  }

  /** The page's address with the token of a right; the server is made when the first one is asked for. */
  async open({ control }: { readonly control: boolean }): Promise<string> {
    this.#server ??= this.#listen()
    const server = await this.#server
    this.#look()
    this.#idleSoon()
    return server.url(control ? 'control' : 'view')
  }

  /** What actors of another program did; false while nobody looks. */
  report(report: ActorsReport): boolean {
    if (this.#looking) this.foreign.take(report, this.ring)
    return this.#looking
  }

  /** A command or an answer on a link, or what a run is handed. */
  said({
    message,
    ...saying
  }: Omit<Saying, 'kind' | 'n' | 'at' | 'seq' | 'frame'> & { message: unknown }): void {
    const shown = this.#framesKept++ < this.limits.framesPerBatchMax
    this.ring.add({
      kind: 'said',
      at: this.sight.now(),
      ...saying,
      seq: 0,
      frame: shown ? redactedJson(message, this.limits.frameCharsMax) : '"too many at once: not kept"',
    })
  }

  machines(): ShownMachine[] {
    const inOrder = this.sight.tally.machines.toSorted(
      (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
    )
    const own = inOrder.map(({ name, chart }) => ({
      key: `${ownNamespace}/${name}`,
      namespace: ownNamespace,
      chart,
    }))
    return [...own, ...this.foreign.all().map(({ key, namespace, chart }) => ({ key, namespace, chart }))]
  }

  counts(): readonly Counts[] {
    return this.#counts ?? this.#counted()
  }

  #counted(): Counts[] {
    const own = this.sight.tally.machines.map((machine) => ({
      key: `${ownNamespace}/${machine.name}`,
      leaves: machine.populations(),
      edges: machine.counts(),
      refused: machine.refused,
    }))
    return [...own, ...this.foreign.all().map(({ counts }) => counts)]
  }

  meters(): Meters & { readonly loopDelayP99Ms: number; readonly pages: number; readonly now: number } {
    const loopDelayP99Ms = this.#delay?.p99Ms ?? 0
    return { ...this.sight.meters(), loopDelayP99Ms, pages: this.#feeds.size, now: this.sight.now() }
  }

  recording(): Recording {
    this.#takeEvents()
    return {
      daemon: this.sight.identity,
      recordedAt: this.sight.now(),
      machines: this.machines(),
      counts: this.counts(),
      happenings: this.#withFrames(this.ring.since(0)),
    }
  }

  /** Events' frames lie in the journal: those that it still has are read when they are asked for. */
  #withFrames(happenings: readonly Happening[]): Happening[] {
    const seqs = happenings.flatMap((one) => (one.kind === 'said' && one.seq > 0 ? [one.seq] : []))
    const [first, last] = [Math.min(...seqs), Math.max(...seqs)]
    if (seqs.length === 0) return [...happenings]
    const events = this.sight.events({ after: first - 1, countMax: last - first + 1, frames: true })
    const frames = new Map(events.map(({ seq, frame }) => [seq, frame]))
    return happenings.map((one) =>
      one.kind === 'said' && one.seq > 0 ? { ...one, frame: frames.get(one.seq) ?? '' } : one,
    )
  }

  /** One page's stream; refused past the bound of pages. */
  stream(query: URLSearchParams, lastEventId: string | undefined): ApiAnswer {
    if (this.#feeds.size >= this.limits.pagesMax)
      return { status: 503, json: { error: 'As many pages are open as may be: close one.' } }
    return {
      stream: (response) => {
        const after = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : undefined
        const watch = this.#watch(query.get('machine') ?? '', query.get('actor') ?? '')
        const feed = new Feed(this, response, this.limits, { after, watch })
        this.#feeds.set(feed, () => response.destroy())
        response.on('close', () => this.#gone(feed))
        response.on('error', () => this.#gone(feed))
        this.#look()
        feed.tell(this.sight.now())
      },
    }
  }

  [Symbol.dispose](): void {
    for (const end of this.#feeds.values()) end()
    this.#stopLooking()
    void this.#server?.then(
      (server) => server[Symbol.dispose](),
      () => undefined,
    )
  }

  async #listen(): Promise<PageServer> {
    const { assets } = this.#options
    // Loaded here: node:http brings more into memory than the rest of the page's part of the daemon.
    const { PageServer } = await import('./page-server.ts')
    const server = new PageServer({
      answer: (request) => answerApi(this, request),
      failed: (error) => this.#options.failed(error),
      limits: this.limits,
      ...(assets === undefined ? {} : { assets }),
    })
    await server.listen()
    return server
  }

  #watch(key: string, id: string): Watch | undefined {
    const foreign = this.foreign.get(key)
    if (foreign !== undefined && id !== '') return new ForeignWatch(foreign, id)
    const machine = this.sight.tally.machines.find(({ name }) => `${ownNamespace}/${name}` === key)
    if (machine === undefined || id === '') return undefined
    return new ActorWatch(machine, id, this.limits, () => this.sight.now())
  }

  #look(): void {
    clearTimeout(this.#idle)
    if (this.#looking) return
    this.#looking = true
    this.ring.clear()
    this.#eventsThrough = this.sight.head()
    this.sight.tally.record(recorderInto(this.ring, ownNamespace, () => this.sight.now()))
    this.#delay = new LoopDelay()
    this.#batches = setInterval(() => this.#tellOrSay(), this.limits.batchMs)
    this.#batches.unref()
  }

  #stopLooking(): void {
    if (!this.#looking) return
    this.#looking = false
    this.sight.tally.record(undefined)
    this.#delay?.[Symbol.dispose]()
    clearInterval(this.#batches)
    clearTimeout(this.#idle)
  }

  #idleSoon(): void {
    clearTimeout(this.#idle)
    if (this.#feeds.size > 0) return
    this.#idle = setTimeout(() => this.#stopLooking(), this.limits.lookingEndsMs)
    this.#idle.unref()
  }

  /** A journal that cannot be read costs a page its figures, not the daemon its life. */
  #tellOrSay(): void {
    try {
      this.#tell()
    } catch (error) {
      this.#options.failed(error)
    }
  }

  #tell(): void {
    this.#framesKept = 0
    this.#takeEvents()
    const now = this.sight.now()
    this.#counts = this.#counted()
    try {
      for (const [feed, end] of this.#feeds) {
        if (feed.tell(now)) continue
        this.#options.noted('a page that does not read was dropped')
        end()
        this.#gone(feed)
      }
    } finally {
      this.#counts = undefined
    }
  }

  /** The journal's newest, as things that were said; a flood of them is not worth its reading. */
  #takeEvents(): void {
    const head = this.sight.head()
    const countMax = this.limits.eventsPerBatchMax
    const after = Math.max(this.#eventsThrough, head - countMax)
    this.#eventsThrough = head
    if (after === head) return
    for (const { seq, task, name, at, frame } of this.sight.events({ after, countMax, frames: false }))
      this.ring.add({ kind: 'said', at, by: 'broker', to: 'client', link: '', task, name, seq, frame })
  }

  #gone(feed: Feed): void {
    if (!this.#feeds.delete(feed)) return
    feed.watch?.[Symbol.dispose]()
    this.#idleSoon()
  }
}
