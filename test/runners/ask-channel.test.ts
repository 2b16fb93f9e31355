import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { commandRunner } from '../../src/runners/command.ts'
import type { AskAnswer, RunAsk } from '../../src/runners/runner.ts'
import { accepted, refused } from '../../src/wire/rejection.ts'
import type { CallboardConfiguration } from '../../src/wire/commands.ts'
import { record, taskOf } from './recorded-run.ts'
import type { RecordedRun } from './recorded-run.ts'

const lineMax = 2_000
const runner = commandRunner({
  limits: { cancelGraceMs: 500, outputCloseGraceMs: 100, messageUpdateMs: 5, askLineBytesMax: lineMax },
})

interface AskingRun extends RecordedRun {
  /** In the order of asking. */
  readonly asks: readonly RunAsk[]
  readonly withdrawn: readonly string[]
  /** The ask with this text, once it is there. */
  asked(text: string): Promise<RunAsk>
  answer(ask: RunAsk, answer: Omit<AskAnswer & { kind: 'answered' }, 'kind'>): void
}

/** `refusal`: what every ask is refused with. */
function asking(command: readonly string[], more: CallboardConfiguration = {}, refusal?: string): AskingRun {
  const asks: RunAsk[] = []
  const withdrawn: string[] = []
  const recorded = record(runner, taskOf({ command: [...command], ...more }), {
    asked(ask) {
      if (refusal !== undefined) return refused('limit_exceeded', refusal)
      asks.push(ask)
      return accepted(undefined)
    },
    withdrew: (key) => void withdrawn.push(key),
  })
  return {
    ...recorded,
    asks,
    withdrawn,
    asked: async (text) =>
      await vi.waitFor(
        () => {
          const found = asks.find((ask) => ask.text === text)
          if (found === undefined) throw new Error(`nothing asks ${text}`)
          return found
        },
        { timeout: 5_000, interval: 5 },
      ),
    answer: (ask, answer) => recorded.run.answer(ask.key, { kind: 'answered', ...answer }),
  }
}

const sh = (script: string, ...rest: [CallboardConfiguration?, string?]): AskingRun =>
  asking(['sh', '-c', script], ...rest)
const node = (script: string, ...rest: [CallboardConfiguration?, string?]): AskingRun =>
  asking([process.execPath, '-e', script], ...rest)

/** Prints each answer that comes, and ends after so many. */
const printing = (count: number): string => `
  const { Socket } = require('node:net')
  const channel = new Socket({ fd: Number(process.env.CALLBOARD_ASK_FD) })
  const ask = (value) => channel.write(JSON.stringify(value) + '\\n')
  let left = ${count}
  require('node:readline').createInterface({ input: channel }).on('line', (line) => {
    console.log(line)
    if (--left === 0) channel.destroy()
  });`

const printed = (run: RecordedRun): string[] => run.bytes('stdout').toString().split('\n').slice(0, -1)

async function prints(run: RecordedRun, count: number): Promise<void> {
  await vi.waitFor(() => expect(printed(run)).toHaveLength(count), { timeout: 5_000, interval: 5 })
}

describe('the examples', () => {
  test('in sh asks, and goes on with what was chosen', async () => {
    const run = asking(['sh', join(import.meta.dirname, 'ask-example.sh')])
    const ask = await run.asked('Deploy to production?')
    expect(ask).toMatchObject({
      kind: 'approval',
      options: [
        { id: 'yes', label: 'yes' },
        { id: 'no', label: 'no' },
      ],
    })
    run.answer(ask, { option: 'yes' })
    await run.ended
    expect(printed(run)).toEqual(['Deploying.'])
  })

  test('in sh does not go on when nobody answers in time', async () => {
    const run = asking(['sh', join(import.meta.dirname, 'ask-example.sh')])
    const { key } = await run.asked('Deploy to production?')
    run.run.answer(key, { kind: 'expired' })
    await run.ended
    expect(printed(run)).toEqual(['Not deployed: {"expired":true}'])
  })

  test('in Node asks two things at once, answered in whatever order', async () => {
    const run = asking([process.execPath, join(import.meta.dirname, 'ask-example.mjs')])
    run.answer(await run.asked('How many?'), { values: { copies: 3 } })
    run.answer(await run.asked('Who is it for?'), { text: 'Ada' })
    expect(await run.ended).toMatchObject({ ok: true })
    expect(printed(run)).toEqual(['3 copies for Ada.'])
  })
})

