/**
 * The page's way to its server. The token comes in the address's fragment, is taken out of the address at once (so that
 * it is in no history), and lives in this tab alone.
 */

const tokenKey = 'callboard-token'

function takeToken(): string {
  const given = /(?:^#|&)token=([\w-]+)/.exec(location.hash)?.[1]
  if (given !== undefined) {
    sessionStorage.setItem(tokenKey, given)
    history.replaceState(null, '', `${location.pathname}${location.search}`)
  }
  return given ?? sessionStorage.getItem(tokenKey) ?? ''
}

let token = takeToken()
// The same tab may be given another address of this server: its fragment alone loads nothing.
addEventListener('hashchange', () => {
  const earlier = token
  token = takeToken()
  if (token !== earlier) location.reload()
})

export class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${token}`)
  const response = await fetch(path, { ...init, headers, cache: 'no-store', credentials: 'omit' })
  if (response.ok) return response
  const body: unknown = await response.json().catch(() => undefined)
  const why =
    isRecord(body) && typeof body['error'] === 'string' ? body['error'] : `status ${response.status}`
  throw new HttpError(response.status, why)
}

/** A JSON answer. Throws HttpError, or TypeError where nobody answers. */
export async function get(path: string): Promise<Record<string, unknown>> {
  const value: unknown = await (await send(path, {})).json()
  return isRecord(value) ? value : {}
}

export async function post(path: string, body: unknown): Promise<Record<string, unknown>> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const value: unknown = await (await send(path, init)).json()
  return isRecord(value) ? value : {}
}

export interface ServerEvent {
  readonly name: string
  readonly id: string
  readonly data: unknown
}

/** Reads server-sent events until the server ends or `signal` says so. A fetch, since EventSource sends no token. */
export async function follow(
  path: string,
  options: { readonly lastEventId: string | undefined; readonly signal: AbortSignal },
  heard: (event: ServerEvent) => void,
): Promise<void> {
  const headers = options.lastEventId === undefined ? {} : { 'last-event-id': options.lastEventId }
  const { body } = await send(path, { headers, signal: options.signal })
  if (body === null) return
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    rest += read.value
    const events = rest.split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) heard(eventOf(event))
  }
}

function eventOf(text: string): ServerEvent {
  const field = (name: string): string =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? ''
  const data: unknown = JSON.parse(field('data') || 'null')
  return { name: field('event'), id: field('id'), data }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
