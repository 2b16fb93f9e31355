import { expect, test } from 'vitest'
import { Connection } from '../../src/actors/connection.ts'
import type { ConnectionLog } from '../../src/actors/connection-log.ts'
import { limits } from '../../src/limits.ts'
import type { Link } from '../../src/transport/transport.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import { rejection } from '../../src/wire/rejection.ts'
import { UnfinishedFrames } from '../../src/wire/unfinished.ts'

const link: Link = {
  heldBytes: 0,
  write: () => true,
  pause: () => {},
  resume: () => {},
  end: () => {},
  destroy: () => {},
}

/** A connection whose refused frames are logged into `lines`. */
function refusing(startMs: number) {
  const clock = { ms: startMs }
  const lines: Record<string, unknown>[] = []
  const silent = (): void => {}
  const log: ConnectionLog = {
    child: () => log,
    debug: silent,
    info: silent,
    warn: (fields: object | string) => void lines.push({ ...Object(fields) }),
    error: silent,
  }
  const connection = new Connection({
    clientId: '0123456789ab',
    policy: { path: '/l', codec: canonicalCodec, scope: 'all', role: 'client' },
    link,
    outboxBytesMax: 100,
    writeBytes: 100,
    now: () => clock.ms,
    log,
    unfinished: new UnfinishedFrames(),
    broken: () => {},
  })
  const refuse = (times: number): void => {
    for (let time = 0; time < times; time++)
      connection.noteRefusal(rejection('invalid_frame', 'A frame is one JSON object.'), 'null')
  }
  return { clock, lines, connection, refuse }
}

// bound: refusalLogBurst
test('refused frames are logged one by one up to the burst, further ones counted', () => {
  const { lines, connection, refuse } = refusing(0)
  refuse(limits.refusalLogBurst)
  expect(lines).toHaveLength(limits.refusalLogBurst)
  refuse(1)
  expect(lines).toHaveLength(limits.refusalLogBurst)
  expect(connection.refusedFrames).toBe(limits.refusalLogBurst + 1)
  expect(lines.some((line) => 'unlogged' in line)).toBe(false)
})

// bound: refusalLogWindowMs
test.each([0, 9_000, 1_700_000_000_000])(
  'from the first refusal at %d ms on the burst holds for the window, and not longer',
  (startMs) => {
    const { clock, lines, refuse } = refusing(startMs)
    refuse(limits.refusalLogBurst)
    clock.ms = startMs + limits.refusalLogWindowMs
    refuse(3)
    expect(lines).toHaveLength(limits.refusalLogBurst)
    clock.ms += 1
    refuse(limits.refusalLogBurst + 1)
    expect(lines).toHaveLength(2 * limits.refusalLogBurst)
    expect(lines[limits.refusalLogBurst]).toMatchObject({ code: 'invalid_frame', unlogged: 3 })
    expect(lines.at(-1)).not.toHaveProperty('unlogged')
  },
)

test('a frame that its peer left unfinished is logged, a whole one is taken', () => {
  const { lines, connection } = refusing(0)
  const frame = Buffer.from('{"type":"message","data":{"type":"TaskCommand"}}')
  connection.read(Buffer.concat([frame, Buffer.from('\f'), frame]))
  expect(connection.inbox).toHaveLength(1)
  connection.ended()
  expect(connection.peerEnded).toBe(true)
  expect(lines).toMatchObject([{ code: 'invalid_frame', reason: /ended within a frame/ }])
})