describe('what is asked', () => {
  test('one after the other, and each is shown to clients that know no asks', async () => {
    const run = sh(`for n in 1 2; do echo '{"text":"'$n'?"}' >&3; read -r a <&3; printf '%s\\n' "$a"; done`)
    const first = await run.asked('1?')
    expect(first.message).toMatchObject({
      action: 'created',
      message: { type: 'ask', ask: 'followup', text: '{"question":"1?","suggest":[]}', partial: false },
    })
    run.answer(first, { text: 'a "b"\n' })
    run.answer(await run.asked('2?'), { text: '' })
    await run.ended
    expect(printed(run)).toEqual([String.raw`{"text":"a \"b\"\n"}`, '{"text":""}'])
    expect(run.asks.map(({ kind }) => kind)).toEqual(['question', 'question'])
    expect(run.withdrawn).toEqual([])
  })

  test('in full: kind, labels, meanings, fields and a deadline', async () => {
    const run = node(`${printing(3)}
      ask({ id: 1, kind: 'question', text: 'q', options: [{ id: 'a', label: 'A' }], deadlineMs: 5 })
      ask({ id: 2, text: 'a', options: [{ id: 'y', meaning: 'allow' }, 'n'] })
      ask({ id: 3, text: 'f', fields: [{ name: 'x' }, { name: 'y', options: ['z'] }] })`)
    const asks = [await run.asked('q'), await run.asked('a'), await run.asked('f')]
    expect(asks).toMatchObject([
      { kind: 'question', options: [{ id: 'a', label: 'A' }], deadlineMs: 5 },
      {
        kind: 'approval',
        options: [
          { id: 'y', label: 'y', meaning: 'allow' },
          { id: 'n', label: 'n' },
        ],
        message: { message: { ask: 'command', text: 'a' } },
      },
      {
        kind: 'form',
        fields: [
          { name: 'x', type: 'text' },
          { name: 'y', type: 'choice', options: [{ id: 'z', label: 'z' }] },
        ],
      },
    ])
    for (const [index, ask] of asks.entries()) run.answer(ask, { option: String(index) })
    await run.ended
    expect(printed(run)).toEqual(['{"id":1,"option":"0"}', '{"id":2,"option":"1"}', '{"id":3,"option":"2"}'])
  })

  test('beside its standard input', async () => {
    const run = sh(`read -r line; echo '{"text":"?"}' >&3; read -r a <&3; echo "$line $a"`, { stdin: 'open' })
    run.run.send('hello', [])
    run.answer(await run.asked('?'), { text: 'x' })
    await run.ended
    expect(printed(run)).toEqual(['hello {"text":"x"}'])
  })
})

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

describe('nothing waits for the channel', () => {
  test('a command that closes it withdraws what is open, and runs on', async () => {
    const run = sh(
      `echo '{"id":1,"text":"?"}' >&3; read -r a <&3; exec 3>&-; echo open; read -r b; echo "$b"`,
      { stdin: 'open' },
    )
    const first = await run.asked('?')
    run.answer(first, { text: 'x' })
    await prints(run, 1)
    run.run.send('done', [])
    await run.ended
    expect([printed(run), run.withdrawn]).toEqual([['open', 'done'], []])
  })

  test('what is open when it is closed is withdrawn, and a late answer harms nobody', async () => {
    const run = sh(`echo '{"text":"?"}' >&3; exec 3>&-; read -r b; echo "$b"`, { stdin: 'open' })
    const ask = await run.asked('?')
    await vi.waitFor(() => expect(run.withdrawn).toEqual([ask.key]), { timeout: 5_000 })
    run.answer(ask, { text: 'late' })
    run.run.send('done', [])
    expect(await run.ended).toMatchObject({ ok: true })
    expect(printed(run)).toEqual(['done'])
  })

  test('a command that ends without its answer has ended', async () => {
    const run = sh(`echo '{"text":"?"}' >&3; printf '{"half' >&3; exit 4`)
    expect(await run.ended).toMatchObject({ exit: { code: 4 } })
    run.answer({ ...(await run.asked('?')) }, { text: 'late' })
    expect(run.calls.at(-1)).toBe('ended')
  })

  test('descendants that hold it do not keep the run alive', async () => {
    const run = sh(`sleep 600 >/dev/null 2>&1 & echo '{"text":"?"}' >&3; exit 0`)
    expect(await run.ended).toMatchObject({ ok: true })
  })

  test('a child of the command may ask for it', async () => {
    const run = sh(`(echo '{"text":"?"}' >&3; read -r a <&3; echo "$a") & wait`)
    run.answer(await run.asked('?'), { text: 'x' })
    await run.ended
    expect(printed(run)).toEqual(['{"text":"x"}'])
  })

  test('a flood from a command that never reads is held back, little of it is kept, and it can be cancelled', async () => {
    const run = sh(`echo ready; while :; do echo nonsense; done >&3`)
    await prints(run, 1)
    const before = process.memoryUsage().rss
    // Every answer would be an error of 50 bytes: it stops when some of them wait.
    let earlier = -1
    await vi.waitFor(
      () => {
        const now = process.resourceUsage().userCPUTime
        const idle = now - earlier < 50_000
        earlier = now
        expect(idle).toBe(true)
      },
      { timeout: 10_000, interval: 300 },
    )
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000)
    run.run.cancel()
    expect(await run.ended).toMatchObject({ ok: false })
  })

  test('a flood of bytes without a line end is told once, and kept no further', async () => {
    const run = node(`${printing(1)}
      let sent = 0
      const more = () => { while (sent++ < 2_000) if (!channel.write('x'.repeat(10_000))) return channel.once('drain', more); ask({ text: 'never' }) }
      more()`)
    await run.ended
    expect(printed(run)).toEqual([`{"error":"a line has at most ${lineMax} bytes"}`])
  })

  test('while the run is paused nothing is asked, and then all', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'callboard-asks-'))
    const asked = join(directory, 'asked')
    const run = sh(
      `echo ready; read -r go; echo '{"text":"?"}' >&3; touch ${asked}; read -r a <&3; echo "$a"`,
      { stdin: 'open' },
    )
    await prints(run, 1)
    run.run.pause()
    run.run.send('go', [])
    await vi.waitFor(() => expect(existsSync(asked)).toBe(true), { timeout: 5_000 })
    await setImmediate()
    expect(run.asks).toEqual([])
    run.run.resume()
    run.answer(await run.asked('?'), { text: 'x' })
    await run.ended
    expect(printed(run)).toEqual(['ready', '{"text":"x"}'])
    rmSync(directory, { recursive: true })
  })
})

test('an ask at its bounds fits into a line', () => {
  expect(limits.askLineBytesMax).toBeGreaterThan(4 * limits.askTextCharsMax)
})
