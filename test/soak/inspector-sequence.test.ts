/** Who said what to whom, in a real browser: at its end. Without a browser these tests are skipped. */
import type { Page } from 'playwright-core'
import { describe, expect, test, vi } from 'vitest'
import { browserPath, keepScreenshot } from '../inspector/browser.ts'
import { inspectedDaemon, show } from './inspected-daemon.ts'

/** In the browser: how far the first text that is seen below the parties, and the last, stand inside the list. */
const margins = `(() => {
  const list = document.querySelector('.sequence .scroll').getBoundingClientRect()
  const parties = document.querySelector('.lanes.parties').getBoundingClientRect()
  const labels = [...document.querySelectorAll('.said .label')].map((one) => one.getBoundingClientRect())
  const first = labels.find(({ bottom }) => bottom > parties.bottom)
  return { hidden: labels.indexOf(first), above: first.top - parties.bottom, below: list.bottom - labels.at(-1).bottom }
})()`

/** In the browser: goes up some rows, in the frame of a change before it, and waits until that has been heard. */
const goUp = (before: string): string => `new Promise((heard) => {
  const box = document.querySelector('.sequence .scroll')
  ${before}
  box.scrollTop -= 120
  requestAnimationFrame(() => requestAnimationFrame(heard))
})`

interface Margins {
  readonly hidden: number
  readonly above: number
  readonly below: number
}

const marginsOf = async (page: Page): Promise<Margins> => await page.evaluate<Margins>(margins)

describe.skipIf(browserPath === undefined)(
  'the sequence in a browser (skipped where no Chromium is installed)',
  () => {
    const at = inspectedDaemon()

    test.each(['light', 'dark'] as const)(
      'at its end the first row below the parties is a whole one, in %s colours',
      async (colours) => {
        await using visited = await at.visit(at.url, colours)
        const { page, faults } = visited
        await show(page, 'Sequence')
        await page.locator('.link.live').waitFor()
        let said = 0
        for (const [width, height] of [
          [1_280, 800],
          [1_280, 811],
          [1_280, 823],
          [900, 700],
        ] as const) {
          await page.setViewportSize({ width, height })
          for (let times = 0; times < 25; times++) await at.client.getStatus()
          said += 50
          await vi.waitFor(
            async () =>
              expect(await page.locator('.said').count()).toBeGreaterThanOrEqual(Math.min(said, 100)),
            10_000,
          )
          await vi.waitFor(async () => {
            const { hidden, above, below } = await marginsOf(page)
            expect(hidden).toBeGreaterThan(0)
            expect(above).toBeGreaterThanOrEqual(0)
            expect(below).toBeGreaterThan(0)
            expect(below).toBeLessThan(70)
          }, 5_000)
          await keepScreenshot(page, `${colours}-Sequence-${width}x${height}`)
        }
        expect(faults).toEqual([])
      },
    )

    test('its end is left by going up, and not where the browser puts a smaller box higher', async () => {
      await using visited = await at.visit(at.url, 'light')
      const { page } = visited
      await page.setViewportSize({ width: 1_280, height: 800 })
      await show(page, 'Sequence')
      const asked = async (times: number): Promise<void> => {
        for (let time = 0; time < times; time++) await at.client.getStatus()
      }
      const isAtEnd = async (): Promise<boolean> => (await marginsOf(page)).below > 0
      await asked(40)
      await expect.poll(isAtEnd).toBe(true)
      await page.evaluate(goUp('box.parentElement.style.maxHeight = "300px"'))
      await asked(5)
      await expect.poll(isAtEnd).toBe(true)
      await page.evaluate(goUp(''))
      await asked(5)
      await expect.poll(isAtEnd).toBe(false)
    })
  },
)
