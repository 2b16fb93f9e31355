/**
 * `node test/bench/counting.ts`: what the counts per state and edge cost a control transition. Machines of one program,
 * counted and not, take turns in short blocks whose order alternates; each pair of blocks gives one ratio of CPU time.
 * The compiler's luck differs from process to process by more than what is measured: so it is done in many, and the
 * median of theirs is printed with its interval; and the same for machines neither of which is counted: what this method
 * takes for a difference where there is none.
 */
import { spawnSync } from 'node:child_process'
import { createActor } from 'xstate'
import { connectionMachine } from '../../machines/connection.ts'
import { Tally } from '../../src/inspector/tally.ts'

type Machine = typeof connectionMachine
/** CPU µs of one transition. */
type Work = (machine: Machine) => number

const pairs = Number(process.env['BENCH_PAIRS'] ?? 600)
const processes = Number(process.env['BENCH_PROCESSES'] ?? 15)
const clock = { setTimeout: () => 0, clearTimeout: () => undefined }
const input = { id: 'one', ackTimeoutMs: 1, drainTimeoutMs: 1 }

function cpuUs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** A ready connection falls behind and catches up: the cheapest transitions there are, with empty effects. */
const congestion: Work = (machine) => {
  const actor = createActor(machine, { clock, input }).start()
  actor.send({ type: 'admission.granted' })
  actor.send({ type: 'ack.flushed' })
  const times = 500
  const spent = cpuUs(() => {
    for (let time = 0; time < times; time++) {
      actor.send({ type: 'lag.rose' })
      actor.send({ type: 'lag.fell' })
    }
  })
  return spent / times / 2
}

/** Lives from the first state to the last. */
const lives: Work = (machine) => {
  const count = 150
  const spent = cpuUs(() => {
    for (let life = 0; life < count; life++) {
      const actor = createActor(machine, { clock, input }).start()
      actor.send({ type: 'admission.granted' })
      actor.send({ type: 'ack.flushed' })
      actor.send({ type: 'lag.rose' })
      actor.send({ type: 'lag.fell' })
      actor.send({ type: 'peer.ended' })
      actor.send({ type: 'outbox.emptied' })
    }
  })
  return spent / count / 6
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Where a machine lies in memory makes a difference of its own: many of each kind even that out. */
const machinesOfKind = 12

function at(kind: readonly Machine[], index: number): Machine {
  const machine = kind[index]
  if (machine === undefined) throw new Error('no machine')
  return machine
}

/** CPU µs of the one, and the median of what the other takes more: per cent. */
function compared(work: Work, bare: readonly Machine[], other: readonly Machine[]): [number, number] {
  const ratios: number[] = []
  const costs: number[] = []
  for (let pair = -100; pair < pairs; pair++) {
    const which = Math.abs(pair >> 1) % machinesOfKind
    const order = pair % 2 === 0 ? [bare, other] : [other, bare]
    const [first = Number.NaN, second = Number.NaN] = order.map((kind) => work(at(kind, which)))
    const [without, counted] = pair % 2 === 0 ? [first, second] : [second, first]
    if (pair < 0) continue
    ratios.push((counted / without - 1) * 100)
    costs.push(without)
  }
  return [median(costs), median(ratios)]
}

const works = { congestion, lives } as const
const kinds = ['counted', 'not counted'] as const

function measure(name: keyof typeof works, kind: (typeof kinds)[number]): void {
  const [bare, other]: [Machine[], Machine[]] = [[], []]
  const tally = new Tally()
  for (let index = 0; index < machinesOfKind; index++) {
    const machine = connectionMachine.provide({})
    if (kind === 'counted') tally.count(machine)
    // Whichever is made first lies otherwise: that takes turns too.
    if (index % 2 === 0) bare.push(connectionMachine.provide({}))
    other.push(machine)
    if (index % 2 === 1) bare.push(connectionMachine.provide({}))
  }
  console.log(JSON.stringify(compared(works[name], bare, other)))
}

/** The median's order statistics between which it lies with 95 %. */
function interval(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const reach = 0.98 * Math.sqrt(sorted.length)
  const low = sorted[Math.max(0, Math.floor((sorted.length - 1) / 2 - reach))] ?? Number.NaN
  const high = sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length - 1) / 2 + reach))] ?? Number.NaN
  return `${median(values).toFixed(2)} % more (${low.toFixed(2)} … ${high.toFixed(2)})`
}

function measureAll(): void {
  console.log(`control transition, CPU: medians of ${processes} processes of ${pairs} pairs of blocks each`)
  for (const name of ['congestion', 'lives'] as const) {
    for (const kind of kinds) {
      const found = Array.from({ length: processes }, () => {
        const { stdout } = spawnSync(process.execPath, [import.meta.filename, name, kind], {
          encoding: 'utf8',
        })
        return JSON.parse(stdout) as [number, number]
      })
      const cost = median(found.map(([us]) => us))
      console.log(`  ${name}, ${kind}: ${cost.toFixed(2)} µs, ${interval(found.map(([, more]) => more))}`)
    }
  }
}

const [name, kind] = process.argv.slice(2)
if (name === 'congestion' || name === 'lives') measure(name, kind === 'counted' ? 'counted' : 'not counted')
else measureAll()
