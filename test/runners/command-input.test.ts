import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { CommandInput } from '../../src/runners/command-input.ts'

/** The stdin of a command that reads when it is told to. */
function stdin() {
  const reads: (() => void)[] = []
  const stream = new Writable({ write: (_chunk, _encoding, done) => void reads.push(done) })
  return { stream, read: () => reads.shift()?.() }
}

// bound: stdinBytesMax
test('as many bytes wait for a command as may, line ends among them, and none more', () => {
  const { stream } = stdin()
  const input = new CommandInput('open', stream, '', 20)
  expect(input.send('123456789', []).ok).toBe(true)
  expect(input.send('é'.repeat(5), [])).toMatchObject({ ok: false, error: { code: 'limit_exceeded' } })
  expect(input.send('987654321', []).ok).toBe(true)
  expect(stream.writableLength).toBe(20)
  expect(input.send('', [])).toMatchObject({ ok: false, error: { code: 'limit_exceeded' } })
})

test('what the command has read waits no more', () => {
  const { stream, read } = stdin()
  const input = new CommandInput('open', stream, '', 10)
  expect(input.send('123456789', []).ok).toBe(true)
  expect(input.send('1', []).ok).toBe(false)
  read()
  expect(input.send('123456789', []).ok).toBe(true)
})
