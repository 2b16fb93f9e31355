/** Sockets of the page's server: how many, and how long a request may take. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { inspectorLimits } from '../../src/inspector/limits.ts'
import type { InspectorLimits } from '../../src/inspector/limits.ts'
import { PageServer } from '../../src/inspector/page-server.ts'

const opened: Disposable[] = []
afterEach(() => {
  for (const one of opened.splice(0)) one[Symbol.dispose]()
})

async function served(limits: Partial<InspectorLimits>): Promise<() => Socket> {
  const server = new PageServer({
    limits: { ...inspectorLimits, ...limits },
    failed: () => undefined,
    assets: new Map(),
    answer: () => undefined,
  })
  await server.listen()
  opened.push(server)
  return () => {
    const socket = connect(Number(new URL(server.url('view')).port), '127.0.0.1').setEncoding('utf8')
    opened.push({ [Symbol.dispose]: () => socket.destroy() })
    return socket
  }
}

/** What comes for a request; empty where the socket is closed without a word. */
async function answered(socket: Socket, request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'): Promise<string> {
  socket.on('error', () => undefined).write(request)
  const [data] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [''])])
  return String(data).split('\r\n')[0] ?? ''
}

// bound: socketsMax
test('as many sockets are served as may be, and one more is closed at once', async () => {
  const open = await served({ socketsMax: 2 })
  expect([await answered(open()), await answered(open())]).toEqual(
    Array.from({ length: 2 }, () => expect.stringContaining('HTTP/1.1 ')),
  )
  expect(await answered(open())).toBe('')
})

// bound: bodyDeadlineMs
test('a request that does not end in its time is told so, one that does is served', async () => {
  const open = await served({ bodyDeadlineMs: 200 })
  const begun = performance.now()
  expect(await answered(open(), 'POST /api/status HTTP/1.1\r\nHost: x\r\n')).toBe(
    'HTTP/1.1 408 Request Timeout',
  )
  expect(performance.now() - begun).toBeGreaterThanOrEqual(200)
  expect(await answered(open())).toMatch(/^HTTP\/1\.1 (?!408)/)
})
