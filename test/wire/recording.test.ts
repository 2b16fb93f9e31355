import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { parseRecordedEvent } from '../../src/wire/recording.ts'

/** A line with so many values; its event is one of a newer version, which is left. */
function lineOf(values: number): Buffer {
  // Beside its items: the line itself, its time, the event, its name and its payload.
  const payload = Array(values - 5).fill(1)
  return Buffer.from(JSON.stringify({ t: 1, event: { eventName: 'taskDanced', payload } }))
}

// bound: recordingValuesMax
test('a line holds as many values as it may; one past that it is refused', () => {
  const { recordingValuesMax } = limits
  expect(parseRecordedEvent(lineOf(recordingValuesMax))).toEqual({ ok: true, value: undefined })
  expect(parseRecordedEvent(lineOf(recordingValuesMax + 1))).toMatchObject({
    ok: false,
    error: { message: `holds more than ${recordingValuesMax} values` },
  })
})

// bound: frameDepthMax
test('a line nests as deep as a frame may, and no deeper', () => {
  const nested = (depth: number): Buffer => {
    const inner = '['.repeat(depth - 2) + ']'.repeat(depth - 2)
    return Buffer.from(`{"t":1,"event":{"eventName":"taskDanced","payload":${inner}}}`)
  }
  const { frameDepthMax } = limits
  expect(parseRecordedEvent(nested(frameDepthMax)).ok).toBe(true)
  expect(parseRecordedEvent(nested(frameDepthMax + 1))).toMatchObject({
    ok: false,
    error: { message: `nests more than ${frameDepthMax} deep` },
  })
})
