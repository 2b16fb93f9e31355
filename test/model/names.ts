/** Between the model's numbers and names and what the daemon calls the same things; commands and answers as they travel. */
import type { ModelClient, ReplyData } from './client.ts'
import type { Answer, Body, EndedAsk, Kind } from './oracle.ts'

/** How a task stands, as clients see it. */
export interface Seen {
  readonly state: string
  /** Texts of its open asks. */
  readonly asks: readonly string[]
  readonly holder?: number
  readonly place?: number
}

interface ListedTask {
  readonly id: string
  readonly state: string
  readonly asks: readonly { readonly id: string; readonly text: string }[]
  readonly queuePlace?: number
  readonly holder?: { readonly clientId: string }
}

interface Details {
  readonly holder?: { readonly clientId: string; readonly client?: string }
  readonly outcome?: EndedAsk['outcome']
  readonly by?: string
  readonly client?: string
  readonly automatic?: true
}

const commands: Readonly<Record<Kind, readonly string[]>> = {
  asks: ['sh', '-c', `echo "$0" >&3; read -r a <&3; echo "$a"`, approval({})],
  two: [
    'sh',
    '-c',
    `printf '%s\\n%s\\n' "$0" "$1" >&3; read -r a <&3; read -r b <&3; echo "$a"; echo "$b"`,
    approval({ id: 1 }),
    JSON.stringify({ id: 2, text: 'say' }),
  ],
  quick: ['true'],
  deaf: ['sleep', '600'],
}

function approval(more: object): string {
  const options = [
    { id: 'no', meaning: 'deny' },
    { id: 'yes', meaning: 'allow' },
  ]
  return JSON.stringify({ ...more, text: 'approve', options })
}

export class Names {
  readonly #clients: readonly ModelClient[]
  readonly #tasks = new Map<number, string>()
  readonly #asks = new Map<string, string>()

  constructor(clients: readonly ModelClient[]) {
    this.#clients = clients
  }

  get taskIds(): readonly string[] {
    return [...this.#tasks.values()]
  }

  taskId(task: number): string {
    return this.#tasks.get(task) ?? 'no such task'
  }

  knows(ask: string): boolean {
    return this.#asks.has(ask)
  }

  /** A command as it travels; `key` makes what it says its own. */
  command(body: Body, key: string): { readonly name: string; readonly data: unknown } {
    switch (body.name) {
      case 'start': {
        const { kind, priority } = body
        const callboard = { command: commands[kind], cwd: '/', priority }
        return { name: 'StartNewTask', data: { text: kind, configuration: { callboard } } }
      }
      case 'cancel':
        return { name: 'CancelTask', data: this.taskId(body.task) }
      case 'close':
        return { name: 'CloseTask', data: this.taskId(body.task) }
      case 'resume':
        return { name: 'ResumeTask', data: this.taskId(body.task) }
      case 'release':
        return { name: 'ReleaseTask', data: this.taskId(body.task) }
      case 'claim': {
        const { ttl, steal, approve } = body
        const ttlMs = { none: undefined, long: 3_600_000, short: 5 }[ttl]
        const kinds = { none: undefined, approval: ['approval'], all: 'all' }[approve]
        return { name: 'ClaimTask', data: { taskId: this.taskId(body.task), ttlMs, steal, approve: kinds } }
      }
      case 'respond':
        return { name: 'RespondToAsk', data: { askId: this.#asks.get(body.ask), ...response(body, key) } }
    }
  }

  /** Takes note of what an answer names, and says it in the model's words. */
  answer(body: Body, { ok, result, error }: ReplyData): Answer {
    if (ok) {
      if (body.name === 'start') this.#tasks.set(body.task, (result as { taskId: string }).taskId)
      return { code: 'ok' }
    }
    const { code = '' } = error ?? {}
    const details = (error?.details ?? {}) as Details
    if (code === 'not_owner') return { code, holder: this.#client(details.holder) }
    if (code === 'unknown_ask' && details.outcome !== undefined)
      return { code, ended: this.#ended(details.outcome, details) }
    return { code }
  }

  seen(result: unknown): Readonly<Record<number, Seen>> {
    const { tasks } = result as { readonly tasks: readonly ListedTask[] }
    const byId = new Map(tasks.map((task) => [task.id, task]))
    return Object.fromEntries(
      Array.from(this.#tasks, ([number, id]) => {
        const { state = 'unknown', asks = [], queuePlace, holder } = byId.get(id) ?? {}
        const place = queuePlace === undefined ? {} : { place: queuePlace }
        const held = holder === undefined ? {} : { holder: this.#client(holder) }
        return [number, { state, asks: asks.map(({ text }) => text), ...place, ...held }]
      }),
    )
  }

  /** Asks that are open, by the names that the model has for them. */
  noteAsks(result: unknown, nameOf: (task: number, text: string) => string): void {
    const { tasks } = result as { readonly tasks: readonly ListedTask[] }
    for (const [number, id] of this.#tasks) {
      for (const ask of tasks.find((task) => task.id === id)?.asks ?? [])
        this.#asks.set(nameOf(number, ask.text), ask.id)
    }
  }

  /** The client that a clientId is or was; -1 where it is nobody's, or another name goes with it. */
  #client(who: { readonly clientId?: string; readonly client?: string } | undefined): number {
    const found = this.#clients.findIndex(({ clientIds }) => clientIds.includes(who?.clientId ?? ''))
    return who?.client === undefined || who.client === `c${found}` ? found : -1
  }

  #ended(outcome: EndedAsk['outcome'], { by, client, automatic }: Details): EndedAsk {
    const named =
      by === undefined
        ? {}
        : { client: this.#client({ clientId: by, ...(client === undefined ? {} : { client }) }) }
    return { outcome, ...named, ...(automatic === undefined ? {} : { automatic }) }
  }
}

function response({ ask, fits }: Extract<Body, { name: 'respond' }>, key: string): object {
  if (ask.endsWith('approve')) return fits ? { option: key.length % 2 === 0 ? 'yes' : 'no' } : { text: key }
  return fits ? { text: `said by ${key}` } : { option: 'yes' }
}
