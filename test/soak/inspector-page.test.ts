/** The page in a real browser, with a real daemon and real tasks. Without a browser these tests say so and are skipped. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { openRecording } from '../../src/inspector/offline.ts'
import { DaemonPlace, startDaemonProcess } from '../daemon/daemon-process.ts'
import { browserPath, keepScreenshot } from '../inspector/browser.ts'
import { hostile, inspectedDaemon, misplaced, serious, show } from './inspected-daemon.ts'

describe.skipIf(browserPath === undefined)(
  'the page in a browser (skipped where no Chromium is installed)',
  () => {
    const at = inspectedDaemon()

    test.each(['light', 'dark'] as const)(
      'every view is drawn in %s colours, without a fault and reachable',
      async (colours) => {
        await using visited = await at.visit(at.url, colours)
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
        await show(page, `Actor/callboard/task/${at.task}`)
        await page.getByRole('region', { name: 'Context' }).getByText(at.task).waitFor()
        await keepScreenshot(page, `${colours}-large-Actor`)
        await page.setViewportSize({ width: 1_280, height: 800 })
        expect(await serious(page)).toEqual([])
        for (const view of [
          'Overview',
          `Actor/callboard/task/${at.task}`,
          'Sequence',
          `Tasks/${at.task}`,
          'Connections',
        ]) {
          await show(page, view)
          if (view === 'Connections') await page.getByText('node-ipc+roo').first().waitFor()
          if (view.startsWith('Actor'))
            await page.getByRole('region', { name: 'Context' }).getByText(at.task).waitFor()
          expect(await serious(page), view).toEqual([])
          await keepScreenshot(page, `${colours}-${view.split('/')[0] ?? ''}`)
        }
        expect(faults).toEqual([])
      },
    )

    test('one actor is lit where it stands, and its next transition is seen as it is taken', async () => {
      await using visited = await at.visit(at.url, 'light')
      const { page, faults } = visited
      await show(page, `Actor/callboard/task/${at.task}`)
      await page.locator('.card.lit .title', { hasText: 'active' }).waitFor()
      await page.getByRole('region', { name: 'Context' }).getByText(at.task).waitFor()
      await page.getByRole('region', { name: 'What can happen next' }).getByText('run.completed').waitFor()
      const extra = await at.client.startTask({
        text: 'x',
        configuration: { callboard: { command: ['cat'], stdin: 'open' } },
      })
      await show(page, `Actor/callboard/task/${extra.taskId}`)
      await page.locator('.card.lit .title', { hasText: 'active' }).waitFor()
      await at.client.cancelTask(extra.taskId)
      await page.locator('.edge.taken').first().waitFor()
      await page
        .getByRole('region', { name: 'History' })
        .getByText('running.cancelling → settled.aborted')
        .waitFor()
      await page.locator('.ended').waitFor()
      expect(faults).toEqual([])
    })

    test('what others wrote is text and nothing else', async () => {
      await using visited = await at.visit(at.url, 'light')
      const { page, faults } = visited
      await at.client.sendMessage({ taskId: at.task, text: `${hostile} ${'x'.repeat(1_000_000)}` })
      await show(page, `Tasks/${at.task}`)
      await page.locator('.detail h2', { hasText: '<img src=x onerror=alert(1)>' }).waitFor()
      await page.locator('.timeline li', { hasText: 'onerror' }).last().waitFor()
      expect(await page.locator('#page img:not([src="/icon.svg"])').count()).toBe(0)
      const text = await page.locator('#page').textContent()
      for (const character of ['\u{1b}', '\u{202e}']) expect(text).not.toContain(character)
      expect(text?.length).toBeLessThan(300_000)
      expect(faults).toEqual([])
    })

    test('time is gone back, exported, and opened again with no daemon', async () => {
      await using visited = await at.visit(at.url, 'light')
      const { page, faults } = visited
      await show(page, 'Machines/callboard/task')
      await at.client.startTask({ text: 'one more', configuration: { callboard: { command: ['true'] } } })
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
      await using offline = await at.visit(opened.url, 'dark')
      await offline.page.locator('.link.recording').waitFor()
      await show(offline.page, 'Machines/callboard/connection')
      await offline.page.locator('.chart').waitFor()
      await show(offline.page, 'Sequence')
      await offline.page.locator('.lanes .said').first().waitFor()
      await keepScreenshot(offline.page, 'dark-recording')
      expect(offline.faults).toEqual([])
    })

    test('a truncated recording says so and shows what there is; what is none is refused in a sentence', async () => {
      await using visited = await at.visit(at.url, 'light')
      const { page } = visited
      await page.locator('.link.live').waitFor()
      const text = await page.evaluate<string>(`(async () => {
      const headers = { authorization: 'Bearer ' + sessionStorage.getItem('callboard-token') }
      return (await (await fetch('/api/recording', { headers })).json()).text
    })()`)
      const path = join(at.daemon.place.dir, 'cut.jsonl')
      writeFileSync(path, text.slice(0, -200))
      await page.getByLabel('Recording').setInputFiles(path)
      await page.getByRole('alert').filter({ hasText: 'incomplete' }).waitFor()
      writeFileSync(path, '<html>')
      await page.getByLabel('Recording').setInputFiles(path)
      await page.getByRole('alert').filter({ hasText: 'no recording' }).waitFor()
      expect(await page.locator('.timebar.travelling').count()).toBe(1)
    })

    test('everything is reached by keyboard, and a state says who stands in it', async () => {
      await using visited = await at.visit(at.url, 'light')
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
      await using stranger = await at.visit(its.replace(/token=.{6}/, 'token=AAAAAA'), 'light')
      await stranger.page.getByText('This address does not open the page.').waitFor()
      await using visited = await at.visit(its, 'light')
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
      await using outdated = await at.visit(fresh.href, 'light')
      await outdated.page.getByText('A token is good for one start of the daemon.').waitFor()
      await keepScreenshot(outdated.page, 'light-outdated')
      await visited.page.goto(other.url)
      await visited.page.locator('.link.live').waitFor()
    })
  },
)
