/** A frame whose envelope was said for several is the frame that is made of its message alone. */
import { expect, test } from 'vitest'
import { canonicalCodec } from '../../src/wire/codec.ts'
import { sampleEvents } from './sample-messages.ts'

test.each([
  ['its task and time alone', {}],
  ['who caused it', { by: 'a1b2c3d4e5f6' }],
  ['who and which request caused it', { by: 'a1b2c3d4e5f6', causedBy: '"\f\\é\u2028,"data":null}' }],
])('each event says the same with %s in an envelope that it shares', (_, caused) => {
  const shared = { task: 't","seq":9,"\f', at: 1_700_000_000_000, ...caused }
  const say = canonicalCodec.eventTexts(shared)
  for (const [index, data] of sampleEvents.entries()) {
    const seq = 2 ** 40 + index
    const whole = canonicalCodec.encodeToClient({ type: 'TaskEvent', origin: 'server', seq, ...shared, data })
    expect(say(seq, data)).toBe(whole?.toString())
  }
  expect(sampleEvents.length).toBeGreaterThan(20)
})
