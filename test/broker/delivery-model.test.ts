/** Delivery beside a plain list of events: random writers, readers, held sockets and retention. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { subscriptionFilter } from '../../src/broker/subscriptions.ts'
import type { Filter } from '../../src/broker/subscriptions.ts'
import { canonicalCodec, parseListenerCodec } from '../../src/wire/codec.ts'
import type { Subscribe } from '../../src/wire/commands.ts'
import { nativeEventNames } from '../../src/wire/events.ts'
import type { TaskEvent } from '../../src/wire/events.ts'
import { said, World } from './delivery-world.ts'
import type { Reader } from './delivery-world.ts'

const older = parseListenerCodec('node-ipc+roo-1.89')
if (!older.ok) throw new Error(older.error.message)
const codecs = [canonicalCodec, older.value]

const tasks = ['a', 'b', 'c']

function eventOf(kind: number, task: string, length: number): TaskEvent {
  if (kind === 0) return { eventName: 'taskStarted', payload: [task] }
  if (kind === 1) return { eventName: 'taskExited', payload: [task, { code: 1 }] }
  // Not in the older vocabulary.
  if (kind === 2) return { eventName: 'queuedMessagesUpdated', payload: [task, []] }
  return said(task, 'x'.repeat(length))
}

const wish = fc.record(
  {
    tasks: fc.subarray(tasks),
    events: fc.subarray(['task*', 'message', '*Exited', 'queued*']),
  },
  { requiredKeys: [] },
)

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      task: fc.constantFrom(...tasks),
      events: fc.array(fc.tuple(fc.nat(5), fc.nat(700)), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('connect' as const),
      wish,
      native: fc.boolean(),
      codec: fc.nat(1),
      back: fc.option(fc.nat(30)),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('hold' as const), reader: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drain' as const), reader: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('answer' as const), reader: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), reader: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unsubscribe' as const), reader: fc.nat(9) }) },
)

interface Known {
  readonly reader: Reader
  readonly filter: Filter
  readonly after: number
  /** Nothing above it is for this reader any more. */
  until: number
  answers: number
}

interface Happened {
  readonly seq: number
  readonly task: string
  readonly name: string
  /** Whether the older vocabulary can say it. */
  readonly sayable: boolean
}

class Model {
  readonly world = new World()
  readonly happened: Happened[] = []
  readonly known: Known[] = []

  take(one: Extract<Step, { reader: number }>): void {
    const known = this.known[one.reader % Math.max(1, this.known.length)]
    if (known === undefined || known.reader.closed) return
    const { reader } = known
    if (one.kind === 'hold') reader.holding = true
    else if (one.kind === 'drain') reader.drain()
    else if (one.kind === 'close') reader.close()
    else if (one.kind === 'answer') {
      const requestId = String(known.answers++)
      reader.answer({ type: 'Reply', origin: 'server', requestId, data: { ok: true, result: {} } })
    } else if (known.until === Infinity) {
      known.until = reader.subscriber.seq
      this.world.delivery.leave(reader.subscriber)
    }
  }

  append(task: string, events: readonly TaskEvent[]): void {
    for (const [index, { eventName }] of events.entries()) {
      const seq = this.world.journal.head + index + 1
      this.happened.push({ seq, task, name: eventName, sayable: eventName !== 'queuedMessagesUpdated' })
    }
    this.world.append(task, ...events)
  }

  connect(wanted: Subscribe, native: boolean, codec: number, back: number | null): void {
    const { head } = this.world.journal
    const filter = subscriptionFilter(wanted)
    const after = back === null ? head : Math.max(0, head - back)
    const said = { native, filter, after }
    const reader = this.world.reader({ ...said, codec: codecs[codec] ?? canonicalCodec })
    this.known.push({ reader, filter, after, until: Infinity, answers: 0 })
  }

  check(): void {
    for (const known of this.known) this.#checkOne(known)
  }

  /** Every wanted event once and in order, or a gap said before the first event after it. */
  #checkOne(known: Known): void {
    const { reader, after, answers } = known
    const wanted = this.happened.filter((one) => one.seq > after && this.#wants(known, one))
    const heard = reader.heard()
    let next = 0
    for (const one of heard) {
      if (typeof one === 'number') {
        expect(one).toBe(wanted[next]?.seq)
        next++
        continue
      }
      const [from, firstAvailable] = one
      expect(reader.native).toBe(true)
      expect((wanted[next - 1]?.seq ?? after) < from).toBe(true)
      while ((wanted[next]?.seq ?? Infinity) < firstAvailable) {
        expect(wanted[next]?.seq).toBeGreaterThanOrEqual(from)
        next++
      }
    }
    if (!reader.closed && known.until === Infinity) expect(next).toBe(wanted.length)
    const ids = reader.messages().flatMap((one) => (one.type === 'Reply' ? [one.requestId] : []))
    const expected = Array.from({ length: answers }, (_, index) => String(index))
    expect(ids).toEqual(reader.closed ? expected.slice(0, ids.length) : expected)
    this.#checkLag(reader)
  }

  #wants({ filter, reader }: Known, { task, name, sayable }: Happened): boolean {
    if (!reader.native && nativeEventNames.has(name)) return false
    return filter.matches(task, name) && (sayable || reader.codec === canonicalCodec)
  }

  #checkLag({ lagEdges }: Reader): void {
    for (const [index, { congested, lag }] of lagEdges.entries()) {
      expect(congested).toBe(index % 2 === 0)
      if (congested) expect(lag).toBeGreaterThanOrEqual(this.world.bounds.lagHighBytes)
      else expect(lag).toBeLessThanOrEqual(this.world.bounds.lagLowBytes)
    }
  }
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function run(history: readonly Step[]): void {
  const model = new Model()
  for (const one of history) {
    if (one.kind === 'append') {
      model.append(
        one.task,
        one.events.map(([kind, length]) => eventOf(kind, one.task, length)),
      )
    } else if (one.kind === 'connect') model.connect(one.wish, one.native, one.codec, one.back)
    else if (one.kind === 'flush') model.world.flush()
    else model.take(one)
  }
  for (let round = 0; round < 50; round++) {
    for (const { reader } of model.known) if (reader.isHeld || reader.holding) reader.drain()
    model.world.flushAll()
  }
  model.check()
  for (const { reader } of model.known) if (!reader.closed) reader.close()
  expect(model.world.lanes.count).toBe(0)
}

test('every reader gets what it wants once and in order, or is told of the gap first', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (history) => run(history)),
    { numRuns: 800 },
  )
})
