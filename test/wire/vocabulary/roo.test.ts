import { expect, test } from 'vitest'
import { canonicalCodec } from '../../../src/wire/codec.ts'
import { commandNames } from '../../../src/wire/commands.ts'
import { askNames, nativeEventNames, sayNames, taskEventSchema } from '../../../src/wire/events.ts'
import { roo } from '../../../src/wire/vocabulary/roo.ts'
import { rooToolNames } from '../../../src/wire/vocabulary/tool-names.ts'
import { eventMessage, id, sampleEvents, say, usage } from '../sample-messages.ts'
import { published115 } from './published.ts'

/** What a real client gets: the outer frame's data. */
function sent(message: Parameters<typeof canonicalCodec.encodeToClient>[0]): unknown {
  const frame = canonicalCodec.encodeToClient(message)
  return JSON.parse(frame?.toString('utf8', 0, frame.length - 1) ?? 'null').data
}

const allEvents = taskEventSchema.options.map((one) => one.shape.eventName.value)
const publishedSamples = sampleEvents.filter((one) => !nativeEventNames.has(one.eventName))

test('its names are the published ones of 1.115', () => {
  expect([...sayNames].sort()).toEqual([...published115.says].sort())
  expect([...askNames].sort()).toEqual([...published115.asks].sort())
  expect([...rooToolNames].sort()).toEqual([...published115.tools].sort())
  const real = published115.events.filter((name) => !name.startsWith('eval'))
  expect(allEvents.filter((name) => !nativeEventNames.has(name)).sort()).toEqual(real.sort())
  expect(commandNames).toEqual(expect.arrayContaining([...published115.commands]))
})

test('there is a sample of every event, and each is valid', () => {
  expect(sampleEvents.map((one) => one.eventName).sort()).toEqual([...allEvents].sort())
  for (const event of sampleEvents) expect(taskEventSchema.parse(event)).toEqual(event)
})

test.each(publishedSamples)('a 1.115 client takes $eventName with our envelope, and strips that', (event) => {
  expect(published115.parse(sent(eventMessage(event)))).toMatchObject({
    type: 'TaskEvent',
    origin: 'server',
    data: { eventName: event.eventName },
  })
})

test('a 1.115 client takes every say and ask', () => {
  const events = [
    ...sayNames.map((name) => say({ ts: 1, type: 'say', say: name })),
    ...askNames.map((name) => say({ ts: 1, type: 'ask', ask: name })),
  ]
  for (const event of events) {
    expect(published115.parse(sent(eventMessage(event)))).toMatchObject({ data: { payload: event.payload } })
  }
})

test('an unknown tool becomes custom_tool, also in the use of tools, which is added up', () => {
  const tools = {
    browser_action: { attempts: 1, failures: 1 },
    __proto__x: { attempts: 2, failures: 0 },
    custom_tool: { attempts: 4, failures: 0 },
    skill: { attempts: 8, failures: 0 },
  }
  const expected = { custom_tool: { attempts: 7, failures: 1 }, skill: { attempts: 8, failures: 0 } }
  expect(
    published115.parse(
      sent(eventMessage({ eventName: 'taskTokenUsageUpdated', payload: [id, usage, tools] })),
    ),
  ).toEqual({
    type: 'TaskEvent',
    origin: 'server',
    data: { eventName: 'taskTokenUsageUpdated', payload: [id, usage, expected] },
  })
  expect(
    sent(eventMessage({ eventName: 'taskToolFailed', payload: [id, 'browser_action', 'e'] })),
  ).toMatchObject({
    data: { payload: [id, 'custom_tool', 'e'] },
  })
})

test('a tool named like a prototype’s property pollutes nothing', () => {
  const tools = JSON.parse('{"__proto__":{"attempts":1,"failures":1},"toString":{"attempts":1,"failures":0}}')
  expect(
    sent(eventMessage({ eventName: 'taskTokenUsageUpdated', payload: [id, usage, tools] })),
  ).toMatchObject({
    data: { payload: [id, usage, { custom_tool: { attempts: 2, failures: 1 } }] },
  })
  expect(Object.prototype).not.toHaveProperty('attempts')
})

test('a 1.115 client takes the Ack with our fields', () => {
  const protocol = { name: 'callboard', version: 1 }
  const data = { clientId: 'efa6e2fb772e', pid: 1, ppid: 2, protocol, epoch: 'a.1', head: 0 }
  expect(published115.parse(sent({ type: 'Ack', origin: 'server', data }))).toEqual({
    type: 'Ack',
    origin: 'server',
    data: { clientId: 'efa6e2fb772e', pid: 1, ppid: 2 },
  })
})

test('the keys of an event’s frame come in the order of the wire', () => {
  const shuffled = Object.fromEntries(
    Object.entries(eventMessage({ eventName: 'taskIdle', payload: [id] })).toReversed(),
  )
  const parsed = roo.parseFromServer(shuffled)
  expect(parsed.ok && Object.keys(JSON.parse(JSON.stringify(roo.toClient(parsed.value))))).toEqual([
    'type',
    'origin',
    'seq',
    'task',
    'at',
    'by',
    'causedBy',
    'data',
  ])
})

test("keeps what a real server's message carries beyond the named keys", () => {
  const message = { ts: 1, type: 'say', say: 'text', checkpoint: { from: 'a' }, isProtected: true }
  const said = {
    type: 'TaskEvent',
    origin: 'server',
    data: { eventName: 'message', payload: [{ taskId: 't', action: 'created', message }] },
  }
  const parsed = roo.parseFromServer(said)
  expect(parsed.ok && parsed.value).toEqual(said)
})
