import { describe, expect, test } from 'vitest'
import { OutputProgress } from '../../src/cli/output-progress.ts'
import type { TaskMessage } from '../../src/wire/events.ts'

function output(ts: number, bytes: Buffer, stream: 'stdout' | 'stderr' = 'stdout'): TaskMessage {
  const message: TaskMessage = { ts, type: 'say', say: 'command_output', text: bytes.toString(), stream }
  return bytes.toString() === '' || Buffer.from(bytes.toString()).equals(bytes)
    ? message
    : { ...message, bytes: bytes.toString('base64') }
}

describe('what is new in a message', () => {
  test('each update gives only what came since the last', () => {
    const progress = new OutputProgress()
    expect(progress.fresh(output(1, Buffer.from('ab')))?.bytes.toString()).toBe('ab')
    expect(progress.fresh(output(1, Buffer.from('abä')))?.bytes.toString()).toBe('ä')
    expect(progress.fresh(output(1, Buffer.from('abä')))).toBeUndefined()
    expect(progress.fresh(output(2, Buffer.from('abä')))?.bytes.toString()).toBe('abä')
  })

  test('a message that turns out to be no text goes on where its text had ended, in bytes', () => {
    const progress = new OutputProgress()
    progress.fresh(output(1, Buffer.from('ä')))
    expect(progress.fresh(output(1, Buffer.from([0xc3, 0xa4, 0xff, 0x41])))?.bytes).toEqual(
      Buffer.from([0xff, 0x41]),
    )
  })

  test('the streams are counted apart, and late news of an earlier message is old', () => {
    const progress = new OutputProgress()
    expect(progress.fresh(output(1, Buffer.from('x')))?.stream).toBe('stdout')
    expect(progress.fresh(output(2, Buffer.from('y'), 'stderr'))?.stream).toBe('stderr')
    expect(progress.fresh(output(1, Buffer.from('xz')))?.bytes.toString()).toBe('z')
    expect(progress.fresh(output(1, Buffer.from('y'), 'stderr'))).toBeUndefined()
  })

  test('other messages are no output', () => {
    expect(new OutputProgress().fresh({ ts: 1, type: 'say', say: 'text', text: 'prompt' })).toBeUndefined()
  })
})
