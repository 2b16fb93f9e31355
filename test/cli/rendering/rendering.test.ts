import { describe, expect, test } from 'vitest'
import { commandLine } from '../../../src/cli/rendering/command-line.ts'
import { parseDuration, shortDuration } from '../../../src/cli/rendering/duration.ts'
import { OutputLines } from '../../../src/cli/rendering/output-lines.ts'
import { Paint } from '../../../src/cli/rendering/paint.ts'
import { oneLine, plainLines } from '../../../src/cli/rendering/plain-text.ts'
import { table } from '../../../src/cli/rendering/table.ts'
import { taskTable } from '../../../src/cli/rendering/task-report.ts'
import { cut, width } from '../../../src/cli/rendering/width.ts'

const plain = new Paint(false, {})

describe('text of a task', () => {
  test('cannot move the cursor, colour the screen or turn the reading direction', () => {
    expect(oneLine('a\u001b[2Jb\u001b]0;title\u0007c\r\nd\u202ee')).toBe('abc d\uFFFDe')
    expect(plainLines('\u001b[31mred\u001b[0m\tx\u0007\n')).toEqual(['red\tx\uFFFD'])
  })

  test('a progress bar shows its last state', () => {
    expect(plainLines('10 %\r50 %\r100 %\r\ndone')).toEqual(['100 %', 'done'])
  })

  test('lines wait for their end, but not for ever', () => {
    const lines = new OutputLines()
    expect(lines.push(Buffer.from('on'))).toEqual([])
    expect(lines.push(Buffer.from('e\ntw'))).toEqual(['one'])
    expect(lines.push(Buffer.from('x'.repeat(9_000)))).toEqual([`tw${'x'.repeat(9_000)}`])
    lines.push(Buffer.from('rest'))
    expect(lines.end()).toEqual(['rest'])
    expect(lines.end()).toEqual([])
  })
})

describe('columns', () => {
  test('are aligned, and the last is cut to the terminal', () => {
    const rows = [
      ['a', 'long cell', 'the rest of it'],
      ['bbb', 'c', 'x'],
    ].map((row) => row.map((text) => ({ text })))
    expect(table(rows, 24)).toEqual(['a    long cell  the res…', 'bbb  c          x'])
    expect(table(rows, undefined)[0]).toBe('a    long cell  the rest of it')
  })

  test('count what a reader sees', () => {
    expect([width('äé'), width('日本'), width('👩‍👩‍👧'), width('e\u0301')]).toEqual([2, 4, 2, 1])
    expect(cut('日本語', 5)).toBe('日本…')
    expect(cut('abc', 3)).toBe('abc')
  })

  test('tasks show the end of their ids, their age and their command', () => {
    const task = {
      id: '01-aaaabbbb',
      text: 'sleep\n1',
      state: 'running',
      createdAt: 0,
      resumable: true,
      asks: [],
    } as const
    expect(taskTable([{ ...task, asks: [] }], { paint: plain, columns: 40, now: 125_000 })).toEqual([
      'TASK      STATE    AGE  COMMAND',
      'aaaabbbb  running  2m   sleep 1',
    ])
  })
})

describe('words and numbers', () => {
  test('spans of time are read and written', () => {
    expect(['500ms', '1.5s', '10', '2m', '1h', '2d'].map(parseDuration)).toEqual([
      500, 1_500, 10_000, 120_000, 3_600_000, 172_800_000,
    ])
    expect(['', 'soon', '-1', '1w'].map(parseDuration)).toEqual([undefined, undefined, undefined, undefined])
    expect([0, -5, 59_999, 60_000, 7_200_000, 200_000_000].map(shortDuration)).toEqual([
      '0s',
      '0s',
      '59s',
      '1m',
      '2h',
      '2d',
    ])
  })

  test('a command can be pasted into a shell', () => {
    expect(commandLine(['sh', '-c', `echo "it's"`, ''])).toBe(`sh -c 'echo "it'\\''s"' ''`)
  })

  test('colours come with a terminal, and as NO_COLOR and FORCE_COLOR say', () => {
    const enabled = (terminal: boolean, env: Record<string, string>) => new Paint(terminal, env).enabled
    expect(enabled(true, {})).toBe(true)
    expect(enabled(false, {})).toBe(false)
    expect(enabled(true, { NO_COLOR: '1' })).toBe(false)
    expect(enabled(true, { NO_COLOR: '' })).toBe(true)
    expect(enabled(true, { TERM: 'dumb' })).toBe(false)
    expect(enabled(false, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true)
    expect(enabled(true, { FORCE_COLOR: '0' })).toBe(false)
    expect(new Paint(true, {}).in('red', 'x')).toBe('\u001b[31mx\u001b[39m')
  })
})
