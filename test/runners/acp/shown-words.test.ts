/** What an agent may say in names, lines and lists: each at its bound and one past it. */
import { expect, test } from 'vitest'
import { limits } from '../../../src/limits.ts'
import { promptBlocks } from '../../../src/runners/acp/content.ts'
import { questionOf } from '../../../src/runners/acp/elicitation.ts'
import { notLoggedIn } from '../../../src/runners/acp/failure.ts'
import { outputOf, titleOf } from '../../../src/runners/acp/tool-words.ts'
import { trialUpdates } from './trial-updates.ts'

const long = (chars: number): string => 'x'.repeat(chars)
/** What is made of a text at a bound, and of one past it. */
const around = (charsMax: number, shown: (text: string) => string): string[] =>
  [charsMax, charsMax + 1].map((chars) => shown(long(chars)))
const cutAt = (charsMax: number): string[] => [long(charsMax), `${long(charsMax - 1)}…`]
const items = <T>(count: number, make: (place: number) => T): T[] =>
  Array.from({ length: count }, (_, place) => make(place))

// bound: agentNameCharsMax
test('a name is cut at its bound, and what has a longer id is not offered', () => {
  const named = around(limits.agentNameCharsMax, (name) => {
    const { offers } = trialUpdates().updates
    offers.takeCommands({ availableCommands: [{ name }] })
    return offers.offers.commands[0]?.name ?? ''
  })
  expect(named).toEqual(cutAt(limits.agentNameCharsMax))
  const { updates } = trialUpdates()
  const modes = [limits.agentNameCharsMax, limits.agentNameCharsMax + 1].map((chars) => ({ id: long(chars) }))
  updates.offers.takeSession({ modes: { availableModes: modes, currentModeId: 'x' } })
  expect(updates.offers.offers.modes.map(({ slug }) => slug.length)).toEqual([limits.agentNameCharsMax])
})

// bound: agentWordsCharsMax
test('a line is cut at its bound', () => {
  const max = limits.agentWordsCharsMax
  expect(around(max, (title) => titleOf({ title }))).toEqual(cutAt(max))
})

// bound: agentPathCharsMax
test('an address is cut at its bound', () => {
  const visited = around(limits.agentPathCharsMax, (url) => {
    const question = questionOf({ mode: 'url', message: 'Visit', url }, limits)
    return question?.ask.text.replace('Visit\n', '') ?? ''
  })
  expect(visited).toEqual(cutAt(limits.agentPathCharsMax))
})

/** The steps of a plan as they are told. */
function planned(entries: readonly { content: string }[]): { content: string }[] {
  const { take, said } = trialUpdates()
  take({ sessionUpdate: 'plan', entries })
  return (JSON.parse(said()[0]?.[1].text ?? '') as { todos: { content: string }[] }).todos
}

// bound: agentStepCharsMax
test('a step of a plan, and an image that is none, are cut at their bound', () => {
  const max = limits.agentStepCharsMax
  expect(around(max, (content) => planned([{ content }])[0]?.content ?? '')).toEqual(cutAt(max))
  const texts = [max, max + 1].map((chars) => JSON.stringify(promptBlocks('', [long(chars)])))
  expect(texts[0]).toContain(`[image: ${long(max)}]`)
  expect(texts[1]).toBe(texts[0])
})

// bound: agentListMax
test('of a list the first are told', () => {
  const max = limits.agentListMax
  const steps = [max, max + 1].map((count) => planned(items(count, (place) => ({ content: `${place}` }))))
  expect(steps.map((some) => [some.length, some.at(-1)?.content])).toEqual([
    [max, `${max - 1}`],
    [max, `${max - 1}`],
  ])
  const content = items(max + 1, (place) => ({
    type: 'content',
    content: { type: 'text', text: `${place}` },
  }))
  expect(outputOf({ content }, 1e6).split('\n').at(-1)).toBe(`${max - 1}`)
})

// bound: agentChangesMax
test('of the files that one tool changes the first are shown', () => {
  const max = limits.agentChangesMax
  const shown = [max, max + 1].map((count) => {
    const { take, said } = trialUpdates()
    const content = items(count, (place) => ({
      type: 'diff',
      path: `/project/${place}`,
      oldText: 'a',
      newText: 'b',
    }))
    take({ sessionUpdate: 'tool_call', toolCallId: '1', kind: 'edit', status: 'completed', content })
    const { diff } = JSON.parse(said().at(-1)?.[1].text ?? '') as { diff: string }
    return diff.match(/^\+\+\+ /gm)?.length
  })
  expect(shown).toEqual([max, max])
})

// bound: agentLoginsTold
test('of the ways to log in the first are named', () => {
  const max = limits.agentLoginsTold
  const told = [max, max + 1].map((count) => {
    const authMethods = items(count, (place) => ({ id: `way-${place}` }))
    return notLoggedIn(new Error('no'), { authMethods }, undefined).message.match(/way-\d+/g)?.length
  })
  expect(told).toEqual([max, max])
})
