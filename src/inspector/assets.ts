/**
 * The built page: a few small files, read once. They hold no data and need no token. Run from source, they are those of
 * the last `npm run build`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Asset {
  readonly type: string
  readonly body: Buffer
}

const names = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/inspector.js': ['inspector.js', 'text/javascript; charset=utf-8'],
  '/inspector.css': ['inspector.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
} as const

const places = ['assets/', '../../dist/src/inspector/assets/']

/** By path. Empty where the page has not been built. */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const place = places
    .map((one) => new URL(one, import.meta.url))
    .find((url) => existsSync(new URL('index.html', url)))
  if (place === undefined) return new Map()
  return new Map(
    Object.entries(names).map(([path, [file, type]]) => [
      path,
      { type, body: readFileSync(fileURLToPath(new URL(file, place))) },
    ]),
  )
}
