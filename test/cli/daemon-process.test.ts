/** A daemon that is told to end, seen from outside. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { DaemonProcess } from '../../src/cli/daemon-process.ts'
import { limits } from '../../src/limits.ts'

// bound: forcedStopMs
test.skipIf(process.platform === 'win32')(
  'one that does not end by force is waited for as long as may be, and then said to stay',
  async () => {
    const child = spawn('sh', ['-c', `trap '' TERM; echo deaf; while :; do sleep 0.05; done`])
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    const begun = 1_000_000
    vi.useFakeTimers({ toFake: ['Date'], now: begun })
    onTestFinished(() => void vi.useRealTimers())
    const outcome = { why: '' }
    const daemon = new DaemonProcess(child.pid ?? 0, '/none.sock', '`harder`')
    const forced = daemon.forced(limits.forcedStopMs).catch((error: unknown) => {
      outcome.why = String(error)
    })
    vi.setSystemTime(begun + limits.forcedStopMs - 1)
    await delay(60)
    expect(outcome.why).toBe('')
    vi.setSystemTime(begun + limits.forcedStopMs)
    await forced
    expect(outcome.why).toContain(`(pid ${child.pid}) still runs after 10 s: try \`harder\``)
  },
)
