/** A lease on a task that is closed would hold nothing, and could not be told of its end. */
import { expect, test } from 'vitest'
import { rig } from './rig.ts'

test('nobody holds a closed task: to claim one is busy, until it is resumed', async () => {
  const { connect, runner, broker } = rig()
  const client = await connect()
  await client.greet()
  const task = await client.start()
  runner.last.started()
  runner.last.ends()
  await client.hears('taskIdle', task)
  const claim = { commandName: 'ClaimTask', data: { taskId: task } } as const
  await client.ask({ commandName: 'CloseTask', data: task })
  expect(await client.request(claim)).toEqual({
    ok: false,
    error: {
      code: 'busy',
      message: 'This task is closed: resume it first (callboard resume), then claim it.',
    },
  })
  expect(broker.leases.get(task)).toBe(undefined)
  await client.ask({ commandName: 'ResumeTask', data: task })
  expect(await client.ask(claim)).toMatchObject({ holder: { clientId: client.clientId } })
})

test('one that cannot run again is not_resumable', async () => {
  const { connect, broker } = rig()
  const client = await connect()
  await client.greet()
  const task = await client.start()
  await client.ask({ commandName: 'CloseTask', data: task })
  await client.hears('taskUnfocused', task)
  broker.tasks.closed.forget(task)
  expect(await client.refusal({ commandName: 'ClaimTask', data: { taskId: task } })).toBe('not_resumable')
})

test.each(['settled', 'running'])(
  'one that is %s, and closed and claimed in one write, is held by nobody',
  async (state) => {
    const { connect, runner, broker } = rig()
    const client = await connect()
    await client.greet()
    const task = await client.start()
    runner.last.started()
    if (state === 'settled') {
      runner.last.ends()
      await client.hears('taskIdle', task)
    }
    client.send(
      { commandName: 'CloseTask', data: task, requestId: 'close' },
      { commandName: 'ClaimTask', data: { taskId: task }, requestId: 'claim' },
    )
    expect(await client.reply('close')).toMatchObject({ ok: true })
    await client.reply('claim')
    await client.hears('taskUnfocused', task)
    expect(broker.leases.get(task)).toBe(undefined)
  },
)
