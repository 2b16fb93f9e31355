/**
 * A real daemon and the clients of one history: bursts of commands go out and answers are read as the scheduler says,
 * clients lose their links, the daemon is killed and started again in the same home.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Scheduler } from 'fast-check'
import { ModelClient } from './client.ts'
import type { Sent } from './client.ts'
import type { DaemonKeeper } from './daemon-keeper.ts'
import type { Done, Happening } from './legal.ts'
import { Names } from './names.ts'
import type { Seen } from './names.ts'
import type { Body, Sender } from './oracle.ts'

interface Command {
  readonly kind: 'command'
  readonly sender: Sender
  readonly body: Body
  /** How often the same request is sent at once. */
  readonly times: number
}

/** What a client does in a burst. */
export type Step =
  | Command
  /** An answered request again; `changed`: its id with another body. */
  | { readonly kind: 'again'; readonly client: number; readonly pick: number; readonly changed: boolean }
  /** Reads until everything that it has sent is answered. */
  | { readonly kind: 'read'; readonly client: number }
  /** Loses its link and comes back. */
  | { readonly kind: 'drop'; readonly client: number }
  | { readonly kind: 'kill' }

interface Flight {
  readonly line: string
  readonly step: Command
  readonly sent: Sent
}

const patienceMs = 15_000

export class World implements AsyncDisposable {
  readonly clients: readonly ModelClient[]
  readonly names: Names
  readonly faults: string[] = []
  readonly #keeper: DaemonKeeper
  readonly #watcher: ModelClient
  /** Requests that were answered, and who sent them. */
  readonly #answered: { readonly client: number; readonly sent: Sent }[] = []
  readonly #guests: ModelClient[] = []
  /** Where this history begins in the journal. */
  #start = 0
  #killing: Promise<unknown> | undefined
  #time = 0
  #keys = 0

