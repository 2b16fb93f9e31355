import { SimulatedClock } from 'xstate'
import { describe, expect, test, vi } from 'vitest'
import { brokerMachine } from '../../machines/broker.ts'
import type { MemoryClient } from '../actors/memory-client.ts'
import { rig } from '../actors/rig.ts'
import type { Rig } from '../actors/rig.ts'
import { quiet } from '../actors/turns.ts'
import { EdgeWatch } from './edges.ts'
import { expectAsInLedger } from './ledger.ts'
import { brokerInput, machines } from './sample-events.ts'
import { tours } from './tours.ts'

const watch = new EdgeWatch()
const generated = tours(brokerMachine, brokerInput, { events: machines.broker.events, delays: true })

const drainDeadlineMs = 1_000
const delayMs: Readonly<Record<string, number>> = { drainDeadline: drainDeadlineMs, cancelDeadline: 200 }

class Twin {
  readonly clock = new SimulatedClock()
  readonly place: Rig = rig({
    bind: false,
    limits: { cancelGraceMs: 100, reapDeadlineMs: 100 },
    actors: { clock: this.clock, inspect: watch.inspect },
  })
  #client: MemoryClient | undefined
  #asked = 0

  async cause(type: string): Promise<void> {
    const { broker } = this.place
    if (type === 'listeners.bound') await this.#serve()
    else if (type === 'drain') broker.drain(drainDeadlineMs)
    else if (type === 'force') broker.force()
    else if (type === 'tasks.settled') this.place.runner.last.ends()
    else this.clock.increment(delayMs[/^xstate\.after\.([^.]+)/.exec(type)?.[1] ?? ''] ?? Number.NaN)
    await quiet(10)
  }

  /** Whether a command that is sent now is answered. */
  async routes(): Promise<boolean> {
    const wanted = String(++this.#asked)
    this.#client?.send({ commandName: 'GetStatus', requestId: wanted })
    await quiet(10)
    return this.#client?.messages.some((one) => one.type === 'Reply' && one.requestId === wanted) ?? false
  }

  /** Whether what a run tells now is journaled; before it serves: what recovery tells. */
  journals(): boolean {
    const { broker, runner, journal } = this.place
    const { head } = journal
    const hasRun = this.#client !== undefined && broker.state !== 'stopped'
    if (hasRun) runner.last.says('still here')
    else broker.transact(() => stageRecovered(broker))
    return journal.head === head + 1
  }

  /** What the broker did, besides being where it should be. */
  async expectAfter(after: string): Promise<void> {
    const { runner, asked } = this.place
    if (after === 'draining.cancelling') expect(runner.last.cancels).toBe(1)
    if (after === 'forcing') expect(runner.last.kills).toBe(1)
    if (after === 'stopped') await vi.waitFor(() => expect(asked.stopped).toBe(true))
  }

  /** With a task that ends when it is told to by the test: a broker without tasks stops at once. */
  async #serve(): Promise<void> {
    const { broker, runner, connect } = this.place
    broker.listenersBound()
    runner.obedient = false
    this.#client = await connect()
    await this.#client.start()
    runner.last.started()
    runner.last.kill = () => {
      runner.last.kills++
    }
    await this.#client.hears('taskStarted')
  }
}

function stageRecovered(broker: Rig['broker']): void {
  const events = [{ eventName: 'taskAborted' as const, payload: ['recovered'] as [string] }]
  broker.transactions.current.stage({ task: 'recovered', events })
}

/** Written by hand: what passes the gate, by the first word of the state. */
const gate: Readonly<Record<string, { readonly routes: boolean; readonly journals: boolean }>> = {
  starting: { routes: false, journals: true },
  serving: { routes: true, journals: true },
  draining: { routes: true, journals: true },
  forcing: { routes: false, journals: true },
  stopped: { routes: false, journals: false },
}

describe('a broker over memory links', () => {
  test.each(generated)('walks $title', async ({ steps }) => {
    const twin = new Twin()
    const { place } = twin
    const isAsGate = async (state: string): Promise<void> => {
      const passes = { routes: await twin.routes(), journals: twin.journals() }
      expect(passes, state).toEqual(gate[state.split('.')[0] ?? ''])
    }
    await isAsGate('starting')
    for (const { event, after } of steps) {
      await twin.cause(event.type)
      expect(place.broker.state).toBe(after)
      await twin.expectAfter(after)
      await isAsGate(after)
    }
  })

  test('these are all its edges', () => {
    expectAsInLedger('broker', 'memory', watch.taken('broker'))
  })
})
