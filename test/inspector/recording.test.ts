import { describe, expect, test } from 'vitest'
import { connectionMachine } from '../../machines/connection.ts'
import { chartOf } from '../../src/inspector/chart.ts'
import { readRecording, writeRecording } from '../../src/inspector/recording.ts'
import type { Recording } from '../../src/inspector/recording.ts'

const move = (n: number) =>
  ({
    kind: 'move',
    n,
    at: n,
    machine: 'callboard/connection',
    actor: 'a',
    event: 'e',
    from: 'x',
    to: 'y',
    edge: 0,
  }) as const
const recording: Recording = {
  daemon: { version: '1', pid: 1, epoch: 'j.1', startedAt: 5 },
  recordedAt: 9,
  machines: [{ key: 'callboard/connection', namespace: 'callboard', chart: chartOf(connectionMachine) }],
  counts: [{ key: 'callboard/connection', leaves: [1], edges: [2], refused: 0 }],
  happenings: [
    move(1),
    move(2),
    {
      kind: 'said',
      n: 3,
      at: 3,
      by: 'client',
      to: 'broker',
      link: 'l',
      task: 't',
      name: 'GetStatus',
      seq: 0,
      frame: '{}',
    },
  ],
}
const text = writeRecording(recording)

describe('a recording of the page', () => {
  test('is read back as it was', () => {
    expect(readRecording(text)).toEqual({ ok: true, recording })
  })

  test('that was cut off anywhere in a line is shown as far as it goes, and says so', () => {
    const lines = text.split('\n')
    const header = (lines[0] ?? '').length
    for (let length = header + 1; length < text.length - 1; length += 7) {
      const read = readRecording(text.slice(0, length))
      const whole = read.ok ? read.recording.happenings.length : -1
      expect(whole).toBe(text.slice(header + 1, length + 1).split('\n').length - 1)
      expect(read.ok && read.cut !== undefined).toBe(whole < 3)
    }
  })

  test.each([
    ['', 'no recording'],
    ['{"callboard":"recording","version":1}', 'no recording'],
    ['<html>', 'no recording'],
    ['{"callboard":"inspection","version":2}', 'version 2'],
    ['{"callboard":"inspection","version":1}', 'incomplete'],
    [text.slice(0, 100), 'no recording'],
  ])('%j is refused with why', (broken, why) => {
    expect(readRecording(broken)).toMatchObject({ ok: false, why: expect.stringContaining(why) })
  })

  test('a chart that is none is left out', () => {
    const broken = text.replace('"type":"compound"', '"type":"<img>"')
    expect(readRecording(broken)).toMatchObject({ ok: true, recording: { machines: [] } })
  })
})
