import { expect, test } from 'vitest'
import { inspectorLimits } from '../../src/inspector/limits.ts'
import { redactedJson } from '../../src/inspector/redacted.ts'

test('what stands under the name of a secret is taken out, wherever it stands', () => {
  const value = {
    apiKey: 'sk-1',
    nested: [{ Authorization: 'Bearer x', session_id: 's', ok: 1 }],
    configuration: { any: 'thing' },
    env: { PATH: '/bin' },
    password: null,
    plain: 'text',
  }
  const json = redactedJson(value, 10_000)
  for (const secret of ['sk-1', 'Bearer', '/bin', 'thing']) expect(json).not.toContain(secret)
  expect(JSON.parse(json)).toMatchObject({ plain: 'text', nested: [{ ok: 1 }] })
})

test('it never throws: cycles, functions, actors, getters that throw, huge texts', () => {
  const cycle: Record<string, unknown> = { big: 10n, run: () => 1, symbol: Symbol('s') }
  cycle['self'] = cycle
  expect(redactedJson(cycle, 5_000)).toContain('[bigint]')
  expect(redactedJson({ sessionId: 'x', getSnapshot: () => 1 }, 100)).toBe('"[actor]"')
  const hostile = Object.defineProperty({}, 'bad', {
    enumerable: true,
    get: () => {
      throw new Error('no')
    },
  })
  expect(redactedJson(hostile, 100)).toBe('"[unreadable]"')
  expect(redactedJson({ text: 'x'.repeat(1_000_000) }, 2_000).length).toBeLessThanOrEqual(2_001)
  expect(
    redactedJson(
      Array.from({ length: 1_000_000 }, () => 1),
      5_000,
    ),
  ).toContain('more')
})

// bound: shownTextCharsMax, shownChildrenMax, shownDepthMax
test('texts, lists and nesting are shown up to their bounds, and what is past them is said', () => {
  const { shownTextCharsMax, shownChildrenMax, shownDepthMax } = inspectorLimits
  const shown = (value: unknown): unknown => JSON.parse(redactedJson(value, 1e6))
  const text = 'x'.repeat(shownTextCharsMax)
  expect([shown(text), shown(`${text}x`)]).toEqual([text, `${text}… (${text.length + 1} characters)`])
  const ones = Array.from({ length: shownChildrenMax }, () => 1)
  expect([shown(ones), shown([...ones, 1])]).toEqual([ones, [...ones, '[… 1 more]']])
  const nested = (levels: number): unknown => (levels === 0 ? 'end' : { in: nested(levels - 1) })
  expect(redactedJson(nested(shownDepthMax), 1e6)).toContain('"end"')
  expect(redactedJson(nested(shownDepthMax + 1), 1e6)).toContain('"[…]"')
})
