import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inspectorLimits } from '../../src/inspector/limits.ts'
import { PageServer } from '../../src/inspector/page-server.ts'

const limits = { ...inspectorLimits, postBytesMax: 1_000 }
const asked: string[] = []
const server = new PageServer({
  limits,
  failed: () => undefined,
  assets: new Map([['/', { type: 'text/html; charset=utf-8', body: Buffer.from('<!doctype html>') }]]),
  answer: ({ path, right, body }) => {
    asked.push(path)
    if (path === '/api/broken') throw new Error('broken')
    return path === '/api/status' ? { status: 200, json: { right, body } } : undefined
  },
})
let url = new URL('http://127.0.0.1')

beforeAll(async () => {
  await server.listen()
  url = new URL(server.url('view'))
})
afterAll(() => server[Symbol.dispose]())

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: string
}

function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const sent = request({
    host: '127.0.0.1',
    port: url.port,
    path,
    method: options.method ?? 'GET',
    headers: options.headers ?? {},
  })
  sent.on('response', (response) => {
    let body = ''
    response.setEncoding('utf8').on('data', (text: string) => (body += text))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
  })
  sent.on('error', reject)
  sent.end(options.body)
  return promise
}

const bearer = (right: 'view' | 'control') => ({ authorization: `Bearer ${server.tokens[right]}` })
const json = { 'content-type': 'application/json' }

describe('the page’s server, by raw HTTP', () => {
  test('listens on 127.0.0.1 alone, with tokens of 32 bytes in the fragment', () => {
    expect(url.hostname).toBe('127.0.0.1')
    expect(url.hash).toBe(`#token=${server.tokens.view}`)
    expect(Buffer.from(server.tokens.view, 'base64url')).toHaveLength(32)
    expect(server.tokens.control).not.toBe(server.tokens.view)
  })

  test('gives the page without a token, strictly bound to itself', async () => {
    const { status, headers, body } = await ask('/')
    expect([status, body]).toEqual([200, '<!doctype html>'])
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
    })
    const head = await ask('/', { method: 'HEAD' })
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '15'])
  })

  test('tells no other site anything: no CORS, no preflight', async () => {
    const answers = await Promise.all([
      ask('/api/status', { headers: { ...bearer('view'), origin: 'http://evil.example' } }),
      ask('/api/status', {
        method: 'OPTIONS',
        headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
      }),
      ask('/', { headers: { origin: 'http://evil.example' } }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403])
    for (const { headers } of answers)
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  test('a name that was rebound to 127.0.0.1 is misdirected', async () => {
    const before = asked.length
    const { status } = await ask('/api/status', {
      headers: { ...bearer('control'), host: `evil.example:${url.port}` },
    })
    expect(status).toBe(421)
    expect(asked).toHaveLength(before)
  })

  test('without the token, or with an old one, nothing is answered', async () => {
    const old = { authorization: `Bearer ${Buffer.alloc(32, 7).toString('base64url')}` }
    for (const headers of [{}, old]) {
      const { status, headers: given } = await ask('/api/status', { headers })
      expect([status, given['www-authenticate']]).toEqual([401, 'Bearer'])
    }
    // In the address it is no token: addresses are logged and remembered.
    expect((await ask(`/api/status?token=${server.tokens.view}`)).status).toBe(401)
  })

  test('each token gives its right, and only the one that may act may post', async () => {
    const look = await ask('/api/status', { headers: bearer('view') })
    expect([look.status, look.body]).toEqual([200, '{"right":"view"}'])
    const post = { method: 'POST', body: '{"a":1}' }
    expect((await ask('/api/status', { ...post, headers: { ...bearer('view'), ...json } })).status).toBe(403)
    const act = await ask('/api/status', { ...post, headers: { ...bearer('control'), ...json } })
    expect([act.status, act.body]).toEqual([200, '{"right":"control","body":{"a":1}}'])
  })

  // bound: postBytesMax
  test('a command is taken at its bound and not one byte past it; what is no JSON is said so', async () => {
    const text = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2))
    const post = (body: string) =>
      ask('/api/status', { method: 'POST', headers: { ...bearer('control'), ...json }, body })
    expect((await post(text(limits.postBytesMax))).status).toBe(200)
    expect((await post(text(limits.postBytesMax + 1))).status).toBe(413)
    expect((await post('{')).status).toBe(400)
  })

  test.each([
    '/package.json',
    '/../package.json',
    '/%2e%2e/package.json',
    '//etc/passwd',
    '/assets/../index.html',
  ])('%s leads to no file', async (path) => {
    expect((await ask(path)).status).toBe(404)
  })

  test('what fails is 500, and the next request is served', async () => {
    expect((await ask('/api/broken', { headers: bearer('view') })).status).toBe(500)
    expect((await ask('/api/nothing', { headers: bearer('view') })).status).toBe(404)
    expect((await ask('/')).status).toBe(200)
  })

  test('garbage and absurd heads end their own socket alone', async () => {
    for (const bytes of [
      '\u{0}\u{1}\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      `GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
    ]) {
      const socket = connect(Number(url.port), '127.0.0.1')
      const closed = new Promise<string>((resolve) => {
        let text = ''
        socket.on('data', (chunk) => (text += chunk.toString('latin1')))
        socket.on('error', () => undefined)
        socket.on('close', () => resolve(text))
      })
      socket.end(bytes)
      expect(await closed).not.toContain('200 OK')
    }
    expect((await ask('/')).status).toBe(200)
  })
})
