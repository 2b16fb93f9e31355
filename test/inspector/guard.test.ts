import { describe, expect, test } from 'vitest'
import { judge } from '../../src/inspector/guard.ts'

const authority = '127.0.0.1:4000'
const tokens = { view: 'view-token', control: 'control-token' }
const api = { host: authority, authorization: 'Bearer view-token' }
const judged = (method: string, path: string, headers: Record<string, string>) => {
  const verdict = judge({ method, path, headers }, authority, tokens)
  return verdict.ok ? verdict.right : verdict.status
}

describe('who may ask the page’s server', () => {
  test('the page itself needs no token and is only read', () => {
    expect(judged('GET', '/', { host: authority })).toBe('none')
    expect(judged('HEAD', '/inspector.js', { host: authority })).toBe('none')
    expect(judged('POST', '/', { host: authority })).toBe(405)
  })

  test.each([
    'localhost:4000',
    'evil.example',
    '127.0.0.1',
    '127.0.0.1:4001',
    '127.0.0.1:4000.evil.example',
    '',
  ])('a name that is not its own is misdirected: %j', (host) => {
    expect(judged('GET', '/', { host })).toBe(421)
    expect(judged('GET', '/api/status', { ...api, host })).toBe(421)
  })

  test('another origin is refused, whatever it knows', () => {
    for (const origin of ['http://evil.example', 'null', 'https://127.0.0.1:4000', 'http://127.0.0.1:4001'])
      expect(judged('GET', '/api/status', { ...api, origin })).toBe(403)
    expect(judged('GET', '/api/status', { ...api, origin: `http://${authority}` })).toBe('view')
  })

  test('a browser that says the request comes from another site is believed', () => {
    for (const site of ['cross-site', 'same-site', 'none'])
      expect(judged('GET', '/api/status', { ...api, 'sec-fetch-site': site })).toBe(403)
    expect(judged('GET', '/api/status', { ...api, 'sec-fetch-site': 'same-origin' })).toBe('view')
  })

  test('a person may come to the page from anywhere, a frame or a script may not', () => {
    const from = (mode: string, dest: string) => ({
      host: authority,
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': mode,
      'sec-fetch-dest': dest,
    })
    expect(judged('GET', '/', from('navigate', 'document'))).toBe('none')
    expect(judged('GET', '/', from('navigate', 'iframe'))).toBe(403)
    expect(judged('GET', '/inspector.js', from('no-cors', 'script'))).toBe(403)
  })

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    'bearer view-token',
    'Basic view-token',
    'Bearer view-token x',
  ])('without its token it is unauthorized: %j', (authorization) => {
    const headers = authorization === undefined ? { host: authority } : { host: authority, authorization }
    expect(judged('GET', '/api/status', headers)).toBe(401)
  })

  test('the token that may look may not act', () => {
    const json = { ...api, 'content-type': 'application/json' }
    expect(judged('POST', '/api/command', json)).toBe(403)
    expect(judged('POST', '/api/command', { ...json, authorization: 'Bearer control-token' })).toBe('control')
    expect(judged('GET', '/api/status', { ...json, authorization: 'Bearer control-token' })).toBe('control')
  })

  test('what a form could send is no command, and no other method is known', () => {
    const control = { host: authority, authorization: 'Bearer control-token' }
    expect(judged('POST', '/api/command', { ...control, 'content-type': 'text/plain' })).toBe(415)
    for (const method of ['OPTIONS', 'PUT', 'DELETE', 'TRACE'])
      expect(judged(method, '/api/status', control)).toBe(405)
  })
})
