/** What a command cannot ask: it alone is told why. */
import { describe, expect, test } from 'vitest'
import { lineMax, node, printed, printing, prints, sh } from './asking-command.ts'

describe('what cannot be asked is told to the command alone, which goes on', () => {
  test('lines that are no ask', async () => {
    const lines = [
      'hello',
      '',
      '[1]',
      'null',
      '{}',
      '{"text":1}',
      '{"text":"x","kind":"order"}',
      '{"text":"x","options":"yes"}',
      '{"text":"x","options":[1]}',
      '{"text":"x","id":{}}',
      `{"text":"x","id":"${'x'.repeat(101)}"}`,
      '{"id":"mine","text":"x","deadlineMs":-1}',
      '{"text":"x","deadlineMs":"soon"}',
      '{"__proto__":{"text":"x"}}',
    ]
    const run = node(`${printing(lines.length + 2)}
      channel.write(Buffer.from([0x7b, 0xff, 0x0a]))
      channel.write(${JSON.stringify(`${lines.join('\n')}\n`)})
      ask({ text: 'good' })`)
    run.answer(await run.asked('good'), { text: 'y' })
    await run.ended
    const answers = printed(run)
    expect(answers).toHaveLength(lines.length + 2)
    expect(answers.pop()).toBe('{"text":"y"}')
    for (const answer of answers) expect(Object.keys(JSON.parse(answer)).at(-1)).toBe('error')
    expect(answers.find((answer) => answer.includes('mine'))).toBe(
      '{"id":"mine","error":"deadlineMs: expected milliseconds from now"}',
    )
    expect(run.asks).toHaveLength(1)
  })

  // bound: askLineBytesMax
  test('a line past the bound, once, and the next line is read; one at the bound is', async () => {
    const frame = JSON.stringify({ text: '' }).length
    const run = node(`${printing(3)}
      ask({ text: 'x'.repeat(100_000) })
      ask({ text: 'x'.repeat(${lineMax - frame + 1}) })
      ask({ text: 'y'.repeat(${lineMax - frame}) })`)
    run.answer(await run.asked('y'.repeat(lineMax - frame)), { text: 'z' })
    await run.ended
    const tooLong = `{"error":"a line has at most ${lineMax} bytes"}`
    expect(printed(run)).toEqual([tooLong, tooLong, '{"text":"z"}'])
  })

  test('a second one under a name that is open, and a second one without a name', async () => {
    const run = node(`${printing(5)}
      ask({ id: 'a', text: 'first' }); ask({ id: 'a', text: 'second' })
      ask({ text: 'third' }); ask({ text: 'fourth' }); ask({ id: 'b', text: 'fifth' })`)
    await prints(run, 2)
    expect(printed(run)).toEqual([
      '{"id":"a","error":"an ask with this id is open: give each an id of its own"}',
      '{"error":"an ask with this id is open: give each an id of its own"}',
    ])
    for (const text of ['first', 'third', 'fifth']) run.answer(await run.asked(text), { text })
    await run.ended
    expect(run.asks.map(({ text }) => text)).toEqual(['first', 'third', 'fifth'])
  })

  test('what its task refuses, with the reason', async () => {
    const run = sh(`echo '{"text":"?"}' >&3; read -r a <&3; echo "$a"`, {}, 'at most 64 asks are open')
    await run.ended
    expect(printed(run)).toEqual(['{"error":"at most 64 asks are open"}'])
  })
})
