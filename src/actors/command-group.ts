/**
 * Commands of one read that change something, as one commit: their answers leave when the store has all of them. Where
 * it takes nothing, none of them happened and each is answered `storage_unavailable`. One whose handling throws is
 * taken back alone and answered `internal`.
 */
import type { CommandMessage, Reply } from '../wire/envelope.ts'
import type { TaskCommandName } from '../wire/commands.ts'
import { isStoreUnavailable } from '../broker/transaction.ts'
import { refused } from '../wire/rejection.ts'
import type { Outcome, Rejection } from '../wire/rejection.ts'
import { reply, replyTo, tellLegacy } from './answers.ts'
import type { Broker } from './broker-actor.ts'
import { earlierAnswer } from './earlier-answer.ts'
import type { Connection } from './connection.ts'
import { routeCommand } from './routing.ts'

const changing: ReadonlySet<TaskCommandName> = new Set([
  'StartNewTask',
  'CancelTask',
  'CloseTask',
  'ResumeTask',
  'SendMessage',
  'DeleteQueuedMessage',
  'RespondToAsk',
  'ClaimTask',
  'ReleaseTask',
  'PruneTasks',
])

/** Whether a command changes what the store keeps. */
export function isChanging(message: CommandMessage): boolean {
  return changing.has(message.data.commandName)
}

/** The answer to one of them, once all are committed. */
interface Pending {
  readonly message: CommandMessage
  /** Undefined for a client that knows no replies, or whose vocabulary cannot say them. */
  readonly frame: Buffer | undefined
  readonly reply: Reply | undefined
  /** What a client that knows no replies may have to be told. */
  readonly refusal: Rejection | undefined
}

export class CommandGroup {
  readonly #broker: Broker
  readonly #connection: Connection
  #pending: Pending[] = []

  constructor(broker: Broker, connection: Connection) {
    this.#broker = broker
    this.#connection = connection
  }

  /** Does one; it is answered by `commit`, or before. */
  take(message: CommandMessage): void {
    const { transactions, outage, parts } = this.#broker
    // What the run takes may depend on what it was given before: that is handed over when it is committed.
    // What is pruned is found in the store.
    const { commandName } = message.data
    const isApart = commandName === 'SendMessage' || commandName === 'PruneTasks'
    if (isApart || this.#pending.length >= parts.limits.commitCommandsMax) this.commit()
    if (!transactions.isOpen) {
      if (outage.reason !== undefined) return this.#refuse(message, unavailable(outage.reason))
      transactions.begin()
    }
    this.#pending.push(
      message.requestId === undefined ? this.#once(message) : this.#answered(message, message.requestId),
    )
  }

  /** Commits what has been done and answers it. */
  commit(): void {
    if (!this.#broker.transactions.isOpen) return
    const pending = this.#pending
    this.#pending = []
    try {
      this.#broker.transactions.commit()
    } catch (error) {
      if (!isStoreUnavailable(error))
        this.#broker.log.error({ err: error }, 'commands could not be committed')
      const why = isStoreUnavailable(error) ? unavailable(error.message) : internal
      for (const { message } of pending) this.#refuse(message, why)
      return
    }
    for (const one of pending) this.#tell(one)
    if (pending.length > 0) this.#broker.wake(this.#connection)
  }

  #tell({ message, frame, reply, refusal }: Pending): void {
    if (refusal !== undefined && message.requestId === undefined)
      tellLegacy(this.#broker, this.#connection, message, refusal)
    if (frame !== undefined) this.#connection.outbox.push(frame)
    if (reply !== undefined) this.#broker.parts.inspector?.onlooker?.answered(this.#connection, reply)
  }

  #refuse(message: CommandMessage, why: Outcome<never>): void {
    const { requestId } = message
    if (requestId !== undefined) reply(this.#broker, this.#connection, requestId, why)
    else if (!why.ok) tellLegacy(this.#broker, this.#connection, message, why.error)
  }

  /** For a client that knows no replies. */
  #once(message: CommandMessage): Pending {
    const outcome = this.#guarded(message)
    const refusal = outcome.ok ? undefined : outcome.error
    return { message, frame: undefined, reply: undefined, refusal }
  }

  /** The same request again gives the same answer; the same id with another body is a conflict. */
  #answered(message: CommandMessage, requestId: string): Pending {
    const { broker, session } = { broker: this.#broker, session: this.#connection.session }
    const digest = broker.parts.digest(JSON.stringify(message.data))
    const earlier = earlierAnswer(broker, session, requestId, digest)
    if (earlier.kind === 'same')
      return { message, frame: earlier.frame, reply: undefined, refusal: undefined }
    if (earlier.kind === 'conflict') return this.#answer(message, requestId, conflict)
    const keep = { requestId, digest }
    try {
      return broker.transactions.attempt(() =>
        this.#answer(message, requestId, routeCommand(broker, this.#connection, message), keep),
      )
    } catch (error) {
      broker.log.error({ err: error }, 'command failed')
      return this.#answer(message, requestId, internal, keep)
    }
  }

  #answer(
    message: CommandMessage,
    requestId: string,
    outcome: Outcome<unknown>,
    keep?: { readonly requestId: string; readonly digest: string },
  ): Pending {
    const { session, policy } = this.#connection
    const { transactions, parts } = this.#broker
    const answer = replyTo(requestId, outcome)
    const frame = policy.codec.encodeToClient(answer)
    if (frame !== undefined && session !== undefined && keep !== undefined) {
      session.replies.keep(requestId, keep.digest, frame)
      transactions.current.undo(() => session.replies.forget(requestId))
      const record = { ...keep, sessionId: session.id, frame, at: parts.now() }
      if (parts.sessions.isKept(session)) transactions.current.answer(record)
    }
    return { message, frame, reply: answer, refusal: undefined }
  }

  #guarded(message: CommandMessage): Outcome<unknown> {
    try {
      return this.#broker.transactions.attempt(() => routeCommand(this.#broker, this.#connection, message))
    } catch (error) {
      this.#broker.log.error({ err: error }, 'command failed')
      return internal
    }
  }
}

export const internal = refused('internal', 'The daemon failed on this command; its log says why.')

export const conflict = refused(
  'request_conflict',
  'This requestId was used for another command: give each request an id of its own.',
)

function unavailable(reason: string): Outcome<never> {
  return refused('storage_unavailable', `Nothing was changed, because nothing can be kept: ${reason}`)
}
