/**
 * Who may speak to the page's server: only a page of its own origin that knows the token. A name that leads to 127.0.0.1
 * (DNS rebinding), another site's script, form or frame, and another program of the machine that lacks the token are
 * refused. Pure: a request's head goes in, a status comes out.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface Tokens {
  /** May look. */
  readonly view: string
  /** May act too. */
  readonly control: string
}

export interface Head {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

export type Verdict =
  | { readonly ok: true; readonly right: 'none' | 'view' | 'control' }
  | { readonly ok: false; readonly status: 401 | 403 | 405 | 415 | 421; readonly why: string }

/** `authority`: what a browser sends as Host, `127.0.0.1:PORT`. */
export function judge({ method, path, headers }: Head, authority: string, tokens: Tokens): Verdict {
  if (headers.host !== authority) return no(421, 'This server is reached by its own address alone.')
  if (headers.origin !== undefined && headers.origin !== `http://${authority}`)
    return no(403, 'Another site may not ask here.')
  const api = path.startsWith('/api/')
  if (!fetchSiteAllowed(headers, api)) return no(403, 'Another site may not ask here.')
  if (!api) {
    if (method === 'GET' || method === 'HEAD') return { ok: true, right: 'none' }
    return no(405, 'The page is only read.')
  }
  const right = rightOf(headers.authorization, tokens)
  if (right === undefined) return no(401, 'The token is missing or not this daemon’s: open the page again.')
  if (method === 'GET') return { ok: true, right }
  if (method !== 'POST') return no(405, 'GET and POST are known.')
  if (right !== 'control')
    return no(403, 'This page may only look: callboard inspect --control opens one that acts.')
  // Not what a form can send.
  if (headers['content-type'] !== 'application/json') return no(415, 'Send application/json.')
  return { ok: true, right }
}

function no(status: 401 | 403 | 405 | 415 | 421, why: string): Verdict {
  return { ok: false, status, why }
}

/** A browser says where a request comes from. A person may come to the page itself from anywhere, a script may not. */
function fetchSiteAllowed(headers: IncomingHttpHeaders, api: boolean): boolean {
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin') return true
  if (api) return false
  if (site === 'none') return true
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}

function rightOf(authorization: string | undefined, tokens: Tokens): 'view' | 'control' | undefined {
  const given = /^Bearer ([\w-]{1,200})$/.exec(authorization ?? '')?.[1]
  if (given === undefined) return undefined
  // Both are compared, always, and by digests of one length: the time says nothing.
  const [view, control] = [isSame(given, tokens.view), isSame(given, tokens.control)]
  if (control) return 'control'
  return view ? 'view' : undefined
}

function isSame(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
