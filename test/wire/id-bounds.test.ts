/** Ids, paths and names in commands: each is taken at its bound, and refused one character past it. */
import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { callboardConfigurationSchema, taskCommandSchema } from '../../src/wire/commands.ts'
import { helloSchema } from '../../src/wire/envelope.ts'

const isCommand = (commandName: string, data: unknown): boolean =>
  taskCommandSchema.safeParse({ commandName, data }).success

function isHello(resume: object, task = 't'): boolean {
  const data = { protocol: 1, client: { name: 'n', version: '1' }, resume, task }
  return helloSchema.safeParse({ type: 'Hello', origin: 'client', data }).success
}

/** Whether a text of so many characters is taken, and one of one more. */
const around = (charsMax: number, isTaken: (text: string) => boolean): boolean[] =>
  [charsMax, charsMax + 1].map((chars) => isTaken('x'.repeat(chars)))

const resume = { sessionId: 's', epoch: 'e.1', after: 0 }
const start = (callboard: object): boolean => callboardConfigurationSchema.safeParse(callboard).success

// bound: idCharsMax
test.each<[string, (id: string) => boolean]>([
  ['a task', (id) => isCommand('GetTask', id)],
  ['a task that is held', (taskId) => isCommand('ClaimTask', { taskId })],
  ['a message', (id) => isCommand('DeleteQueuedMessage', id)],
  ['an ask', (askId) => isCommand('RespondToAsk', { askId, text: '' })],
  ['a task that a client runs in', (id) => isHello(resume, id)],
  ['a journal', (epoch) => isHello({ ...resume, epoch })],
])('the id of %s', (_, isTaken) => {
  expect(around(limits.idCharsMax, isTaken)).toEqual([true, false])
})

// bound: sessionIdCharsMax
test("a session's id", () => {
  const taken = around(limits.sessionIdCharsMax, (sessionId) => isHello({ ...resume, sessionId }))
  expect(taken).toEqual([true, false])
})

// bound: pathCharsMax
test.each<[string, (text: string) => boolean]>([
  ['a directory', (text) => start({ command: ['x'], cwd: `/${text.slice(1)}` })],
  ['a recording', (text) => start({ replay: `/${text.slice(1)}` })],
  ["an agent's option", (text) => start({ runner: 'acp', command: ['x'], options: { o: text } })],
  ['an address', (url) => start({ runner: 'acp', command: ['x'], mcpServers: { s: { url } } })],
])('%s', (_, isTaken) => {
  expect(around(limits.pathCharsMax, isTaken)).toEqual([true, false])
})

// bound: agentNameCharsMax
test.each(['mode', 'model', 'authMethod'])("an agent's %s", (name) => {
  const taken = around(limits.agentNameCharsMax, (text) =>
    start({ runner: 'acp', command: ['x'], [name]: text }),
  )
  expect(taken).toEqual([true, false])
})
