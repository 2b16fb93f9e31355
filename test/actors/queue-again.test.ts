/** A task that leaves the queue and comes back in one commit: it waits once, and runs once. */
import { expect, test } from 'vitest'
import { finish, narrow, waiting } from './narrow-rig.ts'
import { rig } from './rig.ts'
import { until } from './turns.ts'

/** One runs, two wait; commands of one read, on the first of these. */
async function behindOne() {
  const { runner, connect, broker } = rig(narrow())
  const client = await connect()
  await client.greet()
  const runs = await client.start('runs')
  const [again, other] = [await client.start('again'), await client.start('other')]
  return { runner, broker, client, runs, again, other }
}

test.each(['CancelTask', 'CloseTask'] as const)(
  '%s and ResumeTask in one read: its earlier place is gone, and it waits behind the others',
  async (commandName) => {
    const { runner, broker, client, runs, again, other } = await behindOne()
    client.send(
      { commandName, data: again, requestId: 'ends' },
      { commandName: 'ResumeTask', data: again, requestId: 'resumes' },
    )
    expect(await client.reply('resumes')).toEqual({ ok: true, result: {} })
    expect([await waiting(client), broker.queue.waitingCount]).toEqual([[other, again], 2])
    for (const [index, task] of [runs, other, again].entries()) {
      await until(() => runner.runs.length === index + 1)
      expect(runner.last.task.id).toBe(task)
      finish(runner.last)
      await client.hears('taskIdle', task)
    }
    expect([runner.runs.length, broker.queue.waitingCount, broker.queue.runningCount]).toEqual([3, 0, 0])
  },
)

test.each([
  ['closed, resumed and closed', ['CloseTask', 'ResumeTask', 'CloseTask'], []],
  ['resumed and closed, after it was closed', ['ResumeTask', 'CloseTask'], ['CloseTask']],
] as const)('%s in one read, it can be resumed again', async (_, names, before) => {
  const { broker, client, again, other } = await behindOne()
  for (const commandName of before) await client.ask({ commandName, data: again })
  client.send(...names.map((commandName, n) => ({ commandName, data: again, requestId: `${n}` })))
  for (const n of names.keys()) expect(await client.reply(`${n}`)).toEqual({ ok: true, result: {} })
  expect([await waiting(client), broker.tasks.closed.has(again)]).toEqual([[other], true])
  await client.ask({ commandName: 'ResumeTask', data: again })
  expect(await waiting(client)).toEqual([other, again])
})

test('a task that left in a step that is undone waits where it waited', async () => {
  const { broker, client, again, other } = await behindOne()
  const step = (): void => {
    const task = broker.tasks.live(again)
    if (task !== undefined) broker.tasks.cancel(task, {})
    expect(broker.queue.waitingCount).toBe(1)
    throw new Error('a mistake')
  }
  expect(() => broker.transact(step)).toThrow('a mistake')
  expect([await waiting(client), broker.queue.waitingCount]).toEqual([[again, other], 2])
})
