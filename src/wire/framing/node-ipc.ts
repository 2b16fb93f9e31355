/**
 * The framing of every real client and server: `{"type":"message","data":<message>}` and a form feed, as node-ipc 12
 * and 14 write it. Only the outer type `message` exists on the wire: any other is refused here and can never become
 * the name of an event.
 */
import { isJsonObject } from '../json-object.ts'
import { printableName } from '../printable.ts'
import { accepted, refused } from '../rejection.ts'
import type { Outcome } from '../rejection.ts'
import { mistakenFor } from './framing.ts'
import type { Framing } from './framing.ts'

const shape = '{"type":"message","data":…}'

export const nodeIpc: Framing = {
  name: 'node-ipc',
  delimiter: 0x0c,
  delimiterName: 'a form feed',
  skipsByteOrderMark: false,
  foreign: {
    begins: /^\{\s*"type"\s*:\s*"(?:TaskCommand|Hello|Ack|TaskEvent|Reply)"/,
    delimiter: 0x0a,
    message: mistakenFor('lines', 'node-ipc'),
  },
  wrap: (json) => `{"type":"message","data":${json}}\f`,
  unwrap,
}

function unwrap(value: unknown): Outcome<unknown> {
  if (!isJsonObject(value)) return refused('invalid_frame', `A frame is ${shape}, not another JSON value.`)
  const type = value['type']
  if (type === 'message') return accepted(value['data'])
  const got = typeof type === 'string' ? `"${printableName(type)}"` : 'none or no string'
  return refused('invalid_frame', `A frame is ${shape}: its outer type must be "message", not ${got}.`)
}
