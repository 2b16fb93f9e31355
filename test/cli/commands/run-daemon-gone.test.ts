/** `run` over a daemon that goes away while its task runs, and comes back. */
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CliWorld } from '../cli-process.ts'
import { ScriptedDaemon } from '../scripted-daemon.ts'

const world = new CliWorld()
afterAll(() => world.dispose())

const task = '018f0000-0000-7000-8000-00000000aaaa'
const usage = { totalTokensIn: 0, totalTokensOut: 0, totalCost: 0, contextTokens: 0 }

function end(daemon: ScriptedDaemon): void {
  daemon.announce(task, { eventName: 'taskExited', payload: [task, { code: 3 }] })
  daemon.announce(task, { eventName: 'taskCompleted', payload: [task, usage, {}, { isSubtask: false }] })
}

/** It goes away from the first `times` who follow or ask after the task, and answers the next. It tells the end once. */
function goingAway(name: string, times: { follow: number; ask: number }): string[] {
  const path = join(world.directory, `${name}.sock`)
  const seen = { follow: 0, ask: 0 }
  const daemon = new ScriptedDaemon(path, {
    StartNewTask: () => ({ result: { taskId: task } }),
    Subscribe: () => {
      if (++seen.follow <= times.follow) daemon.goAway()
      else if (seen.follow === times.follow + 1) setImmediate(end, daemon)
      return { result: { after: 0, head: 0 } }
    },
    GetTask: () => {
      if (++seen.ask <= times.ask) daemon.goAway()
      return { result: { id: task, state: 'resumable', text: '', createdAt: 0, resumable: true, asks: [] } }
    },
  })
  return ['run', '--socket', path, '--', 'true']
}

test.each([
  ['three times while it is followed', 'a', { follow: 3, ask: 0 }],
  ['once, and twice more when the end is known', 'b', { follow: 1, ask: 2 }],
])('it goes away %s, and the task ends as the last one says', async (_, name, times) => {
  const { code, out, err } = await world.run(goingAway(name, times))
  expect([code, out]).toEqual([3, ''])
  expect(err).toContain(`\`callboard resume ${task} --socket`)
})
