/**
 * Takes a task of a real daemon along a path of its machine, as a client can: commands, and lines that its script obeys.
 * After each step the daemon is asked where the task stands and every watcher must have heard exactly what the protocol
 * promises. What follows a start in the same turn is sent in the same write: nothing else is sure to come in time.
 */
import { expect } from 'vitest'
import type { RawLink } from '../daemon/raw-link.ts'
import { eventually } from '../daemon/task-events.ts'
import { deafCommand } from './deaf-command.ts'
import { told } from './told.ts'
import type { Step, Tour } from './tours.ts'

/** What every watcher hears of an edge, by the protocol's "Order a client may rely on" and not by the machine. */
const heardOf: Readonly<Record<string, readonly string[]>> = {
  'task.queued slot.granted': ['taskCreated', 'taskFocused', 'say:text'],
  'task.starting run.started': ['taskTokenUsageUpdated', 'taskStarted', 'say:command_output'],
  'task.starting run.failed': ['say:error', 'taskAborted'],
  'task.running.cancelling run.started': ['taskTokenUsageUpdated', 'taskStarted'],
  'task.running.closing run.started': ['taskTokenUsageUpdated', 'taskStarted'],
  'task.running run.completed': [
    ...['taskExited', 'say:completion_result', 'taskTokenUsageUpdated'],
    ...['taskCompleted', 'ask:completion_result', 'taskIdle'],
  ],
  'task.running run.failed': ['taskExited', 'say:error', 'taskAborted', 'taskResumable'],
  'task.running.cancelling run.completed': ['taskExited', 'taskAborted', 'taskResumable'],
  'task.running.cancelling run.failed': ['taskExited', 'taskAborted', 'taskResumable'],
  'task.running.closing run.completed': [...['taskExited', 'taskAborted', 'taskResumable', 'taskUnfocused']],
  'task.running.closing run.failed': [...['taskExited', 'taskAborted', 'taskResumable', 'taskUnfocused']],
  'task.settled resume': ['taskFocused'],
  'task.settled close': ['taskUnfocused'],
}

/** As GetTask says it. */
function shown(state: string): string {
  const [first = '', second = ''] = state.split('.')
  return first === 'settled' ? second : first
}

export class TaskDriver {
  readonly #link: RawLink
  readonly #watchers: readonly RawLink[]
  readonly #expected: string[] = []
  /** Sent with the next write. */
  #waiting: (() => void)[] = []
  #looks: { readonly requestId: string; readonly state: string }[] = []
  #requests = 0
  #script = deafCommand
  #task = ''

  constructor(link: RawLink, watchers: readonly RawLink[]) {
    this.#link = link
    this.#watchers = watchers
  }

  /** The number of steps that were as they should be: all, or it throws. */
  async walk(tour: Tour): Promise<number> {
    this.#script = tour.steps.some(endsWhileItStarts) ? ['sleep', '60'] : deafCommand
    if (tour.steps[1]?.event.type === 'run.failed') this.#script = ['/nonexistent/program']
    for (const [index, step] of tour.steps.entries()) {
      // Nothing else waits: what is resumed is granted its slot in the turn of its command.
      if (index === 0 || step.event.type !== 'slot.granted') {
        await this.#take(step)
        this.#expected.push(...step.edges.flatMap((edge) => heardOf[edge] ?? []))
      }
      if (step.after === 'queued') continue
      if (step.after === 'starting' || endsWhileItStarts(step)) this.#lookAtOnce(step.after)
      else if (!step.edges.some((edge) => /ing\.\w+ing run.started$/.test(edge)))
        await this.#settle(step.after)
    }
    await this.#flush()
    return tour.steps.length
  }

  async #take({ before, event }: Step): Promise<void> {
    if (event.type === 'slot.granted') this.#start()
    else if (event.type === 'resume') this.#command('ResumeTask', this.#task)
    else if (event.type === 'cancel') this.#command('CancelTask', this.#task === '' ? undefined : this.#task)
    else if (event.type === 'close') this.#command('CloseTask', this.#task === '' ? undefined : this.#task)
    else if (before === 'starting' || this.#script !== deafCommand) await this.#flush()
    else if (event.type === 'run.completed') this.#tell('ok')
    else if (event.type === 'run.failed') this.#tell('bad')
    else throw new Error(`no client can cause ${event.type} in ${before}`)
  }

  #start(): void {
    const callboard = { command: this.#script, cwd: '/', stdin: 'open' }
    this.#command('StartNewTask', { text: 'walk', configuration: { callboard } })
  }

  #tell(line: string): void {
    this.#expected.push('say:user_feedback')
    this.#command('SendMessage', { text: line, taskId: this.#task })
  }

  #command(name: string, data: unknown): string {
    const requestId = `walk-${++this.#requests}`
    this.#waiting.push(() => this.#link.command(name, data, { requestId }))
    return requestId
  }

  /** In the write of the command that leads there: in a later turn the task may have moved on by itself. */
  #lookAtOnce(state: string): void {
    const requestId =
      this.#task === '' ? this.#command('ListTasks', {}) : this.#command('GetTask', this.#task)
    this.#looks.push({ requestId, state: shown(state) })
  }

  /** Everything that waits, in one write: the daemon routes it in one turn. */
  async #flush(): Promise<void> {
    const [waiting, looks] = [this.#waiting, this.#looks]
    this.#waiting = []
    this.#looks = []
    this.#link.socket.cork()
    for (const send of waiting) send()
    this.#link.socket.uncork()
    const first = await this.#link.reply('walk-1')
    this.#task = idIn(first.result, 'taskId')
    for (const { requestId, state } of looks) {
      const { ok, result } = await this.#link.reply(requestId)
      expect([ok, stateIn(result, this.#task)]).toEqual([true, state])
    }
  }

  /** Waits until everybody has heard what the protocol says, then looks where the task stands. */
  async #settle(state: string): Promise<void> {
    await this.#flush()
    await eventually(() => {
      for (const link of [this.#link, ...this.#watchers])
        expect(told(link, this.#task)).toEqual(this.#expected)
    })
    const { result } = await this.#link.request('GetTask', this.#task)
    expect(stateIn(result, this.#task)).toBe(shown(state))
  }
}

function endsWhileItStarts({ before, event }: Step): boolean {
  return before === 'starting' && (event.type === 'cancel' || event.type === 'close')
}

function idIn(result: unknown, key: string): string {
  if (typeof result !== 'object' || result === null) throw new Error(`no ${key}`)
  return String(Object.entries(result).find(([name]) => name === key)?.[1])
}

/** The state in GetTask's answer, or in ListTasks' by its id. */
function stateIn(result: unknown, id: string): string {
  const { tasks } = result as { readonly tasks?: readonly { readonly id: string; readonly state: string }[] }
  const task = tasks === undefined ? (result as { state: string }) : tasks.find((one) => one.id === id)
  return task?.state ?? 'unknown'
}
