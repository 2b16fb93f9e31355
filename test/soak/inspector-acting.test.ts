/** Acting from the page in a real browser: messages, cancels, answers. Without a browser these tests are skipped. */
import { describe, expect, test, vi } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { browserPath, keepScreenshot } from '../inspector/browser.ts'
import { inspectedDaemon, show } from './inspected-daemon.ts'

describe.skipIf(browserPath === undefined)(
  'the page in a browser (skipped where no Chromium is installed)',
  () => {
    const at = inspectedDaemon()

    test('a page with the right to act sends, cancels and resumes through the broker; one without has no buttons', async () => {
      const { taskId } = await at.client.startTask({
        text: 'act',
        configuration: { callboard: { command: ['cat'], stdin: 'open' } },
      })
      await using visited = await at.visit(at.url, 'light')
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
      await vi.waitFor(async () => expect((await at.client.getTask(taskId)).state).toBe('aborted'), 10_000)
      await page.getByRole('button', { name: 'Resume' }).click()
      await vi.waitFor(async () => expect((await at.client.getTask(taskId)).state).toBe('running'), 10_000)
      await using onlooker = await at.visit(await at.address(false), 'light')
      await show(onlooker.page, `Tasks/${taskId}`)
      await onlooker.page.locator('.detail').waitFor()
      expect(await onlooker.page.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
    })

    test('what a task asks is answered from a page with the right to act; one without shows it and has no buttons', async () => {
      const script = `echo '{"text": "Deploy to production?", "options": ["yes", "no"]}' >&"$CALLBOARD_ASK_FD"
read -r answer <&"$CALLBOARD_ASK_FD"
echo "the answer was $answer"`
      const { taskId } = await at.client.startTask({
        text: 'deploy',
        configuration: { callboard: { command: ['sh', '-c', script] } },
      })
      await using onlooker = await at.visit(await at.address(false), 'light')
      await show(onlooker.page, `Tasks/${taskId}`)
      const question = onlooker.page.getByRole('region', { name: 'Question' })
      await question.getByText('Deploy to production?').waitFor()
      await question.getByText('This page may only look.').waitFor()
      expect(await question.getByRole('button').count()).toBe(0)
      await using visited = await at.visit(at.url, 'light')
      const { page, faults } = visited
      await show(page, `Tasks/${taskId}`)
      await keepScreenshot(page, 'light-ask')
      await page.getByRole('region', { name: 'Question' }).getByRole('button', { name: 'yes' }).click()
      await page.locator('.timeline li', { hasText: 'the answer was' }).first().waitFor()
      await vi.waitFor(async () => expect((await at.client.getTask(taskId)).state).toBe('completed'), 10_000)
      await question.waitFor({ state: 'detached' })
      expect(await page.locator('.timeline li', { hasText: 'askResolved' }).textContent()).toContain(
        'inspector',
      )
      expect(faults).toEqual([])
    })

    test('a connection is closed from the page', async () => {
      await using other = new CallboardClient({
        socketPath: at.daemon.socketPath,
        name: 'to-be-closed',
        attemptsMax: 1,
      })
      const { clientId } = await other.connect()
      await using visited = await at.visit(at.url, 'light')
      await show(visited.page, 'Connections')
      await visited.page.locator('tr', { hasText: clientId }).getByRole('button', { name: 'Close' }).click()
      await vi.waitFor(async () => {
        const clients = await at.client.listClients()
        expect(clients.map((one) => one.clientId)).not.toContain(clientId)
      }, 10_000)
    })
  },
)
