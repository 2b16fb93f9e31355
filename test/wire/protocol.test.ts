import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commandNames, callboardConfigurationSchema, taskStates } from '../../src/wire/commands.ts'
import { clientSchema, gapReasons, roles, statusSchema, taskSchema } from '../../src/wire/envelope.ts'
import { askKinds, askOutcomeSchema, askSchema, holderSchema } from '../../src/wire/events.ts'
import { leaseReasons, taskEventSchema } from '../../src/wire/events.ts'
import { rejectionCodes } from '../../src/wire/rejection.ts'
import { roo } from '../../src/wire/vocabulary/roo.ts'

const document = readFileSync(new URL('../../src/wire/PROTOCOL.md', import.meta.url), 'utf8')
const rows = (name: string) => document.split('\n').filter((line) => line.startsWith(`| \`${name}\` `))

test.each([
  ...commandNames,
  ...taskEventSchema.options.map((one) => one.shape.eventName.value),
  ...rejectionCodes,
  ...gapReasons,
  ...Object.keys(callboardConfigurationSchema.shape),
])('%s has one row in the protocol document', (name) => {
  expect(rows(name)).toHaveLength(1)
})

test('states, roles and the fields of results are named', () => {
  for (const name of [...taskStates, ...roles]) expect(document).toContain(`\`${name}\``)
  for (const name of [...Object.keys(clientSchema.shape), ...Object.keys(statusSchema.shape)]) {
    expect(document, name).toMatch(new RegExp(`\\b${name}\\b`))
  }
})

test('the fields of tasks, asks, their outcomes and holders, and why a lease changes, are named', () => {
  const shapes = [taskSchema, askSchema, askOutcomeSchema, holderSchema]
  const names = shapes.flatMap((schema) => Object.keys(schema.shape))
  for (const name of names) expect(document, name).toMatch(new RegExp(`\\b${name}\\b`))
  for (const name of [...askKinds, ...askOutcomeSchema.shape.outcome.options, ...leaseReasons]) {
    expect(document, name).toContain(`\`${name}\``)
  }
})

test('every message of the transcripts is valid, but for the one that shows a refusal', () => {
  const lines = document.split('\n').filter((line) => /^[<>] \{/.test(line))
  expect(lines.length).toBeGreaterThan(20)
  const invalid = lines.filter((line) => {
    const message: unknown = JSON.parse(line.slice(2))
    return !(line.startsWith('<') ? roo.parseFromServer(message) : roo.parseFromClient(message)).ok
  })
  expect(invalid).toEqual([expect.stringContaining('"ListTask"')])
})

test('every example of a message is valid', () => {
  const examples = [...document.matchAll(/```text\n([^`]*)```/g)].flatMap(([, block]) =>
    (block ?? '').trim().split('\n'),
  )
  expect(examples.length).toBeGreaterThanOrEqual(7)
  for (const example of examples) {
    const message: { origin?: string } = JSON.parse(example)
    expect(
      (message.origin === 'server' ? roo.parseFromServer(message) : roo.parseFromClient(message)).ok,
    ).toBe(true)
  }
})
