/**
 * The client of a Callboard daemon: commands as promises, events as an async loop, one connection that comes back by
 * itself. Its user owns it and closes it (`await using` does). What happens on the link is in client-session.ts.
 */
import { limits } from '../limits.ts'
import type { ClientState } from '../actors/client-actor.ts'
import type { TaskCommandInput, TaskState } from '../wire/commands.ts'
import {
  claimResultSchema,
  listClientsResultSchema,
  listTasksResultSchema,
  pruneResultSchema,
  startResultSchema,
  statusSchema,
  taskSchema,
} from '../wire/envelope.ts'
import type { Client, HelloResult, Status, Task } from '../wire/envelope.ts'
import type { Holder } from '../wire/events.ts'
import { CallboardError } from './callboard-error.ts'
import { ClientSession } from './client-session.ts'
import type { RequestSettings } from './client-session.ts'
import { clientSettings } from './client-settings.ts'
import type { CallboardClientOptions } from './client-settings.ts'
import type { EventStream, SubscriptionOptions } from './event-subscription.ts'

export type { CallboardClientOptions } from './client-settings.ts'
export type { EventGap, EventStream, SubscriptionOptions } from './event-subscription.ts'
export type RequestOptions = RequestSettings

type DataOf<Name extends TaskCommandInput['commandName']> = Extract<
  TaskCommandInput,
  { commandName: Name }
>['data']
type StartTask = NonNullable<DataOf<'StartNewTask'>>
/** `option` is the id of one of the ask's options; `values` are a form's, by field name. */
export type AskResponse = Omit<DataOf<'RespondToAsk'>, 'askId'>
/** `ttlMs` in milliseconds. */
export type LeaseTerms = Omit<DataOf<'ClaimTask'>, 'taskId'>

/** A schema of the wire, as far as a result needs it. */
interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error }
}

export class CallboardClient implements AsyncDisposable {
  readonly #session: ClientSession

  /** Dials nothing yet: `connect`, or the first command or loop, does. */
  constructor(options: CallboardClientOptions) {
    this.#session = new ClientSession(clientSettings(options))
  }

  /**
   * Resolves when Hello was answered. Rejects with CallboardError: `unreachable` or `ack_timeout` when `attemptsMax`
   * attempts failed, `not_callboard` at once where what answers speaks something else (`details.pid` tells who, where
   * its Ack can be read), the server's code where it refused Hello, `aborted` by the signal. Without `attemptsMax` it
   * tries until aborted; a first connect that is aborted stops dialling.
   */
  connect(options: { readonly signal?: AbortSignal } = {}): Promise<HelloResult> {
    return this.#session.connect(options.signal)
  }

  get state(): ClientState {
    return this.#session.state
  }

  /** This link's id at the server; of the last one while there is none. */
  get clientId(): string | undefined {
    return this.#session.hello?.clientId
  }

  /** Who answered last. */
  get server(): { readonly pid: number; readonly ppid: number; readonly epoch: string } | undefined {
    const { ack, hello } = this.#session
    if (ack === undefined || hello === undefined) return undefined
    return { pid: ack.data.pid, ppid: ack.data.ppid, epoch: hello.epoch }
  }

  /** Frames of the server that could not be read and were left, such as events of a newer version. */
  get refusedFrames(): number {
    return this.#session.refusedFrames
  }

  /**
   * Sends a command and resolves with its Reply's result. Rejects with CallboardError: the server's code; `timeout`
   * after `timeoutMs` milliseconds; `aborted`; `closed` where the client ended, or where the link was lost and nobody
   * can say whether the command was done; `invalid_command`, `frame_too_large`, `limit_exceeded`, `request_conflict`
   * without being sent.
   */
  request(command: TaskCommandInput, options: RequestOptions = {}): Promise<unknown> {
    return this.#session.request(command, options)
  }

  /** StartNewTask. Resolves when the task is accepted, not when it has ended. */
  startTask(data: StartTask, options: RequestOptions = {}): Promise<{ taskId: string }> {
    return this.#ask({ commandName: 'StartNewTask', data }, startResultSchema, options)
  }

  async cancelTask(taskId: string, options: RequestOptions = {}): Promise<void> {
    await this.request({ commandName: 'CancelTask', data: taskId }, options)
  }

  async closeTask(taskId: string, options: RequestOptions = {}): Promise<void> {
    await this.request({ commandName: 'CloseTask', data: taskId }, options)
  }

  async resumeTask(taskId: string, options: RequestOptions = {}): Promise<void> {
    await this.request({ commandName: 'ResumeTask', data: taskId }, options)
  }

