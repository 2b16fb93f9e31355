/**
 * Real adapters of agents, where they are installed: without keys they come as far as their login. Where one is not on
 * PATH its test is skipped and says so. CALLBOARD_TEST_ADAPTERS names a directory to look in first.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { probeAgent } from '../../src/runners/acp/probe.ts'
import { programPath } from '../../src/runners/installed-agents.ts'
import { agentRun } from './acp-run.ts'

const directories = [process.env['CALLBOARD_TEST_ADAPTERS'], process.env['PATH']].filter(
  (one) => one !== undefined,
)
const found = (program: string): string | undefined =>
  programPath(program, { PATH: directories.join(delimiter) })

describe.each(['claude-agent-acp', 'codex-acp'])('%s', (program) => {
  const path = found(program)
  const title = path === undefined ? `(skipped: ${program} is not on PATH)` : ''

  test.skipIf(path === undefined)(`says what it is ${title}`, async () => {
    const probed = await probeAgent({ command: [path ?? ''], cwd: '/tmp', env: {}, version: '0.0.0' })
    expect(probed).toMatchObject({ ok: true, version: expect.any(String) })
  })

  test.skipIf(path === undefined)(`without a key says how to log in ${title}`, async () => {
    const home = mkdtempSync(join(tmpdir(), 'adapter-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const run = agentRun([path ?? ''], 'Say hello', { env: { HOME: home } })
    const result = await run.ended
    const why = 'The agent wants a login first (-32000). Log in: run `'
    expect(result).toMatchObject({ ok: false, ask: 'api_req_failed', text: expect.stringContaining(why) })
    expect(result.text).not.toContain('It last wrote')
    expect(run.calls).toEqual(['started', 'ended'])
  })
})
