/**
 * A client as the field's programs are: node-ipc 12.0.0 as transport, a published version of `@roo-code/types` as
 * judge of every message, commands with the Ack's clientId. It knows nothing of Callboard. What its schema refuses a
 * real client drops: here it is kept, for tests to be shown.
 */
import { randomBytes } from 'node:crypto'
import { IPCModule } from 'node-ipc-12'
import { expect } from 'vitest'
import { z } from 'zod'
import type { Published } from '../wire/vocabulary/published.ts'
import { eventually } from './task-events.ts'

/** What of a published message these tests look at, after the published schema has taken it. */
const heardSchema = z.object({
  type: z.string(),
  data: z.looseObject({
    clientId: z.string().optional(),
    eventName: z.string().optional(),
    payload: z.array(z.unknown()).optional(),
  }),
})
const saidSchema = z.object({
  taskId: z.string(),
  action: z.string(),
  message: z.object({
    ts: z.number(),
    say: z.string().optional(),
    ask: z.string().optional(),
    text: z.string().optional(),
  }),
})

export interface Heard {
  /** `taskStarted`, or for a message what is said or asked: `say:text`. */
  readonly name: string
  /** Undefined for direct answers. */
  readonly task: string | undefined
  readonly payload: readonly unknown[]
  readonly text: string | undefined
}

export class RooClient implements Disposable {
  readonly events: Heard[] = []
  /** clientIds of every Ack, one a connection. */
  readonly acks: string[] = []
  /** Messages that the published schema does not take. */
  readonly refused: string[] = []
  isConnected = false
  isReady = false
  disconnects = 0
  readonly #published: Published
  readonly #id = `client-${randomBytes(6).toString('hex')}`
  readonly #ipc = new IPCModule()

  constructor(path: string, published: Published) {
    this.#published = published
    this.#ipc.config.silent = true
    this.#ipc.connectTo(this.#id, path, () => {
      const server = this.#ipc.of[this.#id]
      server?.on('connect', () => this.#connected())
      server?.on('disconnect', () => this.#disconnected())
      server?.on('message', (message) => this.#receive(message))
    })
  }

  /** Connects and waits for the Ack. */
  static async open(path: string, published: Published): Promise<RooClient> {
    const client = new RooClient(path, published)
    await client.ready()
    return client
  }

  async ready(): Promise<void> {
    await eventually(() => expect(this.isReady).toBe(true))
  }

  get clientId(): string {
    return this.acks.at(-1) ?? ''
  }

  /** Sends a command as its published version knows it; one that its own schema refuses is a mistake of the test. */
  command(commandName: string, data?: unknown): void {
    const command = { commandName, ...(data === undefined ? {} : { data }) }
    const message = { type: 'TaskCommand', origin: 'client', clientId: this.clientId, data: command }
    this.#published.parse(message)
    this.#ipc.of[this.#id]?.emit('message', message)
  }

  /** Starts a task with an editor's configuration, of which Callboard reads `mode` alone. */
  start(text: string, mode: string): void {
    this.command('StartNewTask', { configuration: editorConfiguration(mode), text, newTab: true })
  }

  /** Starts a task and waits for the id under which its prompt was said. */
  async startAndHear(text: string, mode: string): Promise<string> {
    this.start(text, mode)
    return await eventually(() => {
      const prompt = this.events.find((event) => event.name === 'say:text' && event.text === text)
      if (prompt?.task === undefined) throw new Error('no prompt yet')
      return prompt.task
    })
  }

  /** Names of a task's events in order; a message that is updated is one. */
  named(task: string): string[] {
    const names = this.events.filter((event) => event.task === task).map(({ name }) => name)
    return names.filter((name, index) => name !== names[index - 1])
  }

  async heard(task: string | undefined, name: string, times = 1): Promise<Heard> {
    return await eventually(() => {
      const all = this.events.filter((event) => event.task === task && event.name === name)
      const last = all.at(-1)
      if (all.length < times || last === undefined) throw new Error(`heard ${all.length} ${name}`)
      return last
    })
  }

  disconnect(): void {
    this.#ipc.disconnect(this.#id)
    this.#disconnected()
  }

  [Symbol.dispose](): void {
    this.disconnect()
  }

  #connected(): void {
    this.isConnected = true
  }

  #disconnected(): void {
    this.isConnected = false
    this.isReady = false
    this.disconnects++
  }

  #receive(message: unknown): void {
    let parsed: z.infer<typeof heardSchema>
    try {
      parsed = heardSchema.parse(this.#published.parse(message))
    } catch (error) {
      this.refused.push(`${String(error)}: ${JSON.stringify(message)}`)
      return
    }
    if (parsed.type === 'Ack') {
      this.acks.push(parsed.data.clientId ?? '')
      this.isReady = true
    } else {
      this.events.push(heardOf(parsed.data.eventName ?? '', parsed.data.payload ?? []))
    }
  }
}

function heardOf(name: string, payload: readonly unknown[]): Heard {
  const [first] = payload
  const said = name === 'message' ? saidSchema.parse(first) : undefined
  if (said === undefined)
    return { name, task: typeof first === 'string' ? first : undefined, payload, text: undefined }
  const { say, ask, text } = said.message
  return {
    name: say === undefined ? `ask:${ask ?? ''}` : `say:${say}`,
    task: said.taskId,
    payload,
    text,
  }
}

/** Settings as an editor sends them, keys included: every published version takes them. */
export function editorConfiguration(mode: string): object {
  return {
    currentApiConfigName: 'default',
    apiProvider: 'openrouter',
    openRouterApiKey: 'sk-or-v1-0000',
    openRouterModelId: 'anthropic/claude-sonnet-4',
    autoApprovalEnabled: true,
    alwaysAllowExecute: true,
    allowedCommands: ['*'],
    terminalOutputLineLimit: 500,
    mode,
    customModes: [],
    experiments: { powerSteering: false },
  }
}