  /** To a task; without its id to the connection's current one. */
  async sendMessage(
    message: { taskId?: string; text?: string; images?: string[] },
    options: RequestOptions = {},
  ): Promise<void> {
    await this.request({ commandName: 'SendMessage', data: message }, options)
  }

  /**
   * RespondToAsk. Rejects with `unknown_ask` where somebody else was quicker or it has ended (`details.outcome` says how,
   * as long as that is remembered), `invalid_command` where the answer does not fit: the ask stays open.
   */
  async respondToAsk(askId: string, response: AskResponse, options: RequestOptions = {}): Promise<void> {
    await this.request({ commandName: 'RespondToAsk', data: { ...response, askId } }, options)
  }

  /** ClaimTask: from now on this session alone steers it. Again: renews. Rejects with `not_owner` where it is held. */
  async claimTask(taskId: string, terms: LeaseTerms = {}, options: RequestOptions = {}): Promise<Holder> {
    const command = { commandName: 'ClaimTask', data: { ...terms, taskId } } as const
    const { holder } = await this.#ask(command, claimResultSchema, options)
    return holder
  }

  /** ReleaseTask: everybody may steer it again. */
  async releaseTask(taskId: string, options: RequestOptions = {}): Promise<void> {
    await this.request({ commandName: 'ReleaseTask', data: taskId }, options)
  }

  /**
   * PruneTasks: forgets settled tasks and their events, those created before a time (milliseconds since the Unix epoch),
   * those with these ids, or of these ids those created before. Resolves with how many. Rejects with `busy` where one that
   * is named has not settled.
   */
  async pruneTasks(
    which: { before?: number; ids?: string[] },
    options: RequestOptions = {},
  ): Promise<number> {
    const { ids } = which
    const max = limits.pruneTasksMax
    const pieces =
      ids === undefined
        ? [which]
        : Array.from({ length: Math.max(1, Math.ceil(ids.length / max)) }, (_, piece) => ({
            ...which,
            ids: ids.slice(piece * max, (piece + 1) * max),
          }))
    let total = 0
    for (const piece of pieces) total += await this.#prune(piece, options)
    return total
  }

  async #prune(which: { before?: number; ids?: string[] }, options: RequestOptions): Promise<number> {
    const command = { commandName: 'PruneTasks', data: which } as const
    for (let total = 0; ;) {
      const { pruned, more = false } = await this.#ask(command, pruneResultSchema, options)
      total += pruned
      // Whoever says that there are more and lets none go would be asked for ever.
      if (!more || pruned === 0) return total
    }
  }

  async listTasks(filter: { states?: TaskState[] } = {}, options: RequestOptions = {}): Promise<Task[]> {
    const { tasks } = await this.#ask(
      { commandName: 'ListTasks', data: filter },
      listTasksResultSchema,
      options,
    )
    return tasks
  }

  getTask(taskId: string, options: RequestOptions = {}): Promise<Task> {
    return this.#ask({ commandName: 'GetTask', data: taskId }, taskSchema, options)
  }

  async listClients(options: RequestOptions = {}): Promise<Client[]> {
    const { clients } = await this.#ask({ commandName: 'ListClients' }, listClientsResultSchema, options)
    return clients
  }

  getStatus(options: RequestOptions = {}): Promise<Status> {
    return this.#ask({ commandName: 'GetStatus' }, statusSchema, options)
  }

  /** Asks the daemon to end; `deadlineMs` milliseconds until it cancels running tasks. */
  async shutdown(data: { deadlineMs?: number } = {}, options: RequestOptions = {}): Promise<void> {
    await this.request({ commandName: 'Shutdown', data }, options)
  }

  /**
   * Subscribes, and gives events and gaps in the journal's order, each once, across reconnects and restarts of the
   * daemon. The loop ends by `break`, by the signal, by `close`, or with `until: 'head'` when what the journal holds now
   * has been read; it throws CallboardError where the client gives up or the server refuses the
   * subscription. A slow loop holds the server's events back; nothing is lost while the journal keeps it, and what it
   * no longer keeps is said by a Gap. Throws CallboardError `busy` while another loop of this client runs.
   */
  events(subscription: SubscriptionOptions = {}): EventStream {
    return this.#session.events(subscription)
  }

  /** Ends the link and the loop, and rejects what waits with `closed`. Resolves when nothing is left; never rejects. */
  close(): Promise<void> {
    return this.#session.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #ask<T>(command: TaskCommandInput, schema: Schema<T>, options: RequestOptions): Promise<T> {
    const parsed = schema.safeParse(await this.request(command, options))
    if (parsed.success) return parsed.data
    const why = `The answer to ${command.commandName} could not be read.`
    throw new CallboardError('invalid_frame', why, { cause: parsed.error })
  }
}
