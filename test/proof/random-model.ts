/**
 * Random histories of commands with the task machine as their oracle: it says what each command is answered and where
 * each task stands. Commands of one burst are for different tasks, so that their order among each other does not matter.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import { initialTransition, transition } from 'xstate'
import type { SnapshotFrom } from 'xstate'
import { taskMachine } from '../../machines/task.ts'
import type { TaskMachineEvent } from '../../machines/task.ts'
import { deafCommand } from './deaf-command.ts'
import { stateOf } from './edges.ts'
import type { Answer, RandomWorld, Request } from './random-world.ts'
import { samples } from './sample-events.ts'

type Oracle = SnapshotFrom<typeof taskMachine>

interface ModelTask {
  id: string
  oracle: Oracle
  runs: number
}

export interface Model {
  readonly tasks: ModelTask[]
}

const acts = ['start', 'start nothing', 'cancel', 'close', 'resume', 'ok', 'bad', 'noise'] as const
type Act = (typeof acts)[number]

interface Op {
  readonly act: Act
  readonly link: number
  readonly task: number
  readonly cuts: readonly number[]
}

function step(oracle: Oracle, ...events: TaskMachineEvent[]): Oracle {
  return events.reduce((now, event) => transition(taskMachine, now, event)[0], oracle)
}

const { cancel, close, resume } = samples.task
const granted = samples.task['slot.granted']
const started = samples.task['run.started']
const completed = samples.task['run.completed']
const failed = samples.task['run.failed']

/** A closed task's actor is gone: a resume makes one from its record, as of a task that was cancelled. */
function reopened(oracle: Oracle): Oracle {
  if (stateOf(oracle) !== 'closed') return oracle
  return taskMachine.resolveState({ value: { settled: 'aborted' }, context: oracle.context })
}

const isOver = (oracle: Oracle): boolean => /settled|closed/.test(stateOf(oracle))

interface Expected {
  readonly code: string
  readonly oracle: Oracle
}

/** What a command is answered, and where its task stands when everything it causes has happened. */
function foretell(oracle: Oracle, act: Act, canRun: boolean): Expected {
  const ran = canRun ? started : failed
  if (act === 'start' || act === 'start nothing') return { code: 'ok', oracle: step(oracle, granted, ran) }
  if (act === 'cancel') return { code: 'ok', oracle: step(oracle, cancel) }
  if (act === 'close') return { code: 'ok', oracle: step(oracle, close) }
  if (act === 'resume') {
    if (!isOver(oracle)) return { code: 'busy', oracle }
    return { code: 'ok', oracle: step(reopened(oracle), resume, granted, ran) }
  }
  if (isOver(oracle)) return { code: 'unsupported', oracle }
  if (act === 'noise') return { code: 'ok', oracle }
  return { code: 'ok', oracle: step(oracle, act === 'ok' ? completed : failed) }
}

function shown(oracle: Oracle): string {
  return stateOf(oracle).replace(/^settled\.|(?<=^running)\..+/g, '')
}

/** Commands for different tasks at once. */
class Burst implements fc.AsyncCommand<Model, RandomWorld> {
  readonly #ops: readonly Op[]

  constructor(ops: readonly Op[]) {
    this.#ops = ops
  }

  check(): boolean {
    return true
  }

  async run(model: Model, world: RandomWorld): Promise<void> {
    const chosen = this.#choose(model)
    const answers = await world.ask(chosen.map(({ op, task }) => requestOf(op, task)))
    for (const [index, { op, task }] of chosen.entries()) {
      const answer = answers[index]
      if (answer !== undefined) await expectDone(world, model, op.act, task, answer)
    }
  }

  toString(): string {
    return `[${this.#ops.map(({ act, link, task, cuts }) => `${act} task ${task} by ${link} cut ${cuts.join()}`).join('; ')}]`
  }

  /** Each command with its task; those for a task that has one already, or for none, are left out. */
  #choose(model: Model): { op: Op; task: ModelTask }[] {
    const busy = new Set<ModelTask>()
    return this.#ops.flatMap((op) => {
      const isNew = op.act === 'start' || op.act === 'start nothing'
      const task = isNew ? newTask() : model.tasks[op.task % Math.max(1, model.tasks.length)]
      if (task === undefined || busy.has(task)) return []
      busy.add(task)
      return [{ op, task }]
    })
  }
}

