/** Which tasks wait for each other, and which for nobody. */
import { describe, expect, test } from 'vitest'
import type { Profiles } from '../../src/actors/profiles.ts'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'
import { finish, getTask, narrow, waiting } from './narrow-rig.ts'

const profiles: Profiles = {
  byName: new Map([
    ['agent', { name: 'agent', runner: 'command', command: ['x'], exclusive: 'cwd' }],
    ['free', { name: 'free', runner: 'command', command: ['x'] }],
  ]),
  defaultName: undefined,
}

describe('exclusivity', () => {
  test('tasks of an exclusive profile in one directory run one at a time; others, and commands, beside them', async () => {
    const { runner, connect } = rig({ profiles })
    const client = await connect()
    const agent = async (cwd: string): Promise<string> => await client.start('', { profile: 'agent', cwd })
    await agent('/a')
    const second = await agent('/a')
    await agent('/b')
    await client.start('', { profile: 'free', cwd: '/a' })
    expect(runner.runs).toHaveLength(3)
    expect(await waiting(client)).toEqual([second])
    finish(runner.runs[0])
    await until(() => runner.runs.length === 4)
    expect(runner.last.task.id).toBe(second)
  })

  test('a task inside a task waits neither for a slot nor for its own parent', async () => {
    const { runner, connect } = rig(narrow({ profiles }))
    const outside = await connect()
    const parent = await outside.start('', { profile: 'agent', cwd: '/a' })
    const inside = await connect()
    await inside.greet({ task: parent })
    const child = await inside.start('', { profile: 'agent', cwd: '/a' })
    expect(runner.runs).toHaveLength(2)
    expect(await getTask(outside, child)).toMatchObject({ state: 'starting', parent })
    const other = await outside.start('', { profile: 'agent', cwd: '/a' })
    finish(runner.runs[0])
    await quiet()
    // The directory is still its child's.
    expect(await waiting(outside)).toEqual([other])
    finish(runner.runs[1])
    await until(() => runner.runs.length === 3)
  })

  test('who claims to be inside a task that does not run gains nothing', async () => {
    const { connect, runner } = rig(narrow())
    const client = await connect()
    await client.greet({ task: 'made up' })
    await client.start()
    await client.start()
    expect(runner.runs).toHaveLength(1)
  })
})
