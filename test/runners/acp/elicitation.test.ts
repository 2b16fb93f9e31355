/** What an agent wants to know, as an ask, and what each answer is to it. */
import { describe, expect, test } from 'vitest'
import { questionOf } from '../../../src/runners/acp/elicitation.ts'
import { limits } from '../../../src/limits.ts'
import type { Question, QuestionLimits } from '../../../src/runners/acp/elicitation.ts'

const text = { type: 'string' }
const choice = { type: 'string', enum: ['decline', 'go on'] }

function asked(properties: object, bounds: QuestionLimits = limits): Question {
  const params = { mode: 'form', message: 'Which?', requestedSchema: { type: 'object', properties } }
  const question = questionOf(params, bounds)
  if (question === undefined) throw new Error('no question')
  return question
}

describe('what an agent wants to know', () => {
  test.each([
    ['a question', 'question', { a: text }, 'decline', 'cancel'],
    ['a choice that has such an option itself', 'question', { a: choice }, '/decline', '/cancel'],
    ['a form', 'form', { a: text, b: text }, 'decline', 'cancel'],
    ['a word of consent', 'approval', {}, 'decline', 'cancel'],
  ])('as %s can be declined, put away, and left to its deadline', (_, kind, properties, decline, cancel) => {
    const question = asked(properties)
    const { ask } = question
    expect(ask.kind).toBe(kind)
    expect(ask.options?.slice(-2)).toEqual([
      { id: decline, label: 'Decline', meaning: 'deny' },
      { id: cancel, label: 'Cancel', meaning: 'deny' },
    ])
    expect(question.answered({ kind: 'answered', option: decline })).toEqual({ action: 'decline' })
    expect(question.answered({ kind: 'answered', option: cancel })).toEqual({ action: 'cancel' })
    expect(question.answered({ kind: 'expired' })).toEqual({ action: 'cancel' })
  })

  test('is accepted by what it asks for', () => {
    const accepted = (content: object): object => ({ action: 'accept', content })
    const values = { a: 'x', b: 'y' }
    expect(asked({ a: text }).answered({ kind: 'answered', text: 'x' })).toEqual(accepted({ a: 'x' }))
    expect(asked({ a: choice }).answered({ kind: 'answered', option: 'decline' })).toEqual(
      accepted({ a: 'decline' }),
    )
    expect(asked({ a: text, b: text }).answered({ kind: 'answered', values })).toEqual(accepted(values))
    expect(asked({}).answered({ kind: 'answered', option: 'accept' })).toEqual({ action: 'accept' })
  })

  // bound: askOptionsMax
  test('of more choices than may be shown one is typed', () => {
    const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index))
    const titled = (count: number): object[] => ids(count).map((id) => ({ const: id, title: `the ${id}` }))
    const properties = [
      { type: 'string', enum: ids(2) },
      { type: 'string', enum: ids(3) },
      { type: 'string', oneOf: titled(2) },
      { type: 'string', oneOf: titled(3) },
    ]
    const kinds = properties.map((property) => {
      const bounds = { ...limits, askOptionsMax: 4 }
      return [
        asked({ a: property }, bounds).ask.options?.length,
        asked({ a: property, b: text }, bounds).ask.fields?.[0]?.type,
      ]
    })
    expect(kinds).toEqual([
      [4, 'choice'],
      [2, 'text'],
      [4, 'choice'],
      [2, 'text'],
    ])
  })
})
