/** The example agent of the protocol's library behind a real daemon, seen by legacy clients and by one of ours. */
import { describe, expect, test } from 'vitest'
import { aborted, agentDaemon, beginning, completed, openAsk } from './agent-daemon.ts'
import { eventually, processesOf } from './task-events.ts'

const { legacy, native } = agentDaemon()

describe('the example agent of the protocol library 1.0.0', () => {
  test('answers a prompt; its permission is given by the profile where only legacy clients watch', async () => {
    const [starter, watcher] = [await legacy(), await legacy()]
    const task = await starter.startAndHear('Improve it', 'example-allow')
    await watcher.heard(task, 'taskIdle')
    const names = watcher.named(task)
    expect(names.slice(0, 5)).toEqual(beginning)
    expect(names.slice(5, -5)).toEqual([
      'say:text',
      'ask:tool',
      'say:text',
      'ask:tool',
      'taskInteractive',
      'taskAskResponded',
      'taskActive',
      'ask:tool',
      'say:text',
    ])
    expect(names.slice(-5)).toEqual(completed)
    expect((await watcher.heard(task, 'say:completion_result')).text).toContain('successfully updated')
    const { payload } = await watcher.heard(task, 'taskCompleted')
    expect(payload[2]).toEqual({
      read_file: { attempts: 1, failures: 0 },
      apply_diff: { attempts: 1, failures: 0 },
    })
  })

  test('is denied by the profile where that says so', async () => {
    const client = await legacy()
    const task = await client.startAndHear('Improve it', 'example-deny')
    await client.heard(task, 'taskIdle')
    expect((await client.heard(task, 'say:completion_result')).text).toContain('skip the configuration')
  })

  test('waits for a person otherwise, who answers by a client of ours; legacy ones see it', async () => {
    const [starter, person] = [await legacy(), await native()]
    const task = await starter.startAndHear('Improve it', 'example')
    await starter.heard(task, 'taskInteractive')
    expect((await person.getTask(task)).state).toBe('interactive')
    await person.respondToAsk(await openAsk(person, task), { option: 'allow' })
    await starter.heard(task, 'taskIdle')
    const names = starter.named(task)
    expect(names.slice(names.indexOf('taskInteractive'), -6)).toEqual([
      'taskInteractive',
      'taskAskResponded',
      'taskActive',
      'ask:tool',
    ])
  })

  test('is cancelled while it asks, and nothing is left of it', async () => {
    const [starter, other] = [await legacy(), await legacy()]
    const task = await starter.startAndHear('Improve it', 'example')
    await starter.heard(task, 'taskInteractive')
    other.command('CancelTask', task)
    await starter.heard(task, 'taskResumable')
    expect(starter.named(task).slice(-2)).toEqual(aborted)
    expect(starter.named(task)).not.toContain('taskAskResponded')
    await eventually(() => expect(processesOf(task)).toEqual([]))
  })
})
