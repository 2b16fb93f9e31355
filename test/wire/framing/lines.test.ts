import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codec } from '../../../src/wire/codec.ts'
import type { Codec } from '../../../src/wire/codec.ts'
import type { CommandMessage } from '../../../src/wire/envelope.ts'
import { lines } from '../../../src/wire/framing/lines.ts'
import { nodeIpc } from '../../../src/wire/framing/node-ipc.ts'
import { UnfinishedFrames } from '../../../src/wire/unfinished.ts'
import { roo } from '../../../src/wire/vocabulary/roo.ts'
import { leastCpuMs } from '../cpu-time.ts'

const linesRoo = codec(lines, roo)
const nodeIpcRoo = codec(nodeIpc, roo)

function decoding(one: Codec = linesRoo, frameBytesMax = 1 << 20) {
  const unfinished = new UnfinishedFrames({ deadlineMs: 1_000 })
  const broken: string[] = []
  const decoder = one.decodeFromClients({
    unfinished,
    now: () => 0,
    broken: (reason) => broken.push(`${reason.code}: ${reason.message}`),
    frameBytesMax,
  })
  return { decoder, unfinished, broken, push: (text: string | Buffer) => decoder.push(Buffer.from(text)) }
}

const command = (text: string): CommandMessage => ({
  type: 'TaskCommand',
  origin: 'client',
  data: { commandName: 'SendMessage', data: { text } },
})
const line = (text: string) => JSON.stringify(command(text))
const taken = (text: string) => ({ ok: true, message: command(text) })

test('a frame is a message and a newline, with nothing around it', () => {
  expect(String(linesRoo.encodeToServer(command('a\nb\f')))).toBe(`${line('a\nb\f')}\n`)
  expect(decoding().push(`${line('a')}\n`)).toEqual({ items: [taken('a')] })
})

test('any chunking gives the same messages, whatever ends their lines', () => {
  const parts = fc.array(
    fc.tuple(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constantFrom('\n', '\r\n', ' \n\n')),
    {
      maxLength: 6,
    },
  )
  const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 90 }))
  fc.assert(
    fc.property(fc.boolean(), parts, sizes, (mark, all, sizes) => {
      const texts = all.map(([text]) => text.toWellFormed())
      const text = texts.map((one, index) => line(one) + (all[index]?.[1] ?? '')).join('')
      const bytes = Buffer.from((mark ? '\uFEFF' : '') + text)
      const { push } = decoding()
      const items = []
      for (let at = 0; at < bytes.length;) {
        const size = sizes.next().value ?? 1
        items.push(...push(bytes.subarray(at, at + size)).items)
        at += size
      }
      expect(items).toEqual(texts.map(taken))
    }),
  )
})

test('a byte order mark is skipped where the stream begins, and nowhere else', () => {
  const { push } = decoding()
  expect(push(`\uFEFF${line('a')}\n`)).toEqual({ items: [taken('a')] })
  expect(push(`\uFEFF${line('b')}\n`).items).toMatchObject([
    { ok: false, refusal: { rejection: { code: 'invalid_frame', message: /byte order mark/ } } },
  ])
  expect(push(`${line('c')}\n`)).toEqual({ items: [taken('c')] })
  expect(decoding(nodeIpcRoo).push('\uFEFF{}\f').items).toMatchObject([
    { ok: false, refusal: { rejection: { code: 'invalid_frame', message: /byte order mark/ } } },
  ])
})

test('a line that does not end meets the limit, or the deadline, and is told what would have ended it', () => {
  const limited = decoding(linesRoo, 100)
  expect(limited.push(`${line('a')}\n`).items).toHaveLength(1)
  expect(limited.push('x'.repeat(101)).broken).toMatchObject({
    code: 'frame_too_large',
    message: /passed 100 bytes.* ends with a newline\./,
  })
  const slow = decoding()
  slow.push('{"type":"TaskComm')
  slow.unfinished.sweep(1_000)
  expect(slow.broken).toEqual([])
  slow.unfinished.sweep(1_001)
  expect(slow.broken).toEqual([expect.stringMatching(/^invalid_frame: .*1000 ms.* ends with a newline\.$/)])
})

test('JSON spread over several lines is refused line by line, and the link lives', () => {
  const { push } = decoding()
  const { items, broken } = push(`${JSON.stringify(command('a'), null, 2)}\n${line('b')}\n`)
  expect(broken).toBeUndefined()
  expect(items.at(-1)).toEqual(taken('b'))
  expect(
    items.slice(0, -1).every((item) => !item.ok && item.refusal.rejection.code === 'invalid_frame'),
  ).toBe(true)
})

test('an envelope of node-ipc on a line of its own is refused with the listener to use', () => {
  const { push } = decoding()
  expect(push(`{"type":"message","data":${line('a')}}\n${line('b')}\n`)).toMatchObject({
    items: [
      {
        ok: false,
        refusal: {
          rejection: {
            code: 'invalid_frame',
            message: /looks like the framing node-ipc.*node-ipc\+… listener/,
          },
        },
      },
      { ok: true },
    ],
  })
})

const foreign: readonly [string, Codec, string, RegExp][] = [
  [
    'node-ipc on lines',
    linesRoo,
    `{"type":"message","data":${line('a')}}\f`,
    /looks like the framing node-ipc.*node-ipc\+… listener/,
  ],
  ['lines on node-ipc', nodeIpcRoo, `${line('a')}\n`, /looks like the framing lines.*lines\+… listener/],
  [
    'spaced lines on node-ipc',
    nodeIpcRoo,
    `{ "type" : "Hello", "data": {}}\r\n`,
    /looks like the framing lines.*lines\+… listener/,
  ],
]

test.each(foreign)('a client of %s breaks at once, whatever the chunking', (_name, codec, text, message) => {
  for (const size of [1, 7, text.length]) {
    const { push } = decoding(codec)
    const bytes = Buffer.from(text)
    let broken
    for (let at = 0; at < bytes.length; at += size) {
      expect(broken, `after ${at} bytes`).toBeUndefined()
      const batch = push(bytes.subarray(at, at + size))
      expect(batch.items).toEqual([])
      broken = batch.broken
    }
    expect(broken).toMatchObject({ code: 'invalid_frame', message })
  }
})

test('the other framing’s delimiter alone breaks nothing', () => {
  const pretty = `{\n"type":"message",\n"data":${JSON.stringify(command('a'), null, 2)}}\n\f\n`
  const { push } = decoding(nodeIpcRoo)
  for (const byte of Buffer.from(pretty + pretty).subarray(0, -1))
    expect(push(Buffer.from([byte])).broken).toBeUndefined()
  expect(decoding(nodeIpcRoo).push(pretty + pretty)).toEqual({ items: [taken('a'), taken('a')] })
  expect(decoding().push(`{"x":"\f"}\f\n${line('b')}\n`)).toMatchObject({
    items: [{ ok: false }, taken('b')],
  })
})

test('a chunk of both delimiters takes linear time', () => {
  const timed = (count: number) => {
    const bytes = Buffer.from('{\n}\f\n'.repeat(count))
    return leastCpuMs(() => expect(decoding(nodeIpcRoo).decoder.push(bytes).items).toHaveLength(count))
  }
  timed(5_000)
  // Sixteen times the bytes would take 256 times as long were it quadratic.
  expect(timed(80_000) / timed(5_000)).toBeLessThan(64)
})
