import { describe, expect, test } from 'vitest'
import { clientMachine } from '../../machines/client.ts'
import type { ClientContext } from '../../machines/client.ts'
import { CallboardError } from '../../src/client/callboard-error.ts'
import type { CallboardClient } from '../../src/client/callboard-client.ts'
import { RecordingClock } from '../client/recording-clock.ts'
import type { ScriptedLink, ScriptedServer } from '../client/scripted-server.ts'
import { clientOf, places, serverAt } from '../client/setting.ts'
import { eventually } from '../daemon/task-events.ts'
import { expectAsInLedger } from './ledger.ts'
import { clientInput, samples } from './sample-events.ts'
import { pathOf, tours } from './tours.ts'
import type { Step, Tour } from './tours.ts'

const { abandon, connect } = samples.client
const closed = samples.client['connection.closed']

/** Nobody abandons a client that had a session: those ways are walked by hand. */
const generated = tours(clientMachine, clientInput, {
  events: Object.values(samples.client),
  may: (_, event) => event !== 'abandon',
  remembers: ({ failures }: ClientContext) => String(failures),
})
const byHand = [
  [connect, abandon],
  [connect, samples.client['connection.ready'], abandon],
  [connect, closed, abandon],
].map((events) => pathOf(clientMachine, clientInput, events))

const [, socketPlace] = places.find(([name]) => name === 'node-ipc') ?? []

/** A client and the server that it dials: one says what the path says, the other's state is looked at. */
class Pair {
  readonly #server: ScriptedServer
  readonly #client: CallboardClient
  readonly #clock = new RecordingClock()
  /** Of the connects that wait. */
  readonly #aborts: AbortController[] = []
  readonly outcomes: unknown[] = []
  #link: ScriptedLink | undefined

  constructor() {
    if (socketPlace === undefined) throw new Error('no place with a real socket')
    const place = socketPlace()
    this.#server = serverAt(place)
    const { attemptsMax } = clientInput
    this.#client = clientOf(place, {
      attemptsMax,
      clock: this.#clock,
      random: () => 0.9,
      limits: { reconnectFirstMs: 100 },
    })
  }

  async take({ before, event }: Step): Promise<void> {
    const { type } = event
    if (type === 'connect') this.#connect()
    else if (type === 'disconnect') await this.#client.close()
    else if (type === 'backOff.elapsed') this.#clock.increment(100)
    else if (type === 'abandon') for (const one of this.#aborts) one.abort()
    else await this.#say(type, before)
  }

  async expectIn(state: string): Promise<void> {
    await eventually(() => expect(this.#client.state).toBe(state.split('.')[0]))
    // The server sees by Hello that the client has heard the Ack, and by nothing less.
    if (state === 'connecting.dialling') this.#link = await this.#server.nextLink()
    if (state === 'connecting.greeting') await this.#link?.hello()
    if (/offline|closed|backingOff/.test(state))
      await eventually(() => expect(this.#link?.closed ?? true).toBe(true))
    expect(this.#server.links.filter((link) => !link.closed).length).toBeLessThanOrEqual(1)
  }

  #connect(): void {
    const abort = new AbortController()
    this.#aborts.push(abort)
    this.#client.connect({ signal: abort.signal }).then(
      () => this.outcomes.push('connected'),
      (error: unknown) => this.outcomes.push(error instanceof CallboardError ? error.code : error),
    )
  }

  async #say(type: string, before: string): Promise<void> {
    const link = this.#link
    if (link === undefined) throw new Error(`no link in ${before}`)
    const refusal = { code: 'unsupported', message: 'Not this one.' } as const
    if (type === 'connection.ready') link.ack()
    else if (type === 'session.opened')
      link.reply('hello', { protocol: 1, clientId: 'c', sessionId: 's', epoch: 'j.1', head: 0 })
    else if (type === 'connection.closed') link.link.destroy()
    else if (type !== 'server.refused') throw new Error(`no server can cause ${type}`)
    else if (before === 'connecting.dialling') link.ack({ name: 'another', version: 1 })
    else link.refuse('hello', refusal)
  }
}

async function walk({ steps }: Tour): Promise<readonly unknown[]> {
  const pair = new Pair()
  for (const step of steps) {
    await pair.take(step)
    await pair.expectIn(step.after)
  }
  return pair.outcomes
}

describe('a client over a real socket', () => {
  test.each(generated)('walks $title', async (tour) => {
    const outcomes = await walk(tour)
    // Whoever waited for a connection is told how that went.
    const connects = tour.steps.filter(({ event }) => event.type === 'connect').length
    await eventually(() => expect(outcomes).toHaveLength(connects))
  })

  test.each(byHand)('walks $title', async (tour) => {
    const outcomes = await walk(tour)
    await eventually(() => expect(outcomes).toEqual(['aborted']))
  })

  test('these are all the edges that its user and its server can cause', () => {
    const walked = [...generated, ...byHand].flatMap(({ steps }) => steps.flatMap(({ edges }) => edges))
    expectAsInLedger('client', 'socket', walked)
  })
})
