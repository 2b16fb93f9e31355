/** A real daemon and the links of one random history: bytes cut anywhere, answers and events as they came. */
import { setImmediate as turn } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import { RawLink } from '../daemon/raw-link.ts'
import type { Received } from '../daemon/raw-link.ts'
import { isOrdered, lettersOf } from './orders.ts'
import { told } from './told.ts'

export interface Request {
  readonly link: number
  readonly name: string
  readonly data: unknown
  /** Where its frame is cut, as parts of 1000 of its length. */
  readonly cuts: readonly number[]
}

export interface Answer {
  /** The rejection's code, or `ok`. */
  readonly code: string
  readonly result: unknown
}

const patience = { timeout: 10_000, interval: 2 }

export class RandomWorld {
  readonly #path: string
  readonly #after: number
  readonly #links: RawLink[]
  readonly #tasks: string[] = []
  #requests = 0
  #last: { readonly bytes: Buffer; readonly requestId: string; readonly link: RawLink } | undefined

  private constructor(path: string, links: RawLink[], after: number) {
    this.#path = path
    this.#links = links
    this.#after = after
  }

  static async open(path: string, clients: number): Promise<RandomWorld> {
    const links = await Promise.all(Array.from({ length: clients }, () => RawLink.open(path)))
    const heads = await Promise.all(links.map(async (link) => (await link.hello()).result))
    const { head } = heads[0] as { head: number }
    return new RandomWorld(path, links, head)
  }

  /** Sends requests, those of one link in order and those of different links at once, and waits for their answers. */
  async ask(requests: readonly Request[]): Promise<Answer[]> {
    const sent = requests.map((request) => this.#frame(request))
    this.#last = sent.at(-1) ?? this.#last
    const links = [...new Set(sent.map(({ link }) => link))]
    await Promise.all(
      links.map(async (link) => {
        for (const one of sent) if (one.link === link) await writeCut(link, one.bytes, one.cuts)
      }),
    )
    return await Promise.all(sent.map(({ link, requestId }) => answerTo(link, requestId)))
  }

  /** The daemon's answer to GetTask, on the first link. */
  async look(id: string): Promise<Answer> {
    const { link, bytes, requestId } = this.#frame({ link: 0, name: 'GetTask', data: id, cuts: [] })
    link.write(bytes)
    return await answerTo(link, requestId)
  }

  /** Sends the bytes of the last command again: its answer comes again, and nothing else happens. */
  async askAgain(): Promise<void> {
    const last = this.#last
    if (last === undefined) return
    const answers = (): string[] =>
      last.link.messages
        .filter(({ requestId }) => requestId === last.requestId)
        .map((one) => JSON.stringify(one))
    const before = answers().length
    last.link.write(last.bytes)
    await vi.waitFor(() => expect(answers().length).toBe(before + 1), patience)
    expect(new Set(answers()).size).toBe(1)
  }

  /** One who comes late and asks for everything from the beginning of this history. */
  async comeLate(): Promise<void> {
    const link = await RawLink.open(this.#path)
    await link.hello()
    const { ok } = await link.request('Subscribe', { after: this.#after })
    expect(ok).toBe(true)
    // What came before the Reply belongs to the earlier subscription.
    link.messages.splice(
      0,
      link.messages.findIndex(({ requestId }) => requestId === 'raw-1'),
    )
    this.#links.push(link)
  }

  /** What no decoder can read: it is refused, and the link lives. */
  junk(link: number, bytes: string): void {
    this.#at(link).write(`${bytes.replaceAll('\f', '')}\f`)
  }

  noteTask(id: string): void {
    this.#tasks.push(id)
  }

  told(id: string): string[] {
    return told(this.#at(0), id)
  }

  async soon(look: () => Promise<void> | void): Promise<void> {
    await vi.waitFor(look, patience)
  }

  /** Everybody has heard everything, once and in the same order, and every task's events came in a promised one. */
  async check(): Promise<void> {
    const { result } = await this.#at(0).request('GetStatus')
    const { head } = (result as { journal: { head: number } }).journal
    await this.soon(() => {
      for (const link of this.#links) expect(seqsOf(link).at(-1) ?? this.#after).toBe(head)
    })
    const first = eventsOf(this.#at(0))
    for (const link of this.#links) {
      expect(eventsOf(link)).toEqual(first)
      const seqs = seqsOf(link)
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b))
      expectRepliesFirst(link)
    }
    for (const id of this.#tasks) {
      expect(isOrdered(this.told(id)), `${lettersOf(this.told(id))} is no promised order`).toBe(true)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#links.map((link) => link[Symbol.asyncDispose]()))
  }

  #at(index: number): RawLink {
    const link = this.#links[index % this.#links.length]
    if (link === undefined) throw new Error('a history without links')
    return link
  }

  #frame({ link: index, name, data, cuts }: Request) {
    const requestId = `random-${++this.#requests}`
    const message = { type: 'TaskCommand', origin: 'client', requestId, data: { commandName: name, data } }
    const bytes = Buffer.from(`${JSON.stringify({ type: 'message', data: message })}\f`)
    return { link: this.#at(index), requestId, bytes, cuts }
  }
}

async function writeCut(link: RawLink, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  const places = cuts.map((cut) => Math.floor((cut * bytes.length) / 1_000)).toSorted((a, b) => a - b)
  let from = 0
  for (const to of [...places, bytes.length]) {
    if (to > from) link.write(bytes.subarray(from, to))
    from = Math.max(from, to)
    await turn()
  }
}

async function answerTo(link: RawLink, requestId: string): Promise<Answer> {
  return await vi.waitFor(() => {
    const data = link.messages.find((one) => one.type === 'Reply' && one.requestId === requestId)?.data
    if (data === undefined) throw new Error(`no Reply to ${requestId}`)
    return { code: data.ok === true ? 'ok' : (data.error?.code ?? ''), result: data.result }
  }, patience)
}

function eventsOf({ messages }: RawLink): Received[] {
  return messages.filter(({ type, seq }) => type === 'TaskEvent' && seq !== undefined)
}

function seqsOf(link: RawLink): number[] {
  return eventsOf(link).map(({ seq }) => seq ?? 0)
}

/** On the link that asked, the Reply comes before the events of its command. */
function expectRepliesFirst(link: RawLink): void {
  const { clientId, messages } = link
  const replied = new Set<string>()
  for (const { type, requestId, by, causedBy } of messages) {
    if (type === 'Reply' && requestId !== undefined) replied.add(requestId)
    if (by === clientId && clientId !== '' && causedBy !== undefined) expect(replied).toContain(causedBy)
  }
}
