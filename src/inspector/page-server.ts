/**
 * The page's server: 127.0.0.1 and a random port, node:http, nothing of anybody else's. Guard first, then a route; what
 * is answered may be neither framed, sniffed, cached nor read by another site.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { loadAssets } from './assets.ts'
import type { Asset } from './assets.ts'
import type { InspectorLimits } from './limits.ts'
import { judge } from './guard.ts'
import type { Tokens } from './guard.ts'

export interface ApiRequest {
  readonly path: string
  readonly query: URLSearchParams
  readonly right: 'view' | 'control'
  readonly lastEventId: string | undefined
  /** A POST's JSON. */
  readonly body: unknown
}

/** A JSON answer, or a route that writes by itself. */
export type ApiAnswer =
  | { readonly status: number; readonly json: unknown }
  | { readonly stream: (response: ServerResponse) => void }

export interface PageServerOptions {
  /** Undefined: there is nothing there. */
  answer(request: ApiRequest): Promise<ApiAnswer | undefined> | ApiAnswer | undefined
  failed(error: unknown): void
  readonly limits: Pick<InspectorLimits, 'postBytesMax' | 'socketsMax' | 'bodyDeadlineMs'>
  /** Whether its process lives as long as it does. Default: no. */
  readonly keepsAlive?: boolean
  /** Default: those of the build. */
  readonly assets?: ReadonlyMap<string, Asset>
}

const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

export class PageServer implements Disposable {
  readonly tokens: Tokens = { view: newToken(), control: newToken() }
  readonly #options: PageServerOptions
  readonly #assets: ReadonlyMap<string, Asset>
  readonly #server: Server
  #authority = ''

  constructor(options: PageServerOptions) {
    this.#options = options
    this.#assets = options.assets ?? loadAssets()
    const { socketsMax, bodyDeadlineMs } = options.limits
    this.#server = createServer(
      // Node looks for late requests every 30 s where it is not told.
      {
        requestTimeout: bodyDeadlineMs,
        connectionsCheckingInterval: bodyDeadlineMs / 10,
        maxHeaderSize: 16 * 1024,
      },
      (request, response) => {
        this.#serve(request, response).catch((error: unknown) => {
          options.failed(error)
          if (!response.headersSent) send(response, 500, { error: 'The page’s server failed on this.' })
          response.end()
        })
      },
    )
    this.#server.maxConnections = socketsMax
  }

  /** Resolves when it listens. */
  listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    this.#server.once('error', reject)
    this.#server.listen({ host: '127.0.0.1', port: 0 }, () => {
      this.#server.off('error', reject)
      this.#server.on('error', (error) => this.#options.failed(error))
      const address = this.#server.address()
      this.#authority = typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : ''
      resolve(undefined)
    })
    if (this.#options.keepsAlive !== true) this.#server.unref()
    return promise
  }

  /** The page's address; its token is in the fragment, which no browser sends. */
  url(right: 'view' | 'control'): string {
    return `http://${this.#authority}/#token=${this.tokens[right]}`
  }

  [Symbol.dispose](): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? ''
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
    const verdict = judge({ method, path, headers: request.headers }, this.#authority, this.tokens)
    if (!verdict.ok) {
      request.resume()
      return send(response, verdict.status, { error: verdict.why })
    }
    if (verdict.right === 'none') return this.#asset(response, path, method)
    const body = method === 'POST' ? await this.#body(request) : undefined
    if (body === null) return send(response, 413, { error: 'A command is smaller than this.' })
    const parsed = body === undefined ? { ok: true as const, value: undefined } : parseJson(body)
    if (!parsed.ok) return send(response, 400, { error: 'This is no JSON.' })
    const lastEventId = request.headers['last-event-id']
    const answer = await this.#options.answer({
      path,
      query: new URLSearchParams(query),
      right: verdict.right,
      lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
      body: parsed.value,
    })
    if (answer === undefined) return send(response, 404, { error: 'There is nothing here.' })
    if ('stream' in answer) {
      beginStream(response)
      return answer.stream(response)
    }
    send(response, answer.status, answer.json)
  }

  #asset(response: ServerResponse, path: string, method: string): void {
    const asset = this.#assets.get(path)
    if (asset === undefined) {
      const why =
        this.#assets.size === 0 ? 'The page has not been built: npm run build.' : 'There is nothing here.'
      return send(response, this.#assets.size === 0 ? 503 : 404, { error: why })
    }
    response.writeHead(200, { ...headers, 'content-type': asset.type, 'content-length': asset.body.length })
    response.end(method === 'HEAD' ? undefined : asset.body)
  }

  /** Null where it is too long. */
  async #body(request: IncomingMessage): Promise<string | null> {
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of request) {
      if (!Buffer.isBuffer(chunk)) continue
      bytes += chunk.length
      if (bytes > this.#options.limits.postBytesMax) return null
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  }
}

function send(response: ServerResponse, status: number, json: unknown): void {
  const body = JSON.stringify(json)
  response.writeHead(status, {
    ...headers,
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(status === 405 ? { allow: 'GET, HEAD, POST' } : {}),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** The head of an answer that goes on: events as they come. */
function beginStream(response: ServerResponse): void {
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' })
  response.flushHeaders()
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    const value: unknown = JSON.parse(text)
    return { ok: true, value }
  } catch {
    return { ok: false }
  }
}

function newToken(): string {
  return randomBytes(32).toString('base64url')
}
