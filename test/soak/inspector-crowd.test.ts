/** The page with much to show, in a real browser: a crowd of connections, a timeline of many pages, a link that is behind. */
import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createActor } from 'xstate'
import { connectionMachine } from '../../machines/connection.ts'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { Inspector } from '../../src/inspector/inspector.ts'
import { inspectorLimits } from '../../src/inspector/limits.ts'
import type { Sight } from '../../src/inspector/sight.ts'
import { Tally } from '../../src/inspector/tally.ts'
import { startDaemonProcess } from '../daemon/daemon-process.ts'
import { browserPath, keepScreenshot, launchBrowser, visit } from '../inspector/browser.ts'

const root = resolve(import.meta.dirname, '../..')

describe.skipIf(browserPath === undefined)(
  'the page with much to show (skipped where no Chromium is installed)',
  () => {
    let browser: Browser
    beforeAll(async () => {
      const vite = join(root, 'node_modules/.bin/vite')
      const built = spawnSync(vite, ['build', '--logLevel', 'error'], { cwd: root, encoding: 'utf8' })
      expect(built.stderr).toBe('')
      browser = await launchBrowser()
    }, 60_000)
    afterAll(() => browser?.close())

    test('ten thousand connections are one picture, on two pages at once', async () => {
      const machine = connectionMachine.provide({})
      const tally = new Tally()
      tally.count(machine)
      const sight = {
        identity: { version: '1', pid: 1, epoch: 'e.1', startedAt: Date.now() },
        tally,
        now: () => Date.now(),
        head: () => 0,
        meters: () => ({ head: 0, deliveries: 0, heapUsedBytes: 1, tasks: {}, connections: 10_000 }),
        events: () => [],
      } as unknown as Sight
      using inspector = new Inspector({
        sight,
        limits: inspectorLimits,
        failed: (error) => expect(error).toBeUndefined(),
        noted: () => undefined,
      })
      const actors = Array.from({ length: 10_000 }, (_, index) => {
        const input = { id: `c${index}`, ackTimeoutMs: 1, drainTimeoutMs: 1 }
        const clock = { setTimeout: () => 0, clearTimeout: () => undefined }
        const actor = createActor(machine, { clock, input }).start()
        actor.send({ type: 'admission.granted' })
        actor.send({ type: 'ack.flushed' })
        return actor
      })
      for (const actor of actors.slice(0, 1_200)) actor.send({ type: 'lag.rose' })
      const url = await inspector.open({ control: false })
      await using light = await visit(browser, url, 'light')
      await using dark = await visit(browser, url, 'dark')
      for (const { page } of [light, dark]) {
        await page.evaluate(`location.hash = 'Machines/callboard/connection'`)
        await page.getByRole('button', { name: 'flowing: 8800' }).waitFor()
        await page.getByRole('button', { name: 'congested: 1200' }).waitFor()
      }
      for (const actor of actors.slice(0, 1_200)) actor.send({ type: 'lag.fell' })
      for (const { page, faults } of [light, dark]) {
        await page.getByRole('button', { name: 'flowing: 10000' }).waitFor()
        expect(faults).toEqual([])
      }
      await keepScreenshot(light.page, 'light-crowd')
      await dark.page.locator('.card .title', { hasText: 'flowing' }).click()
      const listed = dark.page.getByRole('complementary', { name: 'Actors in connection.ready.flowing' })
      await listed.getByRole('link').first().waitFor()
      expect(await listed.getByRole('link').count()).toBeLessThanOrEqual(500)
    }, 60_000)

    test('the list of tasks says who holds one, and which place in the queue the others have', async () => {
      await using daemon = await startDaemonProcess({ config: { limits: { runningTasks: 1 } } })
      await using client = new CallboardClient({ socketPath: daemon.socketPath, name: 'editor' })
      const tasks: string[] = []
      for (const text of ['runs', 'waits first', 'waits second', 'goes first']) {
        const priority = text === 'goes first' ? 5 : 0
        const configuration = { callboard: { command: ['cat'], stdin: 'open', priority } }
        tasks.push((await client.startTask({ text, configuration })).taskId)
      }
      const [running = '', , second = ''] = tasks
      await client.claimTask(running)
      const answer = (await client.request({ commandName: 'OpenInspector', data: {} })) as { url: string }
      for (const colours of ['light', 'dark'] as const) {
        await using visited = await visit(browser, answer.url, colours)
        const { page, faults } = visited
        await page.evaluate(`location.hash = 'Tasks/${second}'`)
        const row = (text: string) => page.getByRole('list', { name: 'Tasks' }).getByText(text).locator('..')
        await row('waits second').getByText('#3').waitFor()
        await row('waits first').getByText('#2').waitFor()
        await row('goes first').getByText('#1').waitFor()
        await row('runs').getByText('held').waitFor()
        expect(await row('waits first').getByText('held').count()).toBe(0)
        const about = page.locator('.detail .about')
        await about.getByText('place 3 in the queue').waitFor()
        await keepScreenshot(page, `${colours}-queue`)
        await row('runs').click()
        await about.getByText('held by editor').waitFor()
        await page.getByRole('list', { name: 'Events' }).getByText('leaseChanged').waitFor()
        await keepScreenshot(page, `${colours}-held`)
        expect(faults).toEqual([])
      }
    }, 60_000)

    test('a long timeline is followed at its end and paged to its beginning; a link that is behind says since when', async () => {
      await using daemon = await startDaemonProcess()
      await using client = new CallboardClient({
        socketPath: daemon.socketPath,
        name: 'editor',
        version: '1',
      })
      await client.connect()
      const mute = connect(daemon.socketPath)
      mute.pause()
      const { taskId } = await client.startTask({
        text: 'long',
        configuration: { callboard: { command: ['cat'], stdin: 'open' } },
      })
      const say = (text: string) => client.sendMessage({ taskId, text })
      for (let from = 0; from < 700; from += 50)
        await Promise.all(Array.from({ length: 50 }, (_, index) => say(`line ${from + index + 1};`)))
      const answer = (await client.request({ commandName: 'OpenInspector', data: {} })) as { url: string }
      await using visited = await visit(browser, answer.url, 'light')
      const { page, faults } = visited
      await page.evaluate(`location.hash = 'Tasks/${taskId}'`)
      const pager = page.getByRole('group', { name: 'Pages' })
      await pager.waitFor()
      const events = page.getByRole('list', { name: 'Events' })
      await events.getByText('line 700;').first().waitFor()
      await say('said at last')
      await events.getByText('said at last').first().waitFor()
      await keepScreenshot(page, 'light-timeline')
      const only = page.getByLabel(/Only of these \d+/)
      await only.fill('taskCreated')
      await events.getByText('None on this page; there may be some on others.').waitFor()
      await pager.getByRole('button', { name: 'Oldest' }).click()
      await events.getByText('taskCreated').waitFor()
      expect(await events.getByRole('listitem').count()).toBe(1)
      await only.fill('')
      expect(await events.getByRole('listitem').count()).toBe(500)
      await pager.getByText('1–500 of').waitFor()
      await pager.getByRole('button', { name: 'Newer' }).click()
      await pager.getByText('501–').waitFor()
      await pager.getByRole('button', { name: 'Newest' }).click()
      await events.getByText('said at last').first().waitFor()
      const long = { text: 'x'.repeat(200_000), configuration: { callboard: { command: ['true'] } } }
      await page.evaluate(`location.hash = 'Connections'`)
      for (let count = 0; count < 25; count++) await client.startTask(long)
      const behind = page.locator('tr', { hasText: 'congested for' })
      await behind.waitFor()
      await page.locator('tr', { hasText: 'editor' }).getByText('/s').first().waitFor()
      await keepScreenshot(page, 'light-congested')
      mute.destroy()
      await vi.waitFor(async () => expect(await behind.count()).toBe(0), 5_000)
      expect(faults).toEqual([])
    }, 60_000)
  },
)
