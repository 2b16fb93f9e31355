/**
 * The framing of scripts and of any language: a message's JSON and a newline, nothing around it. A carriage return
 * before the newline is white space to JSON, and a byte order mark at the stream's start is skipped.
 */
import { isJsonObject } from '../json-object.ts'
import { accepted, refused } from '../rejection.ts'
import type { Outcome } from '../rejection.ts'
import { mistakenFor } from './framing.ts'
import type { Framing } from './framing.ts'

const notHere = mistakenFor('node-ipc', 'lines')

export const lines: Framing = {
  name: 'lines',
  delimiter: 0x0a,
  delimiterName: 'a newline',
  skipsByteOrderMark: true,
  foreign: { begins: /^\{\s*"type"\s*:\s*"message"/, delimiter: 0x0c, message: notHere },
  wrap: (json) => `${json}\n`,
  unwrap,
}

function unwrap(value: unknown): Outcome<unknown> {
  if (isJsonObject(value) && value['type'] === 'message') return refused('invalid_frame', notHere)
  return accepted(value)
}