function newTask(): ModelTask {
  return { id: '', oracle: initialTransition(taskMachine, { id: 'random' })[0], runs: 0 }
}

function requestOf({ act, link, cuts }: Op, { id }: ModelTask): Request {
  if (act === 'start' || act === 'start nothing') {
    const command = act === 'start' ? deafCommand : ['/nonexistent/program']
    const configuration = { callboard: { command, cwd: '/', stdin: 'open' } }
    return { link, cuts, name: 'StartNewTask', data: { text: 'žluťoučký 🐎', configuration } }
  }
  if (act === 'cancel') return { link, cuts, name: 'CancelTask', data: id }
  if (act === 'close') return { link, cuts, name: 'CloseTask', data: id }
  if (act === 'resume') return { link, cuts, name: 'ResumeTask', data: id }
  return { link, cuts, name: 'SendMessage', data: { taskId: id, text: act } }
}

async function expectDone(
  world: RandomWorld,
  model: Model,
  act: Act,
  task: ModelTask,
  { code, result }: Answer,
): Promise<void> {
  if (task.id === '') {
    task.id = (result as { taskId: string }).taskId
    model.tasks.push(task)
    world.noteTask(task.id)
  }
  const canRun = act === 'start' || task.runs > 0
  const expected = foretell(task.oracle, act, canRun)
  expect(code, `${act} in ${stateOf(task.oracle)}`).toBe(expected.code)
  task.oracle = expected.oracle
  if (canRun && /start|resume/.test(act) && code === 'ok') task.runs++
  await world.soon(async () => {
    const said = world.told(task.id).filter((word) => word === 'say:command_output')
    expect(said).toHaveLength(task.runs)
    const got = await world.look(task.id)
    expect(got.result, `${act}: ${stateOf(task.oracle)}`).toMatchObject({ state: shown(task.oracle) })
  })
}

/** Something that changes no task. */
class Aside implements fc.AsyncCommand<Model, RandomWorld> {
  readonly #what: string
  readonly #act: (world: RandomWorld) => Promise<void>

  constructor(what: string, act: (world: RandomWorld) => Promise<void>) {
    this.#what = what
    this.#act = act
  }

  check(): boolean {
    return true
  }

  async run(_: Model, world: RandomWorld): Promise<void> {
    await this.#act(world)
  }

  toString(): string {
    return this.#what
  }
}

const cuts = fc.array(fc.nat(1_000), { maxLength: 3 })
const op: fc.Arbitrary<Op> = fc.record({
  act: fc.constantFrom(...acts),
  link: fc.nat(2),
  task: fc.nat(5),
  cuts,
})
const burst = fc.array(op, { minLength: 1, maxLength: 4 }).map((ops) => new Burst(ops))
const unknown = new Aside('GetTask of nobody', async (world) => {
  const [answer] = await world.ask([{ link: 1, cuts: [500], name: 'GetTask', data: 'nobody' }])
  expect(answer?.code).toBe('unknown_task')
})
const asides = fc.oneof(
  fc.constant(unknown),
  fc.constant(new Aside('the last request again', async (world) => world.askAgain())),
  fc.constant(new Aside('a late watcher', async (world) => world.comeLate())),
  fc.tuple(fc.nat(2), fc.string()).map(
    ([link, bytes]) =>
      new Aside(`junk ${JSON.stringify(bytes)} by ${link}`, async (world) => {
        world.junk(link, bytes)
        await unknown.run({ tasks: [] }, world)
      }),
  ),
)

export const histories = fc.commands([burst, burst, burst, asides], { maxCommands: 25, size: 'max' })

/** Ends every task that still runs, so that its history is whole. */
export async function finish(model: Model, world: RandomWorld): Promise<void> {
  for (const task of model.tasks.filter(({ oracle }) => !isOver(oracle))) {
    const done: Op = { act: 'ok', link: 0, task: 0, cuts: [] }
    const [answer] = await world.ask([requestOf(done, task)])
    if (answer !== undefined) await expectDone(world, model, 'ok', task, answer)
  }
}
