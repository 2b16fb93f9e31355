import { expect, test } from 'vitest'
import { codec } from '../../../src/wire/codec.ts'
import { askNames, nativeEventNames, sayNames, taskEventSchema } from '../../../src/wire/events.ts'
import { nodeIpc } from '../../../src/wire/framing/node-ipc.ts'
import { roo189, roo189OlderSays, roo189UnknownEvents } from '../../../src/wire/vocabulary/roo-1.89.ts'
import { roo189ToolName, roo189ToolNames, rooToolNames } from '../../../src/wire/vocabulary/tool-names.ts'
import { eventMessage, id, sampleEvents, say, usage } from '../sample-messages.ts'
import { published163, published189 } from './published.ts'

const older = [published163, published189]
const oldCodec = codec(nodeIpc, roo189)
const known = (kind: 'says' | 'asks' | 'tools' | 'events', name: string) =>
  older.every((one) => one[kind].includes(name))

function sent(message: Parameters<typeof oldCodec.encodeToClient>[0]): unknown {
  const frame = oldCodec.encodeToClient(message)
  return frame === undefined ? undefined : JSON.parse(frame.toString('utf8', 0, frame.length - 1)).data
}

test('the names it maps or leaves out are those that 1.63 or 1.89 does not know', () => {
  expect([...roo189OlderSays.keys()].sort()).toEqual(sayNames.filter((name) => !known('says', name)).sort())
  for (const name of roo189OlderSays.values()) expect(known('says', name)).toBe(true)
  expect(askNames.filter((name) => !known('asks', name))).toEqual([])
  expect([...roo189ToolNames].sort()).toEqual(
    published163.tools.filter((name) => known('tools', name)).sort(),
  )
  const events = taskEventSchema.options.map((one) => one.shape.eventName.value)
  const unknown = events.filter((name) => !nativeEventNames.has(name) && !known('events', name))
  expect([...roo189UnknownEvents].sort()).toEqual(unknown.sort())
})

test.each(sampleEvents.filter((one) => !nativeEventNames.has(one.eventName)))(
  '$eventName is one that clients of 1.63 and of 1.89 take, or is left out',
  (event) => {
    const message = sent(eventMessage(event))
    const leftOut = roo189UnknownEvents.has(event.eventName) || event.eventName === 'taskToolFailed'
    expect(message === undefined).toBe(leftOut)
    for (const one of message === undefined ? [] : older) {
      expect(one.parse(message), one.version).toMatchObject({ data: { eventName: event.eventName } })
    }
  },
)

test('both take every say, ask and tool as it is sent', () => {
  const events = [
    ...sayNames.map((name) => say({ ts: 1, type: 'say', say: name, text: 't' })),
    ...askNames.map((name) => say({ ts: 1, type: 'ask', ask: name })),
    ...[...rooToolNames, 'browser_action'].map((tool) => ({
      eventName: 'taskToolFailed' as const,
      payload: [id, tool, 'e'] satisfies [string, string, string],
    })),
  ]
  for (const event of events) {
    const message = sent(eventMessage(event))
    for (const one of message === undefined ? [] : older) one.parse(message)
  }
  expect(sent(eventMessage(say({ ts: 1, type: 'say', say: 'tool', text: '{}' })))).toMatchObject({
    data: { payload: [{ message: { say: 'text', text: '{}' } }] },
  })
})

test('a newer tool becomes the nearest older one, or is left out', () => {
  expect(roo189ToolName('edit_file')).toBe('search_and_replace')
  expect(roo189ToolName('skill')).toBeUndefined()
  for (const name of rooToolNames) expect([undefined, ...roo189ToolNames]).toContain(roo189ToolName(name))
  const tools = {
    apply_diff: { attempts: 1, failures: 0 },
    apply_patch: { attempts: 2, failures: 1 },
    skill: { attempts: 4, failures: 0 },
  }
  const message = sent(
    eventMessage({ eventName: 'taskCompleted', payload: [id, usage, tools, { isSubtask: false }] }),
  )
  const payload = [id, usage, { apply_diff: { attempts: 3, failures: 1 } }, { isSubtask: false }]
  for (const one of older) expect(one.parse(message)).toMatchObject({ data: { payload } })
})

test('taskTokenUsageUpdated is the pair', () => {
  const message = sent(eventMessage({ eventName: 'taskTokenUsageUpdated', payload: [id, usage, {}] }))
  expect(message).toMatchObject({ data: { payload: [id, usage] } })
})

test('the extension’s messages and native events can be said', () => {
  const reply = { type: 'Reply', origin: 'server', requestId: 'r', data: { ok: true, result: {} } } as const
  expect(sent(reply)).toEqual(reply)
  expect(sent(eventMessage({ eventName: 'taskExited', payload: [id, { code: 0 }] }))).toMatchObject({
    seq: 9,
  })
})

test('an older server’s events come in today’s shape', () => {
  const parsed = (data: unknown) => roo189.parseFromServer({ type: 'TaskEvent', origin: 'server', data })
  expect(parsed({ eventName: 'taskTokenUsageUpdated', payload: [id, usage] })).toMatchObject({
    ok: true,
    value: { data: { payload: [id, usage, {}] } },
  })
  const said = (message: object) =>
    parsed({ eventName: 'message', payload: [{ taskId: id, action: 'created', message }] })
  for (const one of older) {
    for (const name of one.says)
      expect(said({ ts: 1, type: 'say', say: name }), name).toMatchObject({ ok: true })
    for (const name of one.asks)
      expect(said({ ts: 1, type: 'ask', ask: name }), name).toMatchObject({ ok: true })
  }
})

test.each([
  null,
  7,
  [],
  {},
  { type: 'TaskEvent' },
  { type: 'TaskEvent', data: { payload: [null], eventName: 'message' } },
])('what no server says is refused: %j', (value) => {
  expect(roo189.parseFromServer(value)).toMatchObject({ ok: false, error: { code: 'invalid_frame' } })
})
