/** A daemon with tasks and its page in a real browser, made once for a test file; and what is looked for on a page. */
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { startDaemonProcess } from '../daemon/daemon-process.ts'
import type { DaemonProcess } from '../daemon/daemon-process.ts'
import { launchBrowser, visit } from '../inspector/browser.ts'
import type { Visit } from '../inspector/browser.ts'

const root = resolve(import.meta.dirname, '../..')

/** The name of the daemon's first client, and the text of its first task. */
export const hostile = '<img src=x onerror=alert(1)>\u{1b}[31mred\u{202e}evil'

export interface InspectedDaemon {
  readonly daemon: DaemonProcess
  readonly client: CallboardClient
  /** The id of a task that runs. */
  readonly task: string
  /** The address of the page with the right to act. */
  readonly url: string
  /** Another address of the page. */
  address(control: boolean): Promise<string>
  visit(url: string, colours: 'light' | 'dark'): Promise<Visit>
}

/** To be called once in the describe of a test file: it lives as long as those tests. */
export function inspectedDaemon(): InspectedDaemon {
  let browser: Browser
  let daemon: DaemonProcess
  let client: CallboardClient
  let task = ''
  let url = ''

  async function address(control: boolean): Promise<string> {
    const answer = await client.request({ commandName: 'OpenInspector', data: { control } })
    return (answer as { url: string }).url
  }

  beforeAll(async () => {
    buildPage()
    ;[browser, daemon] = await Promise.all([launchBrowser(), startDaemonProcess()])
    client = new CallboardClient({ socketPath: daemon.socketPath, name: hostile, version: '1' })
    await client.connect()
    url = await address(true)
    const command = ['cat']
    const started = await client.startTask({
      text: hostile,
      configuration: { callboard: { command, stdin: 'open' } },
    })
    task = started.taskId
    await client.startTask({ text: 'quick', configuration: { callboard: { command: ['true'] } } })
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await client?.close()
    await daemon?.[Symbol.asyncDispose]()
  })

  return {
    get daemon() {
      return daemon
    },
    get client() {
      return client
    },
    get task() {
      return task
    },
    get url() {
      return url
    },
    address,
    visit: async (at, colours) => await visit(browser, at, colours),
  }
}

function buildPage(): void {
  const built = spawnSync(join(root, 'node_modules/.bin/vite'), ['build', '--logLevel', 'error'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(built.stderr).toBe('')
}

export async function show(page: Page, view: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(view)}`)
  await page.locator(`#view-${view.split('/')[0] ?? ''}`).waitFor()
}

export async function serious(page: Page): Promise<string[]> {
  // Its text, not its address: the page's own policy lets no other script in, and needs not be lowered for this.
  const result = await page.evaluate(`${axe.source};axe.run({ resultTypes: ['violations'] })`)
  const { violations } = result as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[]
  }
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
}

/** In the browser. Lines of one text stand line below line: their boxes are taller than their letters. */
const lookForMisplaced = `(() => {
  const boxes = [...document.querySelectorAll('.chart [data-label]')].map((label) => ({
    text: label.textContent,
    rect: label.getBoundingClientRect(),
  }))
  const found = boxes.length === 0 ? ['no labels'] : []
  for (const [index, a] of boxes.entries()) {
    for (const b of boxes.slice(index + 1)) {
      const across = Math.min(a.rect.right, b.rect.right) - Math.max(a.rect.left, b.rect.left)
      const down = Math.min(a.rect.bottom, b.rect.bottom) - Math.max(a.rect.top, b.rect.top)
      if (across > 0.5 && down > 4) found.push(a.text + ' on ' + b.text)
    }
  }
  const stage = document.querySelector('.stage').getBoundingClientRect()
  for (const one of document.querySelectorAll('.chart [data-label], .chart .frame, .chart .edge')) {
    const { left, right, top, bottom } = one.getBoundingClientRect()
    if (left < stage.left || right > stage.right || top < stage.top || bottom > stage.bottom)
      found.push('outside: ' + (one.textContent || one.getAttribute('class')))
  }
  return found
})()`

/** Pairs of labels that touch, and what leaves the window. */
export async function misplaced(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(lookForMisplaced)
}
