import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { replayRunner } from '../../src/runners/replay.ts'
import { ManualClock } from './manual-clock.ts'
import { record, taskOf } from './recorded-run.ts'
import { beginning, ending, header, linesOf, sample, work, writeRecording } from './sample-recording.ts'
import type { RunResult } from '../../src/runners/runner.ts'

const directory = mkdtempSync(join(tmpdir(), 'callboard-recording-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const small = { recordingHeaderBytesMax: 1_000, recordingLineBytesMax: 2_000, recordingReadBytes: 64 }
const runner = replayRunner({ limits: small })
let files = 0

function written(content: string | Buffer): string {
  const path = join(directory, `${(files += 1)}.jsonl`)
  writeFileSync(path, content)
  return path
}

function refusal(replay: string): string {
  const outcome = runner.check(taskOf({ replay }))
  return outcome.ok ? 'accepted' : outcome.error.message
}

async function played(content: string | Buffer): Promise<RunResult> {
  const task = taskOf({ replay: written(content), speed: 0 })
  expect(runner.check(task).ok).toBe(true)
  return await record(runner, task).ended
}

const fine = header + linesOf(sample)

describe('what is no recording', () => {
  const head = (more: object): string =>
    `${JSON.stringify({ callboard: 'recording', version: 1, ...more })}\n`
  test.each([
    ['an empty file', '', 'is empty: it is not a recording'],
    ['text', 'hello\n', 'is not a recording: its first line must be {"callboard":"recording",…}'],
    ['other JSON', '{"callboard":"config"}\n', 'is not a recording'],
    ['events without a header', linesOf(sample), 'is not a recording'],
    ['bytes', Buffer.from([0xff, 0xfe, 0x00, 0x0a]), 'is not a recording'],
    ['one line without end', 'x'.repeat(5_000), 'is not a recording'],
    ['a header past its bound', head({ task: { id: 't', text: 'x'.repeat(1_000) } }), 'is not a recording'],
    [
      'a newer version',
      head({ version: 2, task: {} }),
      'made by a newer Callboard (version 2 of recordings, this one plays up to 1): update',
    ],
    ['a version that is none', head({ version: 'x' }), 'has a first line that is no recording'],
    ['no task', head({}), "has a first line that is no recording's: task: "],
    ['a header nested deep', `${'['.repeat(500)}\n`, 'is not a recording'],
  ])('%s is refused before the task starts', async (_, content, sentence) => {
    const path = written(content)
    expect(refusal(path)).toContain(sentence)
    expect(refusal(path)).toContain(path)
    // A task that is resumed is not checked again.
    const run = record(runner, taskOf({ replay: path }))
    expect(await run.ended).toEqual({ ok: false, text: refusal(path) })
    expect(run.calls).toEqual(['ended'])
  })

  // bound: recordingHeaderBytesMax
  test('a header is as long as it may be, and no longer', () => {
    const bare = head({ task: { id: 't', text: '' } }).length - 1
    const headed = (bytes: number): string =>
      refusal(written(head({ task: { id: 't', text: 'x'.repeat(bytes - bare) } })))
    expect(headed(small.recordingHeaderBytesMax)).toBe('accepted')
    expect(headed(small.recordingHeaderBytesMax + 1)).toContain('is not a recording')
  })

  test('a missing file, a directory, a relative path and a NUL are told apart', () => {
    expect(refusal(join(directory, 'none'))).toBe(`The recording "${join(directory, 'none')}" is not there.`)
    expect(refusal(`${process.execPath}/x`)).toContain('is not there')
    expect(refusal(directory)).toContain('is a directory')
    expect(refusal('here.jsonl')).toBe('configuration.callboard.replay must be an absolute path.')
    expect(refusal('/a\0b')).toContain('must be an absolute path')
    expect(runner.check(taskOf({}))).toMatchObject({ ok: false })
  })

  test('a pipe and a device hold nobody up', () => {
    const pipe = join(directory, 'pipe')
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe])
    const link = join(directory, 'link')
    symlinkSync(pipe, link)
    for (const path of [pipe, link, '/dev/zero']) expect(refusal(path)).toContain('is no plain file')
  })

  test('nothing of the file is quoted', () => {
    expect(refusal(written('API_KEY=secret\n'))).not.toContain('secret')
    expect(refusal(written('{"callboard":"recording","version":1,"task":"secret"}\n'))).not.toContain(
      'secret',
    )
  })
})

