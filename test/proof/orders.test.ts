import { expect, test } from 'vitest'
import { isOrdered, lettersOf } from './orders.ts'

const words: Readonly<Record<string, string>> = {
  ...{ C: 'taskCreated', F: 'taskFocused', T: 'say:text', U: 'taskTokenUsageUpdated', S: 'taskStarted' },
  ...{ o: 'say:command_output', m: 'say:user_feedback', X: 'taskExited', R: 'say:completion_result' },
  ...{ D: 'taskCompleted', K: 'ask:completion_result', I: 'taskIdle', E: 'say:error', A: 'taskAborted' },
  ...{ B: 'taskResumable', N: 'taskUnfocused', Q: 'queuedMessagesUpdated' },
}
const history = (letters: string): string[] => Array.from(letters, (letter) => words[letter] ?? letter)

test.each([
  ['a task that completes', 'CFTUSooXRUDKI'],
  ['one that fails, is resumed, cancelled and closed', 'CFTUSoXEABFUSXABN'],
  ['one that could not start', 'CFTEA'],
  ['one cancelled while it started, closed, resumed', 'CFTUSXABNFUSXRUDKIN'],
  ['a message that waited for the start', 'CFTQUSQmXAB'],
])('%s is in order', (_, letters) => {
  expect(lettersOf(history(letters))).toBe(letters)
  expect(isOrdered(history(letters))).toBe(true)
})

test.each([
  ['usage before the start', 'CFTSUXRUDKI'],
  ['no start', 'CFToXRUDKI'],
  ['output after the end', 'CFTUSXRUDKIo'],
  ['aborted twice', 'CFTUSXABAB'],
  ['completed after it was aborted', 'CFTUSXABRUDKI'],
  ['no end', 'CFTUSo'],
  ['unfocused twice', 'CFTUSXABNN'],
  ['resumed without focus', 'CFTUSXABUSXAB'],
  ['an event that no order has', 'CFTUSzXAB'],
])('%s is not in order', (_, letters) => {
  expect(isOrdered(history(letters))).toBe(false)
})
