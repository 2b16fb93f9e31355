import { describe, expect, test } from 'vitest'
import { allowing, answerProblem, askProblem, denying } from '../../src/broker/ask-shape.ts'
import type { Asked } from '../../src/broker/ask-shape.ts'
import { limits } from '../../src/limits.ts'
import type { Ask } from '../../src/wire/events.ts'

const base = { id: 'x', task: 't', text: '?', askedAt: 0 }
const options = [
  { id: 'yes', label: 'Yes', meaning: 'allow' as const },
  { id: 'no', label: 'No', meaning: 'deny' as const },
]
const question: Ask = { ...base, kind: 'question' }
const offering: Ask = { ...base, kind: 'question', options }
const approval: Ask = { ...base, kind: 'approval', options }
const form: Ask = {
  ...base,
  kind: 'form',
  fields: [
    { name: 'name', type: 'text', required: true },
    { name: 'age', type: 'number' },
    { name: 'sure', type: 'boolean' },
    { name: 'color', type: 'choice', options: [{ id: 'red', label: 'Red' }] },
  ],
}

/** A form that need not be filled in. */
const leaving: Ask = { ...form, options }

describe('an answer', () => {
  test.each([
    [question, { text: 'because' }],
    [question, { text: '' }],
    [offering, { text: 'neither' }],
    [offering, { option: 'no' }],
    [approval, { option: 'yes' }],
    [form, { values: { name: 'n' } }],
    [leaving, { values: { name: 'n' } }],
    [leaving, { option: 'no' }],
    [form, { values: { name: '', age: 1.5, sure: false, color: 'red' } }],
  ])('that fits is taken: $1', (ask, said) => {
    expect(answerProblem(ask, said, 1_000)).toBe(undefined)
  })

  test.each([
    [question, {}, 'Nothing is said: this question takes text.'],
    [approval, {}, 'Nothing is said: this approval takes option.'],
    [question, { option: 'yes' }, 'This question takes text, not option.'],
    [offering, { option: 'maybe' }, 'It has no such option: choose one of "yes", "no".'],
    [
      offering,
      { option: 'yes', text: 'x' },
      'option and text are given: this question takes text or option, and nothing else.',
    ],
    [approval, { text: 'yes' }, 'This approval takes option, not text.'],
    [approval, { option: 'Yes' }, 'It has no such option: choose one of "yes", "no".'],
    [approval, { values: { option: 'yes' } }, 'This approval takes option, not values.'],
    [form, { text: 'n' }, 'This form takes values, not text.'],
    [form, { option: 'yes' }, 'This form takes values, not option.'],
    [leaving, { option: 'name' }, 'It has no such option: choose one of "yes", "no".'],
    [leaving, { text: 'no' }, 'This form takes values or option, not text.'],
    [form, { values: {} }, 'The field "name" is required.'],
    [form, { values: { name: 1 } }, 'The field "name" takes a string.'],
    [form, { values: { name: 'n', age: '1' } }, 'The field "age" takes a number.'],
    [form, { values: { name: 'n', sure: 1 } }, 'The field "sure" takes a boolean.'],
    [form, { values: { name: 'n', color: 'blue' } }, 'The field "color" takes one of "red".'],
    [
      form,
      { values: { name: 'n', more: 1 } },
      'It has no field "more": its fields are "name", "age", "sure", "color".',
    ],
    [
      form,
      { values: { toString: 'x' } },
      'It has no field "toString": its fields are "name", "age", "sure", "color".',
    ],
  ])('that does not fit is told what would: $2', (ask, said, problem) => {
    expect(answerProblem(ask, said, 1_000)).toBe(problem)
  })

  // bound: askOptionsTold
  test('that is no option is told which there are, of many the first', () => {
    const told = [limits.askOptionsTold, limits.askOptionsTold + 1].map((count) => {
      const many = Array.from({ length: count }, (_, index) => ({ id: `o${index}`, label: '' }))
      return answerProblem({ ...question, options: many }, { option: 'none' }, 1_000) ?? ''
    })
    expect(told.map((why) => why.match(/"o\d+"/g)?.length)).toEqual([
      limits.askOptionsTold,
      limits.askOptionsTold,
    ])
    expect(told.map((why) => why.endsWith(', ….'))).toEqual([false, true])
  })

  test('is bounded, whatever it is made of', () => {
    const problem = 'An answer has at most 10 characters.'
    expect(answerProblem(question, { text: 'x'.repeat(10) }, 10)).toBe(undefined)
    expect(answerProblem(question, { text: 'x'.repeat(11) }, 10)).toBe(problem)
    expect(answerProblem(approval, { option: 'x'.repeat(11) }, 10)).toBe(problem)
    expect(answerProblem(form, { values: { name: 'xxxxxxx' } }, 10)).toBe(problem)
    expect(answerProblem(form, { values: { name: 'xxxxxx' } }, 10)).toBe(undefined)
  })

  test('of a field named as a property that every object has is missing where it is not given', () => {
    const odd: Ask = { ...base, kind: 'form', fields: [{ name: 'toString', type: 'text', required: true }] }
    expect(answerProblem(odd, { values: {} }, 1_000)).toBe('The field "toString" is required.')
    expect(answerProblem(odd, { values: { toString: 'x' } }, 1_000)).toBe(undefined)
  })

  test('is told no more of long names and lists than shows what is meant', () => {
    const many = Array.from({ length: 64 }, (_, n) => ({ id: `${n}${'x'.repeat(1_000)}`, label: '' }))
    const problem = answerProblem(
      { ...base, kind: 'approval', options: many },
      { option: 'y'.repeat(100_000) },
      Infinity,
    )
    expect(problem?.length).toBeLessThan(1_000)
  })
})

