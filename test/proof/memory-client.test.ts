import { SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { clientMachine } from '../../machines/client.ts'
import type { ClientContext } from '../../machines/client.ts'
import { startClientActor } from '../../src/actors/client-actor.ts'
import type { ClientEffects } from '../../src/actors/client-actor.ts'
import { expectAsInLedger } from './ledger.ts'
import { clientInput, machines } from './sample-events.ts'
import { tours } from './tours.ts'

const { events } = machines.client
const generated = tours(clientMachine, clientInput, {
  events,
  remembers: ({ failures }: ClientContext) => String(failures),
})
let ids = 0

/** Effects that are noted, and nothing else. */
function noting(did: string[]): ClientEffects {
  const note = (name: string) => () => void did.push(name)
  return {
    dial: note('dial'),
    greet: note('greet'),
    resumeSession: note('resumeSession'),
    suspendRequests: note('suspendRequests'),
    armBackOff: (failures) => void did.push(`armBackOff ${failures}`),
    disarmBackOff: note('disarmBackOff'),
    hangUp: note('hangUp'),
    release: note('release'),
    faulted: note('faulted'),
  }
}

/** What a client does on its way into a state, by what that state is. */
const onEntry: Readonly<Record<string, string>> = {
  'connecting.dialling': 'dial',
  'connecting.greeting': 'greet',
  ready: 'resumeSession',
  closed: 'release',
}

describe("a client's actor", () => {
  test.each(generated)('walks $title', ({ steps }) => {
    const did: string[] = []
    const actor = startClientActor(
      { ...clientInput, id: `proof-${++ids}` },
      noting(did),
      new SimulatedClock(),
    )
    for (const { event, before, after } of steps) {
      did.length = 0
      actor.send({ type: event.type } as never)
      expect(actor.state).toBe(after.split('.')[0])
      const entered = onEntry[after]
      expect(entered === undefined || did.includes(entered), did.join(' ')).toBe(true)
      expect(did.filter((one) => one.startsWith('armBackOff'))).toHaveLength(after === 'backingOff' ? 1 : 0)
      expect(did.includes('disarmBackOff')).toBe(before === 'backingOff')
      expect(did.includes('suspendRequests')).toBe(before === 'ready')
      expect(did).not.toContain('faulted')
    }
  })

  test('these are all its edges', () => {
    expectAsInLedger(
      'client',
      'memory',
      generated.flatMap(({ steps }) => steps.flatMap(({ edges }) => edges)),
    )
  })
})