describe('what is broken further on', () => {
  const [first = ''] = linesOf(beginning).split('\n')
  const broken = (line: string): string => `${header}${linesOf(beginning)}${line}\n${linesOf(ending)}`
  const values = Array(limits.recordingValuesMax).fill(1)
  // bound: recordingLineBytesMax
  test.each([
    ['garbage', broken('garbage'), /line 7 is not JSON in UTF-8\.$/],
    ['a line that is no event', broken('{"t":1}'), /line 7 is no recorded event: event: /],
    [
      'a wrong payload',
      broken('{"t":1,"event":{"eventName":"taskStarted","payload":[]}}'),
      /line 7 is no recorded event/,
    ],
    [
      'a time before the beginning',
      broken(first.replace('"t":0', '"t":-1')),
      /line 7 is no recorded event: t: /,
    ],
    [
      'an unknown kind of message',
      broken(linesOf(work.slice(0, 1)).trim().replace('"text"', '"hum"')),
      /line 7 is no .*unknown value\.$/,
    ],
    ['a line past its bound', broken('x'.repeat(2_001)), /line 7 has more than 2000 bytes\.$/],
    ['deep nesting', broken('['.repeat(500)), /line 7 nests more than 100 deep\.$/],
    [
      'a last line that is cut off',
      fine.slice(0, -10),
      new RegExp(`line ${sample.length + 1} is cut off\\.$`),
    ],
    [
      'a cut between lines',
      header + linesOf([...beginning, ...work]),
      /ends before its task does: record .* ended\.$/,
    ],
    ['a header alone', header, /ends before its task does: record .* ended\.$/],
    ['a header without its line end', header.trim(), /ends before its task does: record .* ended\.$/],
  ])('%s ends the run with a sentence', async (_, content, sentence) => {
    const result = await played(content)
    expect(result.ok).toBe(false)
    expect(result.text).toMatch(sentence)
  })

  test('what came before it is told, also what was due at the same time', async () => {
    const content = `${header}${linesOf([...beginning, ...work])}garbage\n`
    const run = record(replayRunner(), taskOf({ replay: written(content), speed: 0 }))
    expect((await run.ended).text).toMatch(/is not JSON/)
    expect(run.calls).toEqual(['started', 'announced', 'ended'])
    expect(run.announced).toHaveLength(work.length)
  })

  test('a line full of wrong values costs little', async () => {
    const line = JSON.stringify({
      t: 1,
      event: { eventName: 'queuedMessagesUpdated', payload: ['t', values] },
    })
    const wide = replayRunner({ limits: { ...small, recordingLineBytesMax: 1_000_000 } })
    const run = record(wide, taskOf({ replay: written(broken(line)), speed: 0 }))
    expect((await run.ended).text).toContain(`line 7 holds more than ${limits.recordingValuesMax} values`)
  })
})

describe('what is taken', () => {
  const filling = 'x'.repeat(2_000 - linesOf(work.slice(2, 3)).trimEnd().length + 'I write it.'.length)
  // bound: recordingLineBytesMax
  test.each([
    ['CRLF, blank lines and a byte order mark', `\uFEFF${fine.replaceAll('\n', '\r\n\r\n')}`],
    ['a last line without its end', fine.trimEnd()],
    ['a line of its bound', fine.replace('I write it.', filling)],
    ['unknown keys', fine.replaceAll('"t":', '"new":[1],"t":').replace('"callboard"', '"x":1,"callboard"')],
    [
      'events of newer versions',
      fine.replace('\n', '\n{"t":0,"event":{"eventName":"taskDanced","payload":[7]}}\n'),
    ],
  ])('%s', async (_, content) => {
    expect(await played(content)).toMatchObject({ ok: true, text: 'Wrote it.' })
  })
})

test('a recording that is changed while it is played fails, and says so', async () => {
  const clock = new ManualClock()
  const replay = writeRecording(directory, sample, 'changed.jsonl')
  const run = record(replayRunner({ clock }), taskOf({ replay, speed: 1 }))
  await vi.waitFor(() => expect(clock.next).toBe(20), { interval: 1 })
  appendFileSync(replay, 'x\n')
  clock.wind(10_000)
  const { ok, text } = await run.ended
  expect([ok, text]).toEqual([false, `The recording "${replay}" was changed while it was played.`])
})

test('no file stays open after the runs', async () => {
  const open = (): string[] =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)]
      } catch {
        return []
      }
    })
  await vi.waitFor(() => expect(open().filter((path) => path.startsWith(directory))).toEqual([]))
})
