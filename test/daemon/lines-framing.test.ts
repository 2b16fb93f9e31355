/** The framing lines over a real socket of a real daemon, by hand. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DaemonProcess } from './daemon-process.ts'
import { startDaemonProcess } from './daemon-process.ts'
import { LineLink } from './line-link.ts'
import { RawLink } from './raw-link.ts'
import { refusedFrame } from './refused-frame.ts'

let daemon: DaemonProcess
const path = () => join(daemon.place.dir, 'lines.sock')

beforeAll(async () => {
  daemon = await startDaemonProcess({ args: ['--listen', 'lines+roo:{dir}/lines.sock'] })
})
afterAll(async () => {
  await daemon[Symbol.asyncDispose]()
})

describe('the framing lines', () => {
  const request = (requestId: string) =>
    JSON.stringify({ type: 'TaskCommand', origin: 'client', requestId, data: { commandName: 'GetModes' } })

  it('carries the whole of roo, Hello and subscriptions too', async () => {
    await using link = await LineLink.open(path())
    link.send({ type: 'Hello', origin: 'client', data: { protocol: 1, client: { name: 'n', version: '0' } } })
    expect(await link.reply('hello')).toMatchObject({ ok: true, result: { clientId: link.clientId } })
    link.write(`${request('m')}\n`)
    expect(await link.reply('m')).toMatchObject({ ok: true })
    expect(await link.event('modesResponse')).toBeDefined()
  })

  it('takes CRLF, a byte order mark, a line in pieces and many lines in one chunk', async () => {
    await using link = await LineLink.open(path())
    link.write(`\uFEFF${request('crlf')}\r\n\r\n`)
    expect(await link.reply('crlf')).toMatchObject({ ok: true })
    link.socket.setNoDelay(true)
    for (const byte of `${request('pieces')}\n`) link.write(byte)
    expect(await link.reply('pieces')).toMatchObject({ ok: true })
    const ids = Array.from({ length: 200 }, (_, index) => `many-${index}`)
    link.write(ids.map((id) => `${request(id)}\n`).join(''))
    await link.reply('many-199')
    expect(link.messages.filter(({ type }) => type === 'Reply').map(({ requestId }) => requestId)).toEqual([
      'crlf',
      'pieces',
      ...ids,
    ])
  })

  it('refuses a line that is no message, and its link lives', async () => {
    await using link = await LineLink.open(path())
    link.write(`no JSON\n${request('r')}\n`)
    expect(await link.reply('r')).toMatchObject({ ok: true })
    expect(await refusedFrame(daemon, link.clientId)).toMatchObject({ code: 'invalid_frame' })
  })

  it('says in its log that a last line without its newline is lost', async () => {
    await using link = await LineLink.open(path())
    link.socket.end(`${request('whole')}\n${request('cut')}`)
    expect(await link.reply('whole')).toMatchObject({ ok: true })
    expect(await refusedFrame(daemon, link.clientId)).toMatchObject({
      code: 'invalid_frame',
      reason: /a newline/,
    })
  })

  it('closes a line that passes the limit of a frame', async () => {
    await using link = await LineLink.open(path())
    const piece = `{"x":"${'x'.repeat(1 << 20)}`
    for (let i = 0; i < 34; i++) link.write(piece)
    await link.closed()
    expect(await refusedFrame(daemon, link.clientId)).toMatchObject({
      code: 'frame_too_large',
      reason: /newline/,
    })
  })

  it('tells a client of node-ipc, and node-ipc one of lines, at once', async () => {
    await using lines = await LineLink.open(path())
    lines.write(`{"type":"message","data":${request('r')}}\f`)
    await lines.closed()
    expect(await refusedFrame(daemon, lines.clientId)).toMatchObject({
      reason: /looks like the framing node-ipc.*node-ipc\+… listener/,
    })
    await using ipc = await RawLink.open(daemon.socketPath)
    ipc.write(`${request('r')}\n`)
    await ipc.closed()
    expect(await refusedFrame(daemon, ipc.clientId)).toMatchObject({
      code: 'invalid_frame',
      reason: /looks like the framing lines.*lines\+… listener/,
    })
  })
})