  private constructor(keeper: DaemonKeeper, count: number) {
    this.#keeper = keeper
    this.clients = Array.from({ length: count }, (_, index) => this.#client(`c${index}`, true))
    this.#watcher = this.#client('watcher', true, { role: 'observer' })
    this.names = new Names(this.clients)
  }

  static async open(keeper: DaemonKeeper, clients: number): Promise<World> {
    const world = new World(keeper, clients)
    for (const client of world.#all()) await client.dial()
    world.#start = world.#watcher.last
    return world
  }

  /** Plays what clients do at once; the order of sends, reads and losses over all of them is the scheduler's. */
  async burst(steps: readonly Step[], scheduler: Scheduler): Promise<Omit<Happening, 'slots'>> {
    const lines = Map.groupBy(steps, lineOf)
    const flights: Flight[] = []
    const kills: NonNullable<Happening['kill']>[] = []
    for (const client of this.clients) client.pause()
    const played = Array.from(lines, async ([line, own]) => {
      for (const step of own) {
        await scheduler.schedule(Promise.resolve(), `${line}: ${step.kind}`)
        if (step.kind === 'kill') {
          kills.push({ at: ++this.#time })
          await (this.#killing ??= this.#kill())
          this.#killing = undefined
        }
        if (step.kind === 'drop') await this.#drop(step.client)
        else if (step.kind === 'read') await this.#read(step.client, flights)
        else if (step.kind === 'again') await this.#again(step)
        else if (step.kind === 'command') flights.push(await this.#send(line, step))
      }
    })
    await scheduler.waitFor(Promise.all(played))
    for (const client of this.clients) client.resume()
    for (const { sent } of flights) await answered(sent)
    for (const guest of this.#guests.splice(0)) guest.drop()
    const [kill] = kills
    return { done: flights.map((flight) => this.#done(flight)), ...(kill === undefined ? {} : { kill }) }
  }

  /** ListTasks' answer, for `names` to read. */
  async look(): Promise<unknown> {
    const sent = this.#watcher.send(`look-${++this.#keys}`, 'ListTasks', {})
    await answered(sent)
    return sent.answers[0]?.result
  }

  /** Looks again and again until `isSo`; undefined where that never comes. */
  async lookUntil<T>(
    find: (seen: Readonly<Record<number, Seen>>, result: unknown) => T | undefined,
  ): Promise<T | undefined> {
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await delay(3)) {
      const result = await this.look()
      const found = find(this.names.seen(result), result)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** All events of this history, as each client was told them; throws where they were not told the same. */
  async history(): Promise<readonly string[]> {
    const late = this.#client('late', false)
    await late.dial()
    const head = late.last
    await late.replay(this.#start)
    const all = [late, ...this.#all()]
    const deadline = Date.now() + patienceMs
    while (all.some(({ last }) => last < head)) {
      if (Date.now() > deadline) throw new Error('a client was not told everything')
      await delay(2)
    }
    late.drop()
    this.faults.push(...all.flatMap(({ faults }) => faults))
    for (const one of this.#all()) {
      if (!isDeepStrictEqual(one.events, late.events))
        this.faults.push('two clients were told different things')
    }
    return [...late.events.values()]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#all()) client.drop()
    await Promise.resolve()
  }

  #all(): ModelClient[] {
    return [this.#watcher, ...this.clients]
  }

  #client(name: string, resumes: boolean, more: object = {}): ModelClient {
    const tick = (): number => ++this.#time
    return new ModelClient({ path: this.#keeper.socketPath, name, resumes, more, tick })
  }

  async #send(line: string, step: Command): Promise<Flight> {
    const { sender, body, times } = step
    const client = typeof sender === 'number' ? this.clients[sender] : await this.#guest(sender, body)
    if (client === undefined) throw new Error('there is no such client')
    const key = `k${++this.#keys}`
    const { name, data } = this.names.command(body, key)
    return { line, step, sent: client.send(key, name, data, times) }
  }

  async #guest(sender: Sender, body: Body): Promise<ModelClient> {
    const more =
      sender === 'observer'
        ? { role: 'observer' }
        : { task: this.names.taskId(body.name === 'start' ? -1 : body.task) }
    const guest = this.#client(String(sender), false, more)
    this.#guests.push(guest)
    // Where the daemon is being killed it is dialled with all others.
    if (this.#killing !== undefined) return guest
    await guest.dial().catch(() => {})
    return guest
  }

  async #read(index: number, flights: readonly Flight[]): Promise<void> {
    this.clients[index]?.resume()
    const own = flights.filter(({ step }) => step.sender === index)
    await Promise.all(own.map(({ sent }) => answered(sent)))
  }

  async #again({ client, pick, changed }: Extract<Step, { kind: 'again' }>): Promise<void> {
    const own = this.#answered.filter((one) => one.client === client)
    const before = own[pick % Math.max(1, own.length)]?.sent
    if (before === undefined) return
    const sender = this.clients[client]
    const sent = changed ? sender?.send(before.key, 'CloseTask', 'nobody') : sender?.again(before)
    sender?.resume()
    if (sent === undefined) return
    await answered(sent)
    const [answer] = sent.answers
    const isSame = isDeepStrictEqual(answer, before.answers[0])
    const isConflict = answer?.error?.code === 'request_conflict'
    if (changed ? !isConflict : !isSame) this.faults.push(`${before.frame} again: ${JSON.stringify(answer)}`)
  }

  async #drop(index: number): Promise<void> {
    const client = this.clients[index]
    if (this.#killing !== undefined) return
    client?.drop()
    // Where the daemon is being killed everybody is dialled again.
    await client?.dial().catch(() => {})
  }

  async #kill(): Promise<void> {
    await this.#keeper.kill()
    for (const client of [...this.#all(), ...this.#guests]) client.drop()
    await this.#keeper.startAgain()
    for (const client of [...this.#all(), ...this.#guests]) await client.dial()
  }

  #done({ line, step, sent }: Flight): Done {
    const { sender, body } = step
    const [answer, ...others] = sent.answers
    if (answer === undefined) throw new Error('not answered')
    for (const other of others)
      if (!isDeepStrictEqual(other, answer)) this.faults.push(`${sent.frame} twice: ${JSON.stringify(other)}`)
    if (typeof sender === 'number') this.#answered.push({ client: sender, sent })
    const { sentAt, answeredAt } = sent
    return { line, sender, body, answer: this.names.answer(body, answer), sentAt, answeredAt }
  }
}

/** Whose order a step is part of. */
function lineOf(step: Step, index: number): string {
  if (step.kind === 'kill') return 'daemon'
  const who = step.kind === 'command' ? step.sender : step.client
  return typeof who === 'number' ? `c${who}` : `${who} ${index}`
}

async function answered({ answered: whenAnswered, frame }: Sent): Promise<void> {
  const late = delay(patienceMs, 'late', { ref: false })
  if ((await Promise.race([whenAnswered, late])) === 'late') throw new Error(`no answer to ${frame}`)
}
