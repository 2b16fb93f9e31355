/** The channel on which a command asks: what is asked, and what never waits for it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { asking, lineMax, node, printed, printing, prints, sh } from './asking-command.ts'

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
    await vi.waitFor(() => expect(run.withdrawn).toEqual([ask.key]))
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
    await vi.waitFor(() => expect(existsSync(asked)).toBe(true))
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
