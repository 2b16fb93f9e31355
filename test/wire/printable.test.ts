import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { excerptOf, printable, printableName } from '../../src/wire/printable.ts'

test('text that fits stays as it is', () => {
  expect(printable('grüße 漢字 😀')).toBe('grüße 漢字 😀')
  expect(printable('x'.repeat(200), 200)).toBe('x'.repeat(200))
})

// bound: loggedTextCharsMax
test('a peer’s text is whole at the bound of what is logged, and cut one character past it', () => {
  const { loggedTextCharsMax } = limits
  const whole = 'x'.repeat(loggedTextCharsMax)
  expect(printable(whole)).toBe(whole)
  expect(excerptOf(Buffer.from(whole))).toBe(whole)
  const cut = `${'x'.repeat(loggedTextCharsMax - 1)}…`
  expect(printable(`${whole}x`)).toBe(cut)
  expect(excerptOf(Buffer.from(`${whole}x`))).toBe(cut)
})

test('text past the bound ends with an ellipsis within it and never in half a character', () => {
  expect(printable('x'.repeat(201), 200)).toBe(`${'x'.repeat(199)}…`)
  expect(printable('xx😀😀', 4)).toBe('xx…')
  expect(printable('\n'.repeat(500), 200)).toHaveLength(200)
})

test('control, bidirectional and surrogate characters are escaped', () => {
  expect(printable('a\nb\u001b[31m\u202Ec\u2028\uD800')).toBe(
    'a\\u{a}b\\u{1b}[31m\\u{202e}c\\u{2028}\\u{d800}',
  )
})

test('an excerpt looks at the first bytes of a frame only and bears bytes that are not UTF-8', () => {
  const frame = Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(33 << 20, 0xff)])
  const excerpt = excerptOf(frame)
  expect(excerpt.startsWith('{"a":"')).toBe(true)
  expect(excerpt.length).toBeLessThanOrEqual(200)
})

test('an excerpt ends before the configuration of a task, which may hold keys', () => {
  const frame = '{"data":{"configuration":{"apiKey":"sk-secret"},"text":1}}'
  expect(excerptOf(Buffer.from(frame))).toBe('{"data":{…')
  expect(excerptOf(Buffer.from('{"callboard":{"env":{"K":"sk-secret"}}}'))).not.toContain('sk-secret')
})

test("an excerpt ends before a prompt and before a session's secret, however their keys are spelt", () => {
  const excerptOfText = (frame: string): string => excerptOf(Buffer.from(frame))
  expect(excerptOfText('{"commandName":"SendMessage","data":{"text":"a prompt","images":5}}')).toBe(
    '{"commandName":"SendMessage","data":{…',
  )
  expect(excerptOfText('{"resume":{"sessionId":"5b0c","epoch":5}}')).toBe('{"resume":{…')
  expect(excerptOfText(String.raw`{"a":{"config\u0075ration":{"k":"sk-secret"}}}`)).not.toContain('sk-secret')
})

// bound: quotedNameCharsMax
test('a peer’s name is whole at its bound, and cut one character past it', () => {
  const name = 'x'.repeat(limits.quotedNameCharsMax)
  expect([printableName(name), printableName(`${name}x`)]).toEqual([name, `${name.slice(1)}…`])
})
