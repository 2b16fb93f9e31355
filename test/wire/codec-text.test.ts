/** A frame that is made in two parts is the frame that is made at once. */
import { expect, test } from 'vitest'
import { parseListenerCodec } from '../../src/wire/codec.ts'
import type { ServerMessage } from '../../src/wire/envelope.ts'

const event: ServerMessage = {
  type: 'TaskEvent',
  origin: 'server',
  seq: 7,
  task: 't',
  at: 1,
  data: {
    eventName: 'message',
    payload: [
      { taskId: 't', action: 'created', message: { ts: 1, type: 'say', say: 'text', text: '\f\n"é' } },
    ],
  },
}

test.each([
  'node-ipc+roo',
  'node-ipc+roo-1.89',
  'node-ipc+seed',
  'lines+roo',
  'lines+roo-1.89',
  'lines+seed',
])('in %s the text of a frame and its delimiter are the whole frame', (name) => {
  const found = parseListenerCodec(name)
  if (!found.ok) throw new Error(name)
  const codec = found.value
  const whole = codec.encodeToClient(event)
  expect(whole?.length).toBeGreaterThan(50)
  expect(`${codec.textToClient(event)}${String.fromCharCode(codec.framing.delimiter)}`).toBe(
    whole?.toString(),
  )
})
