/**
 * A daemon's end of a real socket as a test's script, for what a real daemon does only in a race: each command is
 * answered by the test's own function, or refused as `unsupported`.
 */
import { onTestFinished } from 'vitest'
import { nodeIpcTransport } from '../../src/transport/node-ipc.ts'
import type { Link } from '../../src/transport/transport.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import type { TaskCommand, TaskCommandName } from '../../src/wire/commands.ts'
import type { ClientMessage, EventMessage, ServerMessage, Task } from '../../src/wire/envelope.ts'
import type { Ask, TaskEvent } from '../../src/wire/events.ts'
import type { Rejection } from '../../src/wire/rejection.ts'
import { UnfinishedFrames } from '../../src/wire/unfinished.ts'

type Answer = { readonly result: unknown } | { readonly error: Rejection }
export type Answers = Partial<
  Record<TaskCommandName, (daemon: ScriptedDaemon, command: TaskCommand) => Answer>
>

export const clientId = 'c0ffee000001'

export class ScriptedDaemon {
  readonly commands: TaskCommand[] = []
  readonly #answers: Answers
  readonly #links = new Set<Link>()
  #seq = 0
  #refuses = false

  constructor(path: string, answers: Answers) {
    this.#answers = answers
    const listener = nodeIpcTransport.listen({
      path,
      accept: (link) => this.#accept(link),
      error: (error) => {
        throw error
      },
    })
    onTestFinished(() => {
      listener.close()
      for (const link of this.#links) link.destroy()
    })
  }

  /** Announces an event of the task to whoever is connected. */
  announce(task: string, data: TaskEvent): void {
    this.#seq += 1
    const event: EventMessage = { type: 'TaskEvent', origin: 'server', seq: this.#seq, task, at: 0, data }
    for (const link of this.#links) say(link, event)
  }

  /** Ends every link, and the next one at once: a client tries once by itself. The one after that finds it again. */
  goAway(): void {
    this.#refuses = true
    for (const link of this.#links) link.destroy()
  }

  #accept(link: Link): ReturnType<Parameters<typeof nodeIpcTransport.listen>[0]['accept']> {
    this.#links.add(link)
    if (this.#refuses) link.destroy()
    this.#refuses = false
    const head = this.#seq
    const protocol = { name: 'callboard', version: 1 }
    say(link, {
      type: 'Ack',
      origin: 'server',
      data: { clientId, pid: process.pid, ppid: 1, protocol, epoch: 'j.1', head },
    })
    const decoder = canonicalCodec.decodeFromClients({
      unfinished: new UnfinishedFrames(),
      now: () => 0,
      broken: () => link.destroy(),
    })
    return {
      data: (chunk) => {
        for (const item of decoder.push(chunk).items) if (item.ok) this.#take(link, item.message)
      },
      drained: () => {},
      ended: () => link.end(),
      closed: () => void this.#links.delete(link),
    }
  }

  #take(link: Link, message: ClientMessage): void {
    if (message.type === 'Hello') {
      const result = { protocol: 1, clientId, sessionId: 's', epoch: 'j.1', head: this.#seq }
      say(link, { type: 'Reply', origin: 'server', requestId: 'hello', data: { ok: true, result } })
      return
    }
    this.commands.push(message.data)
    const { requestId } = message
    if (requestId === undefined) return
    const answer = this.#answers[message.data.commandName]?.(this, message.data) ?? unsupported
    const data =
      'error' in answer
        ? { ok: false as const, error: answer.error }
        : { ok: true as const, result: answer.result }
    say(link, { type: 'Reply', origin: 'server', requestId, data })
  }
}

const unsupported = { error: { code: 'unsupported', message: 'Not in this script.' } } as const

function say(link: Link, message: ServerMessage): void {
  const frame = canonicalCodec.encodeToClient(message)
  if (frame !== undefined) link.write(frame)
}

/** A task that waits for answers to `asks`. */
export function askingTask(id: string, asks: readonly Ask[]): Task {
  const state = asks.length > 0 ? 'interactive' : 'running'
  return { id, state, text: 'tidy up', createdAt: Date.now(), resumable: true, asks: [...asks] }
}

export function approval(id: string, task: string): Ask {
  const options = [
    { id: 'yes', label: 'Run it', meaning: 'allow' as const },
    { id: 'no', label: 'Do not', meaning: 'deny' as const },
  ]
  return { id, task, kind: 'approval', text: 'Run rm -r build?', options, askedAt: Date.now() }
}
