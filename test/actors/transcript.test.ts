/** What was said in a task, for a run that cannot take up where an earlier one ended. */
import { expect, test } from 'vitest'
import { transcriptOf } from '../../src/actors/transcript.ts'
import { said, World } from '../broker/delivery-world.ts'

// bound: transcriptEventsLooked
test("it is looked for among the journal's last events, up to their number", () => {
  const world = new World({ tailBytesMax: 1 << 20 })
  world.append('t', said('t', 'one'))
  for (let others = 0; others < 4; others++) world.append('other', said('other', 'x'))
  const texts = (eventsLooked: number) =>
    transcriptOf(world.journal, 't', eventsLooked).map(({ text }) => text)
  expect([texts(5), texts(4)]).toEqual([['one'], []])
})
