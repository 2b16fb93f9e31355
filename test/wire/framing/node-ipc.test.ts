import { expect, test } from 'vitest'
import { nodeIpc } from '../../../src/wire/framing/node-ipc.ts'

test('only the outer type message is taken', () => {
  expect(nodeIpc.unwrap(JSON.parse('{"type":"message","data":{"a":1},"extra":2}'))).toEqual({
    ok: true,
    value: { a: 1 },
  })
  expect(nodeIpc.unwrap(JSON.parse('{"type":"message"}'))).toEqual({ ok: true, value: undefined })
})

test.each([
  ...['connect', 'start', 'error', 'close', 'socket.disconnected', '__proto__', 'Message', ''].map(
    (type) => `{"type":${JSON.stringify(type)},"data":{}}`,
  ),
  '{"data":{}}',
  '{"type":1}',
  '{"type":null}',
  '{"type":["message"],"data":{}}',
  '{"__proto__":{"type":"message","data":{}}}',
  '{}',
  'null',
  '[]',
  '"message"',
  '7',
])('the outer value %s is refused', (json) => {
  expect(nodeIpc.unwrap(JSON.parse(json))).toMatchObject({ ok: false, error: { code: 'invalid_frame' } })
})

test('a refusal shows the peer’s type bounded and printable', () => {
  const outcome = nodeIpc.unwrap({ type: `\n${'x'.repeat(1_000)}` })
  expect(outcome.ok ? '' : outcome.error.message).toMatch(/^.{40,140}$/)
})

test('the delimiter never stands inside a wrapped frame', () => {
  expect(nodeIpc.wrap(JSON.stringify({ text: '\f' }))).toBe('{"type":"message","data":{"text":"\\f"}}\f')
})
