/**
 * What an agent says and thinks, chunk by chunk, as messages: chunks of one kind gather under one `ts`, which is open
 * until something else comes, the turn ends or it is full. Only one is open at a time.
 */
import { wholeCharacters } from './fields.ts'
import type { Limits } from '../../limits.ts'
import type { TaskMessage } from '../../wire/events.ts'
import type { Outgoing } from './outgoing.ts'

export interface SpokenOptions {
  readonly limits: Pick<Limits, 'agentMessageChars'>
  readonly outgoing: Outgoing
  nextTs(): number
}

export type SpokenKind = 'text' | 'reasoning'

interface OpenSpeech {
  readonly ts: number
  readonly kind: SpokenKind
  /** The agent's own name of the message, where it has one. */
  readonly messageId: string | undefined
  text: string
  told: boolean
}

export class Spoken {
  readonly #options: SpokenOptions
  #open: OpenSpeech | undefined
  #last: { readonly ts: number; readonly text: string } | undefined

  constructor(options: SpokenOptions) {
    this.#options = options
  }

  /** What was said last, in this turn, with nothing after it. */
  get last(): { readonly ts: number; readonly text: string } | undefined {
    return this.#last
  }

  say(kind: SpokenKind, text: string, messageId: string | undefined): void {
    const open = this.#open
    const isOther = open !== undefined && messageId !== undefined && open.messageId !== messageId
    if (open !== undefined && (open.kind !== kind || isOther)) this.close()
    for (let from = 0; from < text.length;) from += this.#append(kind, text, from, messageId)
    if (this.#open !== undefined) this.#tell(this.#open, true)
  }

  /** Something else comes: what is open is finished. */
  close(): void {
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return
    this.#tell(open, false)
    if (open.kind === 'text') this.#last = { ts: open.ts, text: open.text }
  }

  /** Something was told after it, so that it is no longer the last word. */
  interrupt(): void {
    this.close()
    this.#last = undefined
  }

  /** Takes what fits into one message; returns how much that was. */
  #append(kind: SpokenKind, text: string, from: number, messageId: string | undefined): number {
    const open = (this.#open ??= { ts: this.#options.nextTs(), kind, messageId, text: '', told: false })
    const room = this.#options.limits.agentMessageChars - open.text.length
    const left = text.length - from
    const cut = left <= room ? left : wholeCharacters(text.slice(from, from + room + 1), room)
    // A message smaller than a character could otherwise never begin.
    const taken = cut === 0 && open.text === '' ? room : cut
    open.text += from === 0 && taken === left ? text : text.slice(from, from + taken)
    if (left > taken || open.text.length >= this.#options.limits.agentMessageChars) this.close()
    return taken
  }

  #tell(open: OpenSpeech, partial: boolean): void {
    const { ts, kind, text, told } = open
    const message: TaskMessage = { ts, type: 'say', say: kind, text, partial }
    open.told = true
    if (told) this.#options.outgoing.update(message)
    else this.#options.outgoing.create(message)
  }
}
