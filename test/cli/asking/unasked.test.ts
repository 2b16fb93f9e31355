import { expect, test } from 'vitest'
import { Unasked } from '../../../src/cli/asking/unasked.ts'
import { Output } from '../../../src/cli/output.ts'
import type { Ask } from '../../../src/wire/events.ts'

const options = [{ id: 'yes', label: 'Run it', meaning: 'allow' as const }]
const approval: Ask = {
  id: 'ask-00000001',
  task: 't1',
  kind: 'approval',
  text: 'Run it?',
  options,
  askedAt: 0,
}
const question: Ask = { id: 'ask-00000002', task: 't1', kind: 'question', text: 'Which?', askedAt: 0 }

class SaidOutput extends Output {
  readonly said: string[] = []
  override say(sentence: string): void {
    this.said.push(sentence)
  }
}

function said(isApproving: boolean): string[] {
  const output = new SaidOutput(process, {})
  const unasked = new Unasked({ socket: undefined, output }, isApproving)
  for (const ask of [approval, question]) unasked.take({ eventName: 'askOpened', payload: ['t1', ask] })
  unasked.take({ eventName: 'taskActive', payload: ['t1'] })
  return output.said
}

test('what waits for another client is said, with the command that answers it', () => {
  expect(said(false)).toEqual([
    'the task asks: Run it? [yes (Run it)]; `callboard answer 00000001 …` answers it.',
    'the task asks: Which?; `callboard answer 00000002 …` answers it.',
  ])
})

test('of what --approve all allows nothing is said', () => {
  expect(said(true)).toEqual(['the task asks: Which?; `callboard answer 00000002 …` answers it.'])
})
