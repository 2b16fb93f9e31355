import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { published115 } from '../wire/vocabulary/published.ts'
import { DaemonPlace, startDaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import { RooClient } from './roo-client.ts'
import type { Heard } from './roo-client.ts'
import { eventually, startCommand } from './task-events.ts'

interface Evaluation {
  readonly started: string
  readonly ends: readonly Heard[]
  readonly usages: readonly Heard[]
  readonly output: string
}

/** What Roo Code's own eval runner does: whatever task starts is its task, whatever ends is its end. */
class EvalRunner implements Disposable {
  readonly #client: RooClient

  private constructor(client: RooClient) {
    this.#client = client
  }

  static async open(path: string): Promise<EvalRunner> {
    return new EvalRunner(await RooClient.open(path, published115))
  }

  get client(): RooClient {
    return this.#client
  }

  async evaluate(prompt: string): Promise<Evaluation> {
    this.#client.start(prompt, 'code')
    const started = await this.#first('taskStarted')
    await this.#first('taskCompleted', 'taskAborted')
    const all = [...this.#client.events]
    this.#client.command('CloseTask')
    await this.#first('taskUnfocused')
    this.#client.disconnect()
    return {
      started: String(started.payload[0]),
      ends: all.filter(({ name }) => name === 'taskCompleted' || name === 'taskAborted'),
      usages: all.filter(({ name }) => name === 'taskTokenUsageUpdated'),
      output: all.findLast(({ name }) => name === 'say:command_output')?.text ?? '',
    }
  }

  async #first(...names: readonly string[]): Promise<Heard> {
    return await eventually(() => {
      const found = this.#client.events.find(({ name }) => names.includes(name))
      if (found === undefined) throw new Error(`no ${names.join(' or ')} yet`)
      return found
    })
  }

  [Symbol.dispose](): void {
    this.#client.disconnect()
  }
}

/** A task that says its prompt when the file `go` in its directory is there. */
function patientConfig(dir: string): object {
  const script = 'while [ ! -e go ]; do sleep 0.02; done; cat'
  return {
    defaultProfile: 'evals',
    profiles: { evals: { runner: 'command', command: ['sh', '-c', script], cwd: dir, stdin: 'text' } },
  }
}

test('two eval runners at once on a listener of their own each end with their own result', async () => {
  using place = new DaemonPlace()
  await using daemon = await startDaemonProcess({
    place,
    config: patientConfig(place.dir),
    args: ['--listen', 'node-ipc+roo:{dir}/evals.sock,scope=own'],
  })
  const path = join(place.dir, 'evals.sock')
  await using watcher = await RawLink.open(daemon.socketPath)
  using stranger = await RooClient.open(path, published115)
  using one = await EvalRunner.open(path)
  using other = await EvalRunner.open(path)
  const results = Promise.all([one.evaluate('the first prompt'), other.evaluate('the second prompt')])
  await eventually(() => expect(watcher.events().filter((name) => name === 'taskStarted')).toHaveLength(2))
  writeFileSync(join(place.dir, 'go'), '')
  const [first, second] = await results

  expect(first.started).not.toBe(second.started)
  expect(first.output).toBe('the first prompt')
  expect(second.output).toBe('the second prompt')
  for (const result of [first, second]) {
    const usage = { totalTokensIn: 0, totalTokensOut: 0, totalCost: 0, contextTokens: 0 }
    expect(result.ends.map(({ name, payload }) => [name, ...payload])).toEqual([
      ['taskCompleted', result.started, usage, {}, { isSubtask: false }],
    ])
    expect(result.usages.map(({ payload }) => payload)).toEqual([
      [result.started, usage, {}],
      [result.started, usage, {}],
    ])
  }
  for (const { client } of [one, other]) {
    expect(client.refused).toEqual([])
    expect(new Set(client.events.map(({ task }) => task)).size).toBe(1)
  }
  expect(stranger.events).toEqual([])
})

test('on a listener of its own a client can neither see nor steer the tasks of others', async () => {
  await using daemon = await startDaemonProcess({
    args: ['--listen', 'node-ipc+roo:{dir}/evals.sock,scope=own'],
  })
  const path = join(daemon.place.dir, 'evals.sock')
  await using owner = await RawLink.open(path)
  await using other = await RawLink.open(path)
  const taskId = await startCommand(owner, ['sleep', '60'])
  for (const [command, data] of [
    ['CancelTask', taskId],
    ['CloseTask', taskId],
    ['GetTask', taskId],
    ['SendMessage', { text: 'x', taskId }],
  ] as const) {
    expect((await other.request(command, data)).error?.code, command).toBe('unknown_task')
  }
  expect((await other.request('CancelTask')).error?.code).toBe('not_current')
  expect((await other.request('ListTasks')).result).toEqual({ tasks: [] })
  expect(
    (await other.request('Subscribe', { after: 0, tasks: [taskId], snapshot: true })).result,
  ).toMatchObject({
    snapshot: { tasks: [] },
  })
  expect((await owner.request('CancelTask')).ok).toBe(true)
  await eventually(() => expect(owner.events()).toContain('taskResumable'))
  expect(other.events()).toEqual([])
})
