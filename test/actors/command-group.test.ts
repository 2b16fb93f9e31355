/** Commands that change something are committed together, before anything comes of them. */
import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { failing, isUp } from './failing-store.ts'

test('a request that could not be committed is done when it is sent again under its id', async () => {
  const place = await failing()
  const { client, runner, fail } = place
  await client.greet()
  const command = { commandName: 'StartNewTask' as const, data: { text: 'x' } }
  fail(true)
  expect(await client.request(command, 'one')).toMatchObject({
    ok: false,
    error: { code: 'storage_unavailable' },
  })
  fail(false)
  await isUp(place)
  client.forget()
  const first = await client.request(command, 'one')
  expect(first.ok).toBe(true)
  client.forget()
  expect(await client.request(command, 'one')).toEqual(first)
  expect(runner.runs).toHaveLength(1)
})

test('nothing is spawned before the start, its answer and its first events are one commit', async () => {
  const place = await failing()
  const { client, runner, commits } = place
  await client.greet()
  commits.length = 0
  const seen: number[] = []
  const start = runner.start.bind(runner)
  runner.start = (...given) => {
    seen.push(commits.length)
    return start(...given)
  }
  await client.start()
  expect(seen).toEqual([1])
  expect(commits[0]?.events?.map(({ name }) => name)).toEqual(['taskCreated', 'taskFocused', 'message'])
  expect(commits[0]?.tasks).toMatchObject([{ state: 'starting', machine: { version: 1 } }])
  expect(commits[0]?.answers).toMatchObject([{ requestId: 'r1' }])
  expect(commits[0]?.sessions).toMatchObject([{ currentTask: commits[0]?.tasks?.[0]?.id }])
})

test('commands of one read are one commit; a question among them is answered from what is committed', async () => {
  const place = await failing()
  const { client, commits } = place
  const start = { commandName: 'StartNewTask' as const, data: {} }
  client.send(...[1, 2, 3].map((n) => ({ ...start, requestId: `a${n}` })))
  await client.reply('a3')
  expect(commits).toHaveLength(1)
  client.send(
    { ...start, requestId: 'b1' },
    { commandName: 'ListTasks', data: {}, requestId: 'list' },
    { ...start, requestId: 'b2' },
  )
  await client.reply('b2')
  expect(commits).toHaveLength(3)
  expect(await client.reply('list')).toMatchObject({ result: { tasks: { length: 4 } } })
  const order = client.messages.flatMap((one) => (one.type === 'Reply' ? [one.requestId] : []))
  expect(order.slice(-3)).toEqual(['b1', 'list', 'b2'])
})

// bound: commitCommandsMax
test('many commands of one read are several commits, each of its answers together', async () => {
  const { client, commits } = await failing()
  const max = limits.commitCommandsMax
  client.send(
    ...Array.from({ length: 2 * max + 1 }, (_, n) => ({
      commandName: 'StartNewTask' as const,
      data: {},
      requestId: `a${n}`,
    })),
  )
  await client.reply(`a${2 * max}`)
  expect(commits.map(({ tasks }) => tasks?.length)).toEqual([max, max, 1])
  const order = client.messages.flatMap((one) => (one.type === 'Reply' ? [one.requestId] : []))
  expect(order).toEqual(Array.from({ length: 2 * max + 1 }, (_, n) => `a${n}`))
})
