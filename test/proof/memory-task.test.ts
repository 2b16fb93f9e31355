import { describe, expect, test } from 'vitest'
import { taskMachine } from '../../machines/task.ts'
import type { MemoryClient } from '../actors/memory-client.ts'
import { rig } from '../actors/rig.ts'
import type { Rig } from '../actors/rig.ts'
import { until } from '../actors/turns.ts'
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

const watch = new EdgeWatch()

/** A runner says once that a run started: the ways where that comes late are walked by hand. */
const generated = tours(taskMachine, taskInput, {
  events: [granted, started, completed, failed, cancel, close, kill, resume],
  may: (state, event) => (state === 'queued' ? event === 'slot.granted' : true) && isTimely(state, event),
})
const byHand = [cancel, close].map((end) => pathOf(taskMachine, taskInput, [granted, end, started, failed]))

function isTimely(state: string, event: string): boolean {
  return event !== 'run.started' || state === 'starting'
}

/** Causes a step: by a client where it can, else by the runner or the broker that is at its end. */
async function cause(
  { runner, tasks }: Rig,
  client: MemoryClient,
  { event }: Step,
  id: string,
): Promise<void> {
  const { type } = event
  if (type === 'resume') await client.ask({ commandName: 'ResumeTask', data: id })
  else if (type === 'cancel') await client.ask({ commandName: 'CancelTask', data: id })
  else if (type === 'close') await client.ask({ commandName: 'CloseTask', data: id })
  else if (type === 'kill') tasks.killAll()
  else if (type === 'run.started') runner.last.started()
  else runner.last.ends({ ok: type === 'run.completed', text: type, exit: { code: 0 } })
  if (type === 'resume') deafen(runner)
}

/** It ends when the test says so, not when it is told to. */
function deafen({ last }: Rig['runner']): void {
  last.kill = () => {
    last.kills++
  }
}

describe('a task over memory links', () => {
  test.each([...generated, ...byHand])('walks $title', async ({ steps }) => {
    const place = rig({ actors: { inspect: watch.inspect } })
    place.runner.obedient = false
    const client = await place.connect()
    await client.greet()
    const id = await client.start()
    deafen(place.runner)
    for (const step of steps.slice(1)) {
      const run = place.runner.last
      const { kills, cancels } = run
      await cause(place, client, step, id)
      const shown = step.after.replace(/^settled\.|(?<=^running)\..+/g, '')
      await until(() => place.tasks.live(id) === undefined || !/settled|closed/.test(step.after))
      expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state: shown })
      expect(run.kills - kills).toBe(step.event.type === 'kill' ? 1 : 0)
      const ending = /^running\.\w+ing$/.test(step.after) && step.before !== step.after
      expect(run.cancels - cancels).toBe(ending ? 1 : 0)
    }
    const isOver = /settled|closed/.test(steps.at(-1)?.after ?? '')
    expect(!isOver || isOrdered(client.told(id)), client.told(id).join(' ')).toBe(true)
  })

  test('these are all the edges that its actor can take', () => {
    expectAsInLedger('task', 'memory', watch.taken('task'))
  })
})
