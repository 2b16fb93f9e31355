/** A machine that is not ours, in a program of its own, on the page of a real daemon. */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { createActor, createMachine, setup } from 'xstate'
import { describe, expect, test, vi } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { chartOf } from '../../src/inspector/chart.ts'
import { ActorMoves } from '../../src/inspector/actor-moves.ts'
import { inspectTo } from '../../src/inspector/inspect-to.ts'
import { limits } from '../../src/limits.ts'
import { startDaemonProcess } from '../daemon/daemon-process.ts'

const light = setup({
  types: { context: {} as { apiKey: string; cars: number } },
  guards: { open: () => true },
}).createMachine({
  id: 'light',
  initial: 'green',
  context: { apiKey: 'sk-secret', cars: 3 },
  states: {
    green: { on: { change: 'yellow' } },
    yellow: { always: { guard: 'open', target: 'red' } },
    red: {
      type: 'parallel',
      states: {
        walk: { initial: 'on', states: { on: { on: { hurry: 'off' } }, off: {} } },
        cars: { initial: 'wait', states: { wait: {} } },
      },
      on: { change: 'out' },
    },
    out: { type: 'final' },
  },
})

interface Counts {
  readonly key: string
  readonly leaves: readonly number[]
  readonly edges: readonly number[]
  readonly refused: number
}

/** The page's own questions, with its token. */
async function pageOf(client: CallboardClient): Promise<(path: string) => Promise<Record<string, unknown>>> {
  const answer = (await client.request({ commandName: 'OpenInspector', data: {} })) as { url: string }
  const url = new URL(answer.url)
  const headers = { authorization: `Bearer ${url.hash.slice('#token='.length)}` }
  return async (path) =>
    (await (await fetch(new URL(path, url), { headers })).json()) as Record<string, unknown>
}

const unexpected = { type: 'nonsense' }

describe('inspectTo', () => {
  test('shows another program’s actors on the page: where they stand, each edge, what was not expected, no secret', async () => {
    await using daemon = await startDaemonProcess()
    await using client = new CallboardClient({ socketPath: daemon.socketPath })
    const ask = await pageOf(client)
    using inspect = inspectTo({ namespace: 'lights', socketPath: daemon.socketPath, reportMs: 5 })
    const actor = createActor(light, { inspect }).start()
    createActor(light, { inspect }).start()
    actor.send({ type: 'change' })
    actor.send({ type: 'hurry' })
    actor.send(unexpected)
    const counts = await vi.waitFor(async () => {
      const { counts: all } = (await ask('/api/counts')) as { counts: Counts[] }
      const found = all.find(({ key }) => key === 'lights/light')
      expect(found?.refused).toBe(1)
      return found
    }, 10_000)
    // green; yellow; off, on, wait of red; out.
    expect(counts?.leaves).toEqual([1, 0, 0, 1, 1, 0])
    expect(counts?.edges).toEqual([1, 1, 0, 1])
    const recording = String((await ask('/api/recording'))['text'])
    expect(recording).toContain('lights/light')
    expect(recording).not.toContain('sk-secret')
    actor.send({ type: 'change' })
    await vi.waitFor(async () => {
      const { actors } = (await ask('/api/actors?machine=lights/light')) as { actors: unknown[] }
      expect(actors).toHaveLength(1)
    }, 10_000)
  })

  test('is silent where there is no daemon, and lets its program end', async () => {
    const program = `
      import { createActor, createMachine } from 'xstate'
      import { inspectTo } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/package/inspect.ts'))}
      const machine = createMachine({ id: 'm', initial: 'a', states: { a: { on: { go: 'b' } }, b: { on: { go: 'a' } } } })
      const actor = createActor(machine, { inspect: inspectTo({ reportMs: 1, retryMs: 1, socketPath: '/nonexistent/x.sock' }) }).start()
      for (let index = 0; index < 50_000; index++) actor.send({ type: 'go' })
      setTimeout(() => console.log('done'), 100)
    `
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: join(import.meta.dirname, '../..'),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()))
    const code = await new Promise((settle) => child.on('close', settle))
    expect([code, out.trim()]).toEqual([0, 'done'])
  })

  test('never throws into its program, whatever it is given', () => {
    using inspect = inspectTo({ socketPath: '/nonexistent/x.sock' })
    const machine = {
      get root(): never {
        throw new Error('no')
      },
    }
    for (const snapshot of [null, 1, { machine, value: 'a' }, { machine: {}, value: 'a' }])
      expect(() => inspect({ type: '@xstate.microstep', actorRef: {}, event: null, snapshot })).not.toThrow()
    expect(() => inspect({ type: 'unknown' })).not.toThrow()
  })
})

describe('what is kept of another program', () => {
  const observed = (moves: ActorMoves) => {
    const actor = createActor(light, { inspect: (inspection) => moves.take(inspection, 1) }).start()
    return actor
  }

  test('is bounded: the oldest moves are left out, and counted', () => {
    const moves = new ActorMoves(chartOf)
    const actor = observed(moves)
    for (let index = 0; index < limits.inspectedMovesMax + 10; index++) actor.send(unexpected)
    const report = moves.report()
    expect(report.moves).toHaveLength(limits.inspectedMovesMax)
    expect(report.dropped).toBe(11)
    expect(moves.hasNews).toBe(false)
  })

  test('of each actor the last move has its context, and a context becomes text only when it is sent', () => {
    const moves = new ActorMoves(chartOf)
    let read = 0
    const context = {
      get asked() {
        return ++read
      },
    }
    const machine = createMachine({ id: 'm', context, initial: 'a', states: { a: { on: { go: {} } } } })
    const actor = createActor(machine, { inspect: (inspection) => moves.take(inspection, 1) }).start()
    for (let index = 0; index < 100; index++) actor.send({ type: 'go' })
    expect(read).toBe(0)
    const sent = moves.report().moves
    expect(sent.filter((one) => one.context !== undefined)).toEqual([sent.at(-1)])
    expect(read).toBe(1)
  })

  test('machines are told once, and again to who does not know them', () => {
    const moves = new ActorMoves(chartOf)
    const actor = observed(moves)
    const first = moves.report()
    expect(first.machines).toHaveLength(1)
    first.told()
    actor.send({ type: 'change' })
    expect(moves.report().machines).toBeUndefined()
    moves.forgetTold()
    actor.send({ type: 'hurry' })
    expect(moves.report().machines).toHaveLength(1)
  })
})
