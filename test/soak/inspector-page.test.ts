/** The page in a real browser, with a real daemon and real tasks. Without a browser these tests say so and are skipped. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { openRecording } from '../../src/inspector/offline.ts'
import { DaemonPlace, startDaemonProcess } from '../daemon/daemon-process.ts'
import type { DaemonProcess } from '../daemon/daemon-process.ts'
import { browserPath, keepScreenshot, launchBrowser, visit } from '../inspector/browser.ts'

const root = resolve(import.meta.dirname, '../..')
const hostile = '<img src=x onerror=alert(1)>\u{1b}[31mred\u{202e}evil'

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

describe.skipIf(browserPath === undefined)(
  'the page in a browser (skipped where no Chromium is installed)',
  () => {
    let browser: Browser
    let daemon: DaemonProcess
    let client: CallboardClient
    let task = ''
    let url = ''

    beforeAll(async () => {
      const built = spawnSync(join(root, 'node_modules/.bin/vite'), ['build', '--logLevel', 'error'], {
        cwd: root,
        encoding: 'utf8',
      })
      expect(built.stderr).toBe('')
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

    async function address(control: boolean): Promise<string> {
      const answer = await client.request({ commandName: 'OpenInspector', data: { control } })
      return (answer as { url: string }).url
    }

    const show = async (page: Page, view: string): Promise<void> => {
      await page.evaluate(`location.hash = ${JSON.stringify(view)}`)
      await page.locator(`#view-${view.split('/')[0] ?? ''}`).waitFor()
    }

    const serious = async (page: Page): Promise<string[]> => {
      // Its text, not its address: the page's own policy lets no other script in, and needs not be lowered for this.
      const result = await page.evaluate(`${axe.source};axe.run({ resultTypes: ['violations'] })`)
      const { violations } = result as {
        violations: { id: string; impact: string; nodes: { html: string }[] }[]
      }
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
    }

    /** Pairs of labels that touch, and what leaves the window. */
    const misplaced = (page: Page): Promise<string[]> => page.evaluate<string[]>(lookForMisplaced)

    test.each(['light', 'dark'] as const)(
      'every view is drawn in %s colours, without a fault and reachable',
      async (colours) => {
        await using visited = await visit(browser, url, colours)
        const { page, faults } = visited
        await page.locator('.link.live').waitFor()
        expect(page.url()).not.toContain('token')
        for (const machine of ['connection', 'broker', 'task', 'client']) {
          await show(page, `Machines/callboard/${machine}`)
          await page.locator(`.chart[aria-label^="Statechart of ${machine}:"]`).waitFor()
          expect(await misplaced(page), machine).toEqual([])
          await keepScreenshot(page, `${colours}-machine-${machine}`)
        }
        await page.setViewportSize({ width: 1_920, height: 1_080 })
        for (const machine of ['connection', 'broker', 'task', 'client']) {
          await show(page, `Machines/callboard/${machine}`)
          await page.locator(`.chart[aria-label^="Statechart of ${machine}:"]`).waitFor()
          await vi.waitFor(async () => expect(await misplaced(page), `${machine}, large`).toEqual([]))
          await keepScreenshot(page, `${colours}-large-machine-${machine}`)
        }
        await show(page, `Actor/callboard/task/${task}`)
        await page.getByRole('region', { name: 'Context' }).getByText(task).waitFor()
        await keepScreenshot(page, `${colours}-large-Actor`)
        await page.setViewportSize({ width: 1_280, height: 800 })
        expect(await serious(page)).toEqual([])
        for (const view of [
          'Overview',
          `Actor/callboard/task/${task}`,
          'Sequence',
          `Tasks/${task}`,
          'Connections',
        ]) {
          await show(page, view)
          if (view === 'Connections') await page.getByText('node-ipc+roo').first().waitFor()
          if (view.startsWith('Actor'))
            await page.getByRole('region', { name: 'Context' }).getByText(task).waitFor()
          expect(await serious(page), view).toEqual([])
          await keepScreenshot(page, `${colours}-${view.split('/')[0] ?? ''}`)
        }
        expect(faults).toEqual([])
      },
    )

    test('one actor is lit where it stands, and its next transition is seen as it is taken', async () => {
      await using visited = await visit(browser, url, 'light')
      const { page, faults } = visited
      await show(page, `Actor/callboard/task/${task}`)
      await page.locator('.card.lit .title', { hasText: 'active' }).waitFor()
      await page.getByRole('region', { name: 'Context' }).getByText(task).waitFor()
      await page.getByRole('region', { name: 'What can happen next' }).getByText('run.completed').waitFor()
      const extra = await client.startTask({
        text: 'x',
        configuration: { callboard: { command: ['cat'], stdin: 'open' } },
      })
      await show(page, `Actor/callboard/task/${extra.taskId}`)
      await page.locator('.card.lit .title', { hasText: 'active' }).waitFor()
      await client.cancelTask(extra.taskId)
      await page.locator('.edge.taken').first().waitFor()
      await page
        .getByRole('region', { name: 'History' })
        .getByText('running.cancelling → settled.aborted')
        .waitFor()
      await page.locator('.ended').waitFor()
      expect(faults).toEqual([])
    })

    test('what others wrote is text and nothing else', async () => {
      await using visited = await visit(browser, url, 'light')
      const { page, faults } = visited
      await client.sendMessage({ taskId: task, text: `${hostile} ${'x'.repeat(1_000_000)}` })
      await show(page, `Tasks/${task}`)
      await page.locator('.detail h2', { hasText: '<img src=x onerror=alert(1)>' }).waitFor()
      await page.locator('.timeline li', { hasText: 'onerror' }).last().waitFor()
      expect(await page.locator('#page img:not([src="/icon.svg"])').count()).toBe(0)
      const text = await page.locator('#page').textContent()
      for (const character of ['\u{1b}', '\u{202e}']) expect(text).not.toContain(character)
      expect(text?.length).toBeLessThan(300_000)
      expect(faults).toEqual([])
    })

    test('a page with the right to act sends, cancels and resumes through the broker; one without has no buttons', async () => {
      const { taskId } = await client.startTask({
        text: 'act',
        configuration: { callboard: { command: ['cat'], stdin: 'open' } },
      })
      await using visited = await visit(browser, url, 'light')
      const { page } = visited
      await show(page, `Tasks/${taskId}`)
      await page.getByLabel('Message').fill('said by the page')
      await page.getByRole('button', { name: 'Send' }).click()
      await page.locator('.timeline li', { hasText: 'said by the page' }).first().waitFor()
      expect(await page.locator('.timeline .by', { hasText: 'inspector' }).count()).toBeGreaterThan(0)
      await show(page, `Sequence/${taskId}`)
      const given = page.locator('.said[aria-description="task to runner"]', { hasText: 'send' })
      await given.click()
      await page.getByRole('complementary', { name: 'Frame' }).getByText('said by the page').waitFor()
      await keepScreenshot(page, 'light-send')
      await show(page, `Tasks/${taskId}`)
      await page.getByRole('button', { name: 'Cancel' }).click()
      await vi.waitFor(async () => expect((await client.getTask(taskId)).state).toBe('aborted'), 10_000)
      await page.getByRole('button', { name: 'Resume' }).click()
      await vi.waitFor(async () => expect((await client.getTask(taskId)).state).toBe('running'), 10_000)
      await using onlooker = await visit(browser, await address(false), 'light')
      await show(onlooker.page, `Tasks/${taskId}`)
      await onlooker.page.locator('.detail').waitFor()
      expect(await onlooker.page.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
    })

    test('what a task asks is answered from a page with the right to act; one without shows it and has no buttons', async () => {
      const script = `echo '{"text": "Deploy to production?", "options": ["yes", "no"]}' >&"$CALLBOARD_ASK_FD"
read -r answer <&"$CALLBOARD_ASK_FD"
echo "the answer was $answer"`
      const { taskId } = await client.startTask({
        text: 'deploy',
        configuration: { callboard: { command: ['sh', '-c', script] } },
      })
      await using onlooker = await visit(browser, await address(false), 'light')
      await show(onlooker.page, `Tasks/${taskId}`)
      const question = onlooker.page.getByRole('region', { name: 'Question' })
      await question.getByText('Deploy to production?').waitFor()
      await question.getByText('This page may only look.').waitFor()
      expect(await question.getByRole('button').count()).toBe(0)
      await using visited = await visit(browser, url, 'light')
      const { page, faults } = visited
      await show(page, `Tasks/${taskId}`)
      await keepScreenshot(page, 'light-ask')
      await page.getByRole('region', { name: 'Question' }).getByRole('button', { name: 'yes' }).click()
      await page.locator('.timeline li', { hasText: 'the answer was' }).first().waitFor()
      await vi.waitFor(async () => expect((await client.getTask(taskId)).state).toBe('completed'), 10_000)
      await question.waitFor({ state: 'detached' })
      expect(await page.locator('.timeline li', { hasText: 'askResolved' }).textContent()).toContain(
        'inspector',
      )
      expect(faults).toEqual([])
    })

    test('a connection is closed from the page', async () => {
      await using other = new CallboardClient({
        socketPath: daemon.socketPath,
        name: 'to-be-closed',
        attemptsMax: 1,
      })
      const { clientId } = await other.connect()
      await using visited = await visit(browser, url, 'light')
      await show(visited.page, 'Connections')
      await visited.page.locator('tr', { hasText: clientId }).getByRole('button', { name: 'Close' }).click()
      await vi.waitFor(async () => {
        const clients = await client.listClients()
        expect(clients.map((one) => one.clientId)).not.toContain(clientId)
      }, 10_000)
    })

    test('time is gone back, exported, and opened again with no daemon', async () => {
      await using visited = await visit(browser, url, 'light')
      const { page, faults } = visited
      await show(page, 'Machines/callboard/task')
      await client.startTask({ text: 'one more', configuration: { callboard: { command: ['true'] } } })
      await page.getByRole('button', { name: 'Pause and go back' }).click()
      const slider = page.getByRole('slider', { name: 'Moment' })
      await slider.focus()
      const last = Number(await slider.getAttribute('max'))
      expect(last).toBeGreaterThan(10)
      const before = await page.locator('.timebar output').textContent()
      await page.keyboard.press('Home')
      await vi.waitFor(async () =>
        expect(await page.locator('.timebar output').textContent()).not.toBe(before),
      )
      await page.locator('.link.paused').waitFor()
      await keepScreenshot(page, 'light-travel')
      await page.getByRole('button', { name: 'Live' }).click()
      await page.locator('.link.live').waitFor()
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Export' }).click()
      const file = await (await download).path()
      expect(faults).toEqual([])
      const opened = await openRecording(readFileSync(file, 'utf8'))
      if (!opened.ok) throw new Error(opened.why)
      using _served = opened
      await using offline = await visit(browser, opened.url, 'dark')
      await offline.page.locator('.link.recording').waitFor()
      await show(offline.page, 'Machines/callboard/connection')
      await offline.page.locator('.chart').waitFor()
      await show(offline.page, 'Sequence')
      await offline.page.locator('.lanes .said').first().waitFor()
      await keepScreenshot(offline.page, 'dark-recording')
      expect(offline.faults).toEqual([])
    })

    test('a truncated recording says so and shows what there is; what is none is refused in a sentence', async () => {
      await using visited = await visit(browser, url, 'light')
      const { page } = visited
      await page.locator('.link.live').waitFor()
      const text = await page.evaluate<string>(`(async () => {
      const headers = { authorization: 'Bearer ' + sessionStorage.getItem('callboard-token') }
      return (await (await fetch('/api/recording', { headers })).json()).text
    })()`)
      const path = join(daemon.place.dir, 'cut.jsonl')
      writeFileSync(path, text.slice(0, -200))
      await page.getByLabel('Recording').setInputFiles(path)
      await page.getByRole('alert').filter({ hasText: 'incomplete' }).waitFor()
      writeFileSync(path, '<html>')
      await page.getByLabel('Recording').setInputFiles(path)
      await page.getByRole('alert').filter({ hasText: 'no recording' }).waitFor()
      expect(await page.locator('.timebar.travelling').count()).toBe(1)
    })

    test('everything is reached by keyboard, and a state says who stands in it', async () => {
      await using visited = await visit(browser, url, 'light')
      const { page } = visited
      await show(page, 'Machines/callboard/connection')
      await page.locator('.chart').waitFor()
      const reached = new Set<string>()
      for (let press = 0; press < 40; press++) {
        await page.keyboard.press('Tab')
        const name = await page.evaluate<string>(
          `document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''`,
        )
        reached.add(name.replace(/[\d.\s/s]+$/, ''))
        if (name.startsWith('flowing')) break
      }
      expect([...reached]).toEqual(expect.arrayContaining(['Overview', 'Machine', 'Connection']))
      await page.keyboard.press('Enter')
      await page
        .getByRole('complementary', { name: 'Actors in connection.ready.flowing' })
        .getByRole('link')
        .first()
        .waitFor()
    })

    test('an old token is told so; an open page says that the daemon has gone, also when the next one is there', async () => {
      using place = new DaemonPlace()
      const own = await startDaemonProcess({ place })
      await using asker = new CallboardClient({ socketPath: own.socketPath })
      const answer = await asker.request({ commandName: 'OpenInspector', data: {} })
      const its = (answer as { url: string }).url
      await using stranger = await visit(browser, its.replace(/token=.{6}/, 'token=AAAAAA'), 'light')
      await stranger.page.getByText('This address does not open the page.').waitFor()
      await using visited = await visit(browser, its, 'light')
      await visited.page.locator('.link.live').waitFor()
      await asker.close()
      await own[Symbol.asyncDispose]()
      const gone = visited.page.getByRole('alert').filter({ hasText: 'callboard inspect --open' })
      await gone.waitFor()
      await using next = await startDaemonProcess({ place })
      await using again = new CallboardClient({ socketPath: next.socketPath })
      const other = (await again.request({ commandName: 'OpenInspector', data: {} })) as { url: string }
      const [old, fresh] = [new URL(its), new URL(other.url)]
      expect(fresh.hash).not.toBe(old.hash)
      // It asks its own address again every second, and gets no other daemon there.
      await visited.page.waitForEvent('requestfailed')
      expect(await gone.count()).toBe(1)
      expect(await visited.page.locator('.link.no-daemon').count()).toBe(1)
      await keepScreenshot(visited.page, 'light-gone')
      fresh.hash = old.hash
      await using outdated = await visit(browser, fresh.href, 'light')
      await outdated.page.getByText('A token is good for one start of the daemon.').waitFor()
      await keepScreenshot(outdated.page, 'light-outdated')
      await visited.page.goto(other.url)
      await visited.page.locator('.link.live').waitFor()
    })
  },
)
