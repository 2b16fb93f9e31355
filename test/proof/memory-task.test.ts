import { describe, expect, test } from 'vitest'
import { taskMachine } from '../../machines/task.ts'
import type { Task } from '../../src/wire/envelope.ts'
import type { FakeRun } from '../actors/fake-runner.ts'
import type { MemoryClient } from '../actors/memory-client.ts'
import { rig } from '../actors/rig.ts'
import type { Rig } from '../actors/rig.ts'
import { Restarts } from '../actors/restart.ts'
import { until } from '../actors/turns.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { EdgeWatch } from './edges.ts'
import { expectAsInLedger } from './ledger.ts'
import { isOrdered } from './orders.ts'
import { samples, taskInput } from './sample-events.ts'
import { pathOf, tours } from './tours.ts'
import type { Step } from './tours.ts'

const { cancel, close, kill, resume } = samples.task
const granted = samples.task['slot.granted']
const started = samples.task['run.started']
const completed = samples.task['run.completed']
const failed = samples.task['run.failed']
const opened = samples.task['ask.opened']
const answered = samples.task['asks.answered']

const watch = new EdgeWatch()

/** A runner says once that a run started: the ways where that comes late are walked by hand. It asks while it runs. */
const generated = tours(taskMachine, taskInput, {
  events: [granted, started, completed, failed, opened, answered, cancel, close, kill, resume],
  may: isTimely,
})
const byHand = [cancel, close].map((end) => pathOf(taskMachine, taskInput, [granted, end, started, failed]))

/** Where it stood when its daemon was killed: the next one says what became of it. */
const lost = [[], [started], [started, cancel], [started, close]].map((ran) =>
  pathOf(taskMachine, taskInput, [granted, ...ran, samples.task['run.interrupted']]),
)

const scratch = scratchDirectory()

function isTimely(state: string, event: string): boolean {
  if (event === 'run.started') return state === 'starting'
  if (event === 'ask.opened') return state === 'running.active'
  if (event === 'asks.answered') return state === 'running.interactive'
  return event !== 'kill' || state !== 'queued'
}

interface Place extends Rig {
  readonly client: MemoryClient
  /** Takes the slot, where it is free, so that who comes next waits. */
  occupy(): Promise<void>
  free(): void
  /** The last run of the task that is walked. */
  run(id: string): FakeRun
}

/** A broker with one slot, in which runs end when the test says so, not when they are told to. */
async function makePlace(): Promise<Place> {
  const made = rig({ limits: { runningTasks: 1 }, actors: { inspect: watch.inspect } })
  made.runner.deaf = true
  return await placeIn(made)
}

async function placeIn(made: Rig): Promise<Place> {
  made.runner.obedient = false
  const [client, other] = [await made.connect(), await made.connect()]
  await client.greet()
  let occupier: FakeRun | undefined
  return {
    ...made,
    client,
    async occupy() {
      if (occupier !== undefined) return
      await other.start()
      occupier = made.runner.last
      occupier.started()
    },
    free() {
      occupier?.ends()
      occupier = undefined
    },
    run(id) {
      const run = made.runner.runs.findLast((one) => one.task.id === id)
      if (run === undefined) throw new Error('it has not run')
      return run
    },
  }
}

/** Causes a step: by a client where it can, else by the runner or the broker that is at its end. */
async function cause(place: Place, { event }: Step, id: string): Promise<void> {
  const { client, tasks } = place
  const { type } = event
  if (type === 'slot.granted') place.free()
  else if (type === 'resume') {
    await place.occupy()
    await client.ask({ commandName: 'ResumeTask', data: id })
  } else if (type === 'cancel') await client.ask({ commandName: 'CancelTask', data: id })
  else if (type === 'close') await client.ask({ commandName: 'CloseTask', data: id })
  else if (type === 'asks.answered') await answer(client, id)
  else if (type === 'ask.opened') place.run(id).asks('Which?')
  else if (type === 'kill') tasks.killAll()
  else if (type === 'run.started') place.run(id).started()
  else place.run(id).ends({ ok: type === 'run.completed', text: type, exit: { code: 0 } })
}

async function answer(client: MemoryClient, id: string): Promise<void> {
  const { asks } = await client.ask<Task>({ commandName: 'GetTask', data: id })
  for (const ask of asks)
    await client.ask({ commandName: 'RespondToAsk', data: { askId: ask.id, text: 'this' } })
}

/** As GetTask says it. */
function shown(state: string): string {
  if (state === 'running.interactive') return 'interactive'
  return state.replace(/^settled\.|(?<=^running)\..+/g, '')
}

/** How often its last run was told to end, by force and not. */
function ends({ runner }: Place, id: string): readonly [kills: number, cancels: number] {
  const run = runner.runs.findLast((one) => one.task.id === id)
  return [run?.kills ?? 0, run?.cancels ?? 0]
}

describe('a task over memory links', () => {
  test.each([...generated, ...byHand])('walks $title', async ({ steps }) => {
    const place = await makePlace()
    const { client, tasks } = place
    await place.occupy()
    const id = await client.start()
    for (const step of steps) {
      const isNewRun = step.event.type === 'slot.granted'
      const [kills, cancels] = isNewRun ? [0, 0] : ends(place, id)
      await cause(place, step, id)
      await until(() => tasks.live(id) === undefined || !/settled|closed/.test(step.after))
      await until(() => !isNewRun || place.runner.last.task.id === id)
      expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({
        state: shown(step.after),
      })
      const ending = /^running\.\w+ing$/.test(step.after) && step.before !== step.after
      expect(ends(place, id)).toEqual([
        kills + (step.event.type === 'kill' ? 1 : 0),
        cancels + (ending ? 1 : 0),
      ])
    }
    const isOver = /settled|closed/.test(steps.at(-1)?.after ?? '')
    expect(!isOver || isOrdered(client.told(id)), client.told(id).join(' ')).toBe(true)
  })

  test.each(lost)('walks $title, when the daemon is killed', async ({ steps }) => {
    using home = new Restarts(scratch, { actors: { inspect: watch.inspect } })
    const place = await placeIn(await home.start())
    const id = await place.client.start()
    for (const step of steps.slice(1, -1)) await cause(place, step, id)
    const again = await home.start()
    const watcher = await again.connect()
    const after = (steps.at(-1)?.after ?? '').replace(/^settled\./, '')
    expect(await watcher.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state: after })
    await watcher.greet()
    await watcher.ask({ commandName: 'Subscribe', data: { after: 0, tasks: [id] } })
    await watcher.hears(after === 'closed' ? 'taskUnfocused' : 'taskAborted', id)
    expect(isOrdered(watcher.told(id)), watcher.told(id).join(' ')).toBe(true)
  })

  test('these are all the edges that its actor can take', () => {
    expectAsInLedger('task', 'memory', watch.taken('task'))
  })
})
