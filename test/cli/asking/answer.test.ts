import { describe, expect, test } from 'vitest'
import { answerFrom } from '../../../src/cli/asking/answer.ts'
import { formText } from '../../../src/cli/rendering/ask-words.ts'
import type { Ask } from '../../../src/wire/events.ts'

const base = { id: 'a1', task: 't1', text: 'Go on?', askedAt: 0 } as const
const options = [
  { id: 'allow_once', label: 'Allow once', meaning: 'allow' as const },
  { id: 'allow_always', label: 'Always allow', meaning: 'allow' as const },
  { id: 'no', label: 'Do not', meaning: 'deny' as const },
]
const exits = [
  { id: 'decline', label: 'Decline', meaning: 'deny' as const },
  { id: 'cancel', label: 'Cancel', meaning: 'deny' as const },
]
const approval: Ask = { ...base, kind: 'approval', options }
const question: Ask = { ...base, kind: 'question', options }
const form: Ask = {
  ...base,
  kind: 'form',
  fields: [
    { name: 'size', type: 'number', required: true },
    { name: 'fast', type: 'boolean' },
    { name: 'colour', type: 'choice', options: [{ id: 'red', label: 'Dark red' }] },
    { name: 'note', type: 'text' },
  ],
}

describe('an approval', () => {
  test.each([
    ['its id', 'allow_once', 'allow_once'],
    ['its label, however written', 'always ALLOW', 'allow_always'],
    ['its number', '3', 'no'],
    ['a unique beginning of its label', 'alw', 'allow_always'],
    ['a unique beginning of its id', 'n', 'no'],
  ])('takes an option by %s', (_, typed, option) => {
    expect(answerFrom(approval, typed.split(' '))).toEqual({ ok: true, response: { option } })
  })

  test.each(['allow', '4', '0', 'perhaps', ''])('takes no %j, and lists what it takes', (typed) => {
    expect(answerFrom(approval, [typed])).toEqual({
      ok: false,
      why:
        `${JSON.stringify(typed)} is none of its options: ` +
        'allow_once (Allow once), allow_always (Always allow), no (Do not)',
    })
  })

  test('shows nothing that moves the cursor', () => {
    const odd: Ask = { ...approval, options: [{ id: 'x', label: 'a\u001b[2Jb\nc' }] }
    const refused = answerFrom(odd, ['\u001b[31mred'])
    expect(refused).toEqual({ ok: false, why: '"red" is none of its options: x (ab c)' })
  })
})

describe('a question', () => {
  test('takes any text, and an option only where it is meant for sure', () => {
    expect(answerFrom(question, ['do', 'not'])).toEqual({ ok: true, response: { option: 'no' } })
    expect(answerFrom(question, ['2'])).toEqual({ ok: true, response: { option: 'allow_always' } })
    expect(answerFrom(question, ['allow', 'me'])).toEqual({ ok: true, response: { text: 'allow me' } })
    expect(answerFrom({ ...base, kind: 'question' }, ['2'])).toEqual({ ok: true, response: { text: '2' } })
  })

  test('with options that only end it takes a number as text, and an option by its whole name', () => {
    const open: Ask = { ...base, kind: 'question', options: exits }
    expect(answerFrom(open, ['1'])).toEqual({ ok: true, response: { text: '1' } })
    expect(answerFrom(open, ['can'])).toEqual({ ok: true, response: { text: 'can' } })
    expect(answerFrom(open, ['decline'])).toEqual({ ok: true, response: { option: 'decline' } })
  })
})

describe('a form', () => {
  test('takes its fields as name=value, each in its type', () => {
    const typed = answerFrom(form, ['size=-2.5', 'fast=No', 'colour=dark', 'note=a=b'])
    expect(typed).toEqual({
      ok: true,
      response: { values: { size: -2.5, fast: false, colour: 'red', note: 'a=b' } },
    })
    expect(answerFrom(form, ['size=1'])).toEqual({ ok: true, response: { values: { size: 1 } } })
  })

  test.each([
    ['size=big', 'size is a number, and "big" is none'],
    ['size=', 'size is a number, and "" is none'],
    ['fast=maybe', 'fast is yes or no, and "maybe" is neither'],
    ['colour=blue', 'colour is one of red (Dark red)'],
    ['width=1', '"width=1" gives none of its fields as name=value: '],
    ['size', '"size" gives none of its fields as name=value: '],
    ['fast=yes', 'size= is missing: '],
  ])('says what is wrong with %s', (word, why) => {
    expect(answerFrom(form, [word])).toMatchObject({ ok: false, why: expect.stringContaining(why) })
  })

  test('is described as it is typed', () => {
    const fields = 'size=<number> [fast=<boolean>] [colour=<red>] [note=<text>]'
    expect(formText(form)).toBe(fields)
    expect(formText({ ...form, options: exits })).toBe(`${fields}, or decline, cancel`)
  })

  test.each([
    ['decline', 'decline'],
    ['Cancel', 'cancel'],
    ['2', 'cancel'],
  ])('takes an option of its own in place of its fields: %s', (typed, option) => {
    expect(answerFrom({ ...form, options: exits }, [typed])).toEqual({ ok: true, response: { option } })
  })

  test('takes no option that it does not have', () => {
    expect(answerFrom(form, ['decline']).ok).toBe(false)
    expect(answerFrom({ ...form, options: exits }, ['perhaps'])).toEqual({
      ok: false,
      why: expect.stringContaining('or decline, cancel'),
    })
  })
})
