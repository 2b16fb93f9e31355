import { expect, test, vi } from 'vitest'
import { startClientActor } from '../../src/actors/client-actor.ts'
import type { ClientActor, ClientEffects } from '../../src/actors/client-actor.ts'
import { isCollected } from '../collected.ts'
import { RecordingClock } from '../client/recording-clock.ts'

const input = { firstBackOffMs: 50, lastBackOffMs: 5_000, attemptsMax: null }

/** Effects that do nothing, but for what the test gives. */
function idle(given: Partial<ClientEffects> = {}): ClientEffects {
  const nothing = (): void => {}
  return {
    dial: nothing,
    greet: nothing,
    resumeSession: nothing,
    suspendRequests: nothing,
    armBackOff: nothing,
    disarmBackOff: nothing,
    hangUp: nothing,
    release: nothing,
    faulted: nothing,
    ...given,
  }
}

function started(id: string, effects: ClientEffects): ClientActor {
  return startClientActor({ ...input, id }, effects, new RecordingClock())
}

function dialThrows(): never {
  throw new Error('this test throws')
}

test('an effect that throws ends the client: its owner is told why, once, and of nothing more', () => {
  const [faulted, release] = [vi.fn<ClientEffects['faulted']>(), vi.fn<() => void>()]
  const actor = started('throws', idle({ dial: dialThrows, faulted, release }))
  actor.send({ type: 'connect' })
  expect(actor.state).toBe('closed')
  actor.send({ type: 'disconnect' })
  expect(faulted.mock.calls).toEqual([[expect.objectContaining({ message: 'this test throws' })]])
  expect(release).not.toHaveBeenCalled()
})

test.each([
  ['closed', {}, 'disconnect'],
  ['failed', { dial: dialThrows }, 'connect'],
] as const)('the effects of a client that has %s are kept no longer', async (_, given, ends) => {
  const kept = (): WeakRef<object> => {
    const effects = idle(given)
    started(`kept-${ends}`, effects).send({ type: ends })
    return new WeakRef(effects)
  }
  const ref = kept()
  await expect.poll(() => isCollected(ref)).toBe(true)
})