describe('an ask', () => {
  const some = { ...limits, askTextCharsMax: 200, askOptionsMax: 3 }
  const problem = (asked: Partial<Asked>) => askProblem({ kind: 'question', text: '?', ...asked }, some)
  const option = (id: string) => ({ id, label: id })

  // bound: askTextCharsMax, askOptionsMax
  test('of each kind is taken, at the bounds too', () => {
    expect(problem({ text: 'x'.repeat(200) })).toBe(undefined)
    expect(problem({ kind: 'approval', options: ['a', 'b', 'c'].map(option) })).toBe(undefined)
    expect(problem({ kind: 'form', fields: [{ name: 'a', type: 'text' }] })).toBe(undefined)
    const leaving = { options: ['a', 'b', 'c'].map(option) }
    expect(problem({ kind: 'form', fields: [{ name: 'a', type: 'text' }], ...leaving })).toBe(undefined)
    expect(problem({ deadlineMs: Infinity })).toBe(undefined)
  })

  // bound: askTextCharsMax, askOptionsMax
  test.each<[Partial<Asked>, string]>([
    [{ text: 'x'.repeat(201) }, 'the text of an ask has at most 200 characters'],
    [{ deadlineMs: -1 }, 'deadlineMs is a number of milliseconds from now'],
    [{ deadlineMs: NaN }, 'deadlineMs is a number of milliseconds from now'],
    [{ kind: 'approval' }, 'an approval needs options to choose from'],
    [{ kind: 'form' }, 'a form needs fields to fill in'],
    [{ fields: [{ name: 'a', type: 'text' }] }, 'only a form has fields'],
    [{ options: ['a', 'b', 'c', 'd'].map(option) }, 'an ask has at most 3 options or fields'],
    [{ options: [option('a'), option('a')] }, 'each option needs an id of its own'],
    [
      { options: [{ id: 'a', label: 'x'.repeat(200) }] },
      'the options and fields of an ask have at most 200 characters in all',
    ],
    [
      {
        kind: 'form',
        fields: [
          { name: 'a', type: 'text' },
          { name: 'a', type: 'text' },
        ],
      },
      'each field needs a name of its own',
    ],
    [
      { kind: 'form', fields: [{ name: 'a', type: 'choice' }] },
      'the choice "a" needs options to choose from',
    ],
    [
      { kind: 'form', fields: [{ name: 'a', type: 'choice', options: ['a', 'b', 'c', 'd'].map(option) }] },
      'a field has at most 3 options',
    ],
    [
      { kind: 'form', fields: [{ name: 'a', type: 'choice', options: [option('a'), option('a')] }] },
      'each option needs an id of its own',
    ],
  ])('without a shape is refused: %j', (asked, why) => {
    expect(problem(asked)).toBe(why)
  })

  test('is allowed or denied by the first option that is known to, never by a guess', () => {
    expect([allowing(approval)?.id, denying(approval)?.id]).toEqual(['yes', 'no'])
    const unknown = { ...approval, options: [{ id: 'allow', label: 'Allow' }] }
    expect([allowing(unknown), denying(unknown), allowing(question)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})
