/**
 * Random histories of several clients: bursts of what they do at once. After each burst the daemon must come to rest in
 * a state that some legal order of it ends in; the places in the queue that it tells then must be fair.
 */
import fc from 'fast-check'
import type { Scheduler } from 'fast-check'
import { drafts, stepsOf } from './drafts.ts'
import type { Draft } from './drafts.ts'
import { inPlaces, isFair } from './fairness.ts'
import { askName } from './internal.ts'
import { restingStates } from './legal.ts'
import type { Seen } from './names.ts'
import { taskOf } from './oracle.ts'
import type { Body, State } from './oracle.ts'
import type { Step, World } from './world.ts'

export interface Model {
  /** Where the daemon may be: mostly one state. */
  states: readonly State[]
  readonly slots: number
  readonly scheduler: Scheduler
}

class Burst implements fc.AsyncCommand<Model, World> {
  readonly #drafts: readonly Draft[]
  #steps: readonly Step[] = []

  constructor(drafts: readonly Draft[]) {
    this.#drafts = drafts
  }

  check(): boolean {
    return true
  }

  async run(model: Model, world: World): Promise<void> {
    const steps = stepsOf(this.#drafts, stateOf(model), world.names)
    this.#steps = steps
    await playBurst(model, world, steps)
  }

  toString(): string {
    return JSON.stringify(this.#steps.length > 0 ? this.#steps : this.#drafts)
  }
}

function stateOf({ states: [state] }: Model): State {
  if (state === undefined) throw new Error('a model without a state')
  return state
}

/** Plays steps, and leaves in the model the states that explain what came of them. */
async function playBurst(model: Model, world: World, steps: readonly Step[]): Promise<void> {
  const happening = await world.burst(steps, model.scheduler)
  const resting = restingStates(model.states, { ...happening, slots: model.slots })
  const explain = (more: object): string =>
    JSON.stringify({ before: model.states, ...happening, resting, ...more }, undefined, 1)
  if (resting.length === 0) throw new Error(`no order of these explains their answers: ${explain({})}`)
  let last: unknown
  const found = await world.lookUntil((seen, result) => {
    last = seen
    const fitting = resting.filter((state) => fits(state, seen))
    return fitting.length === 0 ? undefined : { fitting, seen, result }
  })
  if (found === undefined)
    throw new Error(`the daemon does not come to rest in such a state: ${explain({ last })}`)
  const { fitting, seen, result } = found
  const told = inPlaces(seen)
  const fair = fitting.filter((state) => isFair(state, told))
  if (fair.length === 0) throw new Error(`the queue's order is not fair: ${explain({ seen })}`)
  model.states = fair.map((state) => ({ ...state, told }))
  world.names.noteAsks(result, (task, text) =>
    askName(task, taskOf(fair[0] ?? (fitting[0] as State), task).run, text),
  )
}

function fits(state: State, seen: Readonly<Record<number, Seen>>): boolean {
  return Object.entries(seen).every(([key, { state: shown, asks, holder, place }]) => {
    const it = taskOf(state, Number(key))
    const expected = it.phase === 'running' && it.open.length > 0 ? 'interactive' : it.phase
    return (
      shown === expected &&
      holder === state.leases[Number(key)]?.client &&
      (place !== undefined) === state.queue.includes(Number(key)) &&
      asks.map((text) => askName(Number(key), it.run, text)).join() === it.open.join()
    )
  })
}

/** `kills`: the daemon is killed now and then. */
export function histories(
  kills: boolean,
  maxCommands: number,
): fc.Arbitrary<Iterable<fc.AsyncCommand<Model, World>>> {
  const burst = drafts(kills).map((all) => new Burst(all))
  return fc.commands([burst], { maxCommands, size: 'max' })
}

/** Ends whatever still runs, held by nobody but the first client. */
export async function finish(model: Model, world: World): Promise<void> {
  for (const task of Object.keys(stateOf(model).tasks).map(Number)) {
    const steps: Body[] = [
      { name: 'claim', task, ttl: 'none', steal: true, approve: 'none' },
      { name: 'close', task },
    ]
    await playBurst(
      model,
      world,
      steps.map((body) => ({ kind: 'command', sender: 0, body, times: 1 })),
    )
  }
}
