import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { badFrames, command, reservedNames } from './bad-input-frames.ts'
import { Trial } from './bad-input-trial.ts'
import { DaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'

const patience = { timeout: 15_000, interval: 5 }

let trial: Trial
beforeAll(async () => {
  trial = await Trial.begin()
})
afterAll(async () => {
  await trial[Symbol.asyncDispose]()
})

describe('a refused frame', () => {
  it('is logged with its code and bounded text, and its link lives', async () => {
    await trial.attack('every bad frame, a link each', async () => {
      for (const bad of badFrames) {
        await using link = await RawLink.open(trial.path)
        link.write(bad.bytes)
        expect((await link.request('GetModes')).ok, bad.name).toBe(true)
        expect(link.isClosed).toBe(false)
        const line = await vi.waitFor(() => {
          const found = trial.logged('frame refused').find(({ clientId }) => clientId === link.clientId)
          if (found === undefined) throw new Error(`${bad.name} was not logged`)
          return found
        }, patience)
        expect(line.code, bad.name).toBe(bad.code)
        expect(line.excerpt?.length ?? 0).toBeLessThanOrEqual(200)
        expect(line.reason?.length ?? 0).toBeLessThanOrEqual(1_000)
        expect(`${line.excerpt}${line.reason}`).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      }
    })
  })

  it('says what was wrong to a client that can be answered', async () => {
    await using link = await RawLink.open(trial.path)
    for (const name of reservedNames) {
      const reply = await link.request(name, {})
      expect(reply.ok, name).toBe(false)
      expect(reply.error?.code, name).toBe('invalid_command')
    }
  })

  it('among thousands on one link is counted, not logged one by one', async () => {
    await using link = await RawLink.open(trial.path)
    await trial.attack('20,000 unknown commands on one link', async () => {
      link.write(command('NoSuchCommand').repeat(20_000))
      expect((await link.request('GetModes')).ok).toBe(true)
    })
    const lines = trial.logged('frame refused').filter(({ clientId }) => clientId === link.clientId)
    expect(lines.length).toBeGreaterThanOrEqual(10)
    expect(lines.length).toBeLessThanOrEqual(30)
  })
})

describe('a stream', () => {
  it('is read from its first byte, also where it comes before the Ack', async () => {
    const link = new RawLink(trial.path)
    link.command('GetStatus', undefined, { requestId: 'early' })
    link.write(command('NoSuchCommand'))
    expect((await link.reply('early')).ok).toBe(true)
    expect(link.messages[0]?.type).toBe('Ack')
    await link[Symbol.asyncDispose]()
  })

  it('may come one byte at a time', async () => {
    await using link = await RawLink.open(trial.path)
    link.socket.setNoDelay(true)
    await trial.attack('a frame one byte at a time', async () => {
      const bytes = Buffer.from(command('GetTask', 'é𝄞'.repeat(20), { requestId: 'slow' }))
      for (const byte of bytes) await new Promise((sent) => link.socket.write(Uint8Array.of(byte), sent))
      expect((await link.reply('slow')).error?.code).toBe('unknown_task')
    })
  })

  it('of delimiters alone is nothing', async () => {
    await using link = await RawLink.open(trial.path)
    await trial.attack('1 MB of delimiters', async () => {
      link.write(Buffer.alloc(1_000_000, 0x0c))
      expect((await link.request('GetModes')).ok).toBe(true)
    })
    expect(link.isClosed).toBe(false)
    expect(trial.logged('frame refused').filter(({ clientId }) => clientId === link.clientId)).toEqual([])
  })

  it('without a delimiter is closed at the limit of one frame', async () => {
    await using link = await RawLink.open(trial.path)
    await trial.attack('200 MB without a delimiter', async () => {
      const piece = Buffer.alloc(1_000_000, 0x20)
      piece[0] = 0x7b
      for (let sent = 0; sent < 200 && !link.isClosed; sent++) {
        await new Promise((resolve) => link.socket.write(piece, resolve))
      }
      await link.closed()
    })
    expect(trial.logged('frame refused').find(({ clientId }) => clientId === link.clientId)?.code).toBe(
      'frame_too_large',
    )
  })

  it('that ends half way is let go', async () => {
    await trial.attack('200 half-closed sockets', async () => {
      for (let round = 0; round < 4; round++)
        await Promise.all(Array.from({ length: 50 }, (_, n) => halfClosed(n)))
      await vi.waitFor(async () => {
        const { result } = await trial.old.request('GetStatus')
        expect(result).toMatchObject({ connections: 1 })
      }, patience)
    })
  })
})

/** Sends, ends its half, and keeps the other one open: the daemon answers, then closes. */
async function halfClosed(n: number): Promise<void> {
  const socket = await trial.mute()
  const sent = ['', command('GetModes'), '{"type":"mess', '\f\f', 'nonsense\f'][n % 5] ?? ''
  socket.end(sent)
  let received = ''
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text
  })
  socket.resume()
  await closed
  expect(received).toContain('"Ack"')
  expect(received.includes('modesResponse')).toBe(n % 5 === 1)
}

describe('many links', () => {
  it('that are idle do not keep others out', async () => {
    await trial.attack('150 idle links', async () => {
      await Promise.all(Array.from({ length: 150 }, async () => trial.mute()))
      await trial.expectAlive()
    })
  })

  it('that come and go in a storm leave nothing', async () => {
    await trial.attack('2,000 connects and disconnects', async () => {
      for (let round = 0; round < 40; round++)
        await Promise.all(Array.from({ length: 50 }, (_, n) => visit(n)))
      await vi.waitFor(async () => {
        const { result } = await trial.old.request('GetStatus')
        expect(result).toMatchObject({ connections: 1 })
      }, patience)
    })
  })

  it('share one budget of unfinished frames', async () => {
    await trial.attack('60 links with 2 MB unfinished each', async () => {
      const links = await Promise.all(Array.from({ length: 60 }, async () => trial.mute()))
      const piece = Buffer.alloc(2_000_000, 0x7b)
      await Promise.all(links.map((link) => new Promise((resolve) => link.write(piece, resolve))))
      await vi.waitFor(() => {
        expect(
          trial.logged('frame refused').filter(({ code }) => code === 'limit_exceeded').length,
        ).toBeGreaterThan(10)
      }, patience)
      await trial.expectAlive()
    })
  })
})

async function visit(n: number): Promise<void> {
  const socket = await trial.mute()
  if (n % 3 === 1) socket.write('{"type":"message","da')
  if (n % 3 === 2) socket.write(command('GetStatus', undefined, { requestId: 'gone' }))
  socket.destroy()
}

describe('a daemon', () => {
  it('keeps its socket from a second one', async () => {
    await using second = new DaemonProcess({ place: trial.daemon.place })
    expect(await second.exited).toBe(75)
    await trial.expectAlive()
  })

  it('that was killed is replaced by the next one', async () => {
    await using first = await Trial.begin()
    expect(await first.daemon.kill()).toBe('SIGKILL')
    await first.old.closed()
    await using second = new DaemonProcess({ place: first.daemon.place })
    await second.serving()
    await using link = await RawLink.open(second.socketPath)
    expect((await link.request('GetStatus')).ok).toBe(true)
  })
})
