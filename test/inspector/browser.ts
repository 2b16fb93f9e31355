/** A headless Chromium for tests, of a profile of its own, that may speak to 127.0.0.1 alone. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The installed browser's path; undefined where there is none. */
export const browserPath = [process.env['CHROMIUM'] ?? '', ...places].find(
  (path) => path !== '' && existsSync(path),
)

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath ?? '', args: quiet })
}

export interface Visit extends AsyncDisposable {
  readonly page: Page
  /** Errors of the console and of the page, and requests that would leave 127.0.0.1. */
  readonly faults: string[]
}

/** A page of 1280×800 in a context of its own. */
export async function visit(browser: Browser, url: string, colours: 'light' | 'dark'): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, colorScheme: colours })
  const faults: string[] = []
  await context.route('**/*', (route) => {
    const { hostname, protocol } = new URL(route.request().url())
    if (hostname === '127.0.0.1' || protocol === 'blob:') return route.continue()
    faults.push(`request to ${route.request().url()}`)
    return route.abort()
  })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`page: ${error.message}`))
  await page.goto(url)
  return { page, faults, [Symbol.asyncDispose]: () => context.close() }
}

/** Screenshots for people to look at, where CALLBOARD_SCREENSHOTS names a directory. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const directory = process.env['CALLBOARD_SCREENSHOTS']
  if (directory === undefined || directory === '') return
  mkdirSync(directory, { recursive: true })
  await page.screenshot({ path: join(directory, `${name}.png`) })
}
