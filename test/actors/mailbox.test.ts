import { expect, test } from 'vitest'
import { Mailbox } from '../../src/actors/mailbox.ts'

function mailbox() {
  const did: unknown[] = []
  const box = new Mailbox((error) => void did.push(error))
  const step = (name: string) => (): void => void did.push(name)
  return { box, did, step }
}

test('a step is done at once; what is posted meanwhile is done after it, in order', () => {
  const { box, did, step } = mailbox()
  box.post(() => {
    did.push(box.isBusy)
    box.post(step('second'))
    box.post(() => box.post(step('fourth')))
    box.post(step('third'))
    did.push('first')
  })
  expect([did, box.isBusy]).toEqual([[true, 'first', 'second', 'third', 'fourth'], false])
})

test('what a run throws is thrown, after what waited', () => {
  const { box, did, step } = mailbox()
  const mistake = new Error('a mistake')
  expect(() =>
    box.run(() => {
      box.post(step('waited'))
      throw mistake
    }),
  ).toThrow(mistake)
  expect([did, box.isBusy]).toEqual([['waited'], false])
})

test('what a posted step throws is told, and the others are done', () => {
  const { box, did, step } = mailbox()
  const mistake = new Error('a mistake')
  box.run(() => {
    box.post(() => {
      throw mistake
    })
    box.post(step('other'))
  })
  expect(did).toEqual([mistake, 'other'])
})
