/**
 * Asks the person at the terminal what tasks ask, one at a time, oldest first. Somebody else may be quicker: then that
 * is said, and the line that was being typed answers nothing. The trap: a half-typed line stays in the terminal and would
 * become the answer to the next ask, so that this one waits for a line of its own.
 */
import { CallboardError } from '../../client/callboard-error.ts'
import { formText, optionText, optionsText, outcomeWords } from '../rendering/ask-words.ts'
import { oneLine } from '../rendering/plain-text.ts'
import { shortId } from '../task-id.ts'
import { answerFrom, onlyDeny } from './answer.ts'
import type { AskResponse } from '../../client/callboard-client.ts'
import type { Ask, AskOutcome, TaskEvent } from '../../wire/events.ts'
import type { Terminal } from './terminal.ts'

export interface AskPrompterOptions {
  readonly terminal: Terminal
  /** Gives an answer to the daemon. */
  respond(askId: string, response: AskResponse): Promise<void>
  /** The command line that answers an ask later. */
  later(ask: Ask): string
}

export class AskPrompter implements Disposable {
  readonly #options: AskPrompterOptions
  #open: Ask[] = []
  #shown: Ask | undefined
  /** A line is on its way to the daemon. */
  #responding = false
  /** What was typed was meant for an ask that has ended: the next line is thrown away. */
  #stale = false

  constructor(options: AskPrompterOptions) {
    this.#options = options
  }

  /** Asks no more. */
  [Symbol.dispose](): void {
    this.#open = []
    this.#shown = undefined
    this.#options.terminal.rest()
  }

  /** An event that the task has announced. */
  take(event: TaskEvent): void {
    if (event.eventName === 'askOpened') this.opened(event.payload[1])
    if (event.eventName === 'askResolved') this.resolved(event.payload[1])
  }

  opened(ask: Ask): void {
    if (this.#open.some((one) => one.id === ask.id)) return
    this.#open.push(ask)
    this.#next()
  }

  resolved(outcome: AskOutcome): void {
    const ask = this.#open.find((one) => one.id === outcome.id)
    if (ask === undefined) return
    this.#open = this.#open.filter((one) => one !== ask)
    if (this.#shown !== ask) return
    // One's own answer is told by its reply.
    if (this.#responding) return
    this.#show(`\n${outcomeWords(outcome, ask)}\n`)
    this.#stale = true
    this.#shown = undefined
    this.#next()
  }

  #next(): void {
    const ask = this.#open[0]
    const { terminal } = this.#options
    if (ask === undefined) terminal.rest()
    if (this.#shown !== undefined || this.#responding || ask === undefined) return
    this.#shown = ask
    terminal.read(
      (line) => void this.#line(line),
      () => this.#show(this.#stale ? 'There is another question: press Enter to see it. ' : promptOf(ask)),
    )
  }

  async #line(line: string): Promise<void> {
    const ask = this.#shown
    if (this.#responding) return
    if (this.#stale) {
      this.#stale = false
      if (ask !== undefined) this.#show(promptOf(ask))
      return
    }
    if (ask === undefined) return
    if (line.trim() === '') return this.#leave(ask)
    const typed = answerFrom(ask, ask.kind === 'form' ? wordsOf(line) : [line.trim()])
    if (!typed.ok) return this.#show(`${typed.why}.\n> `)
    await this.#respond(ask, typed.response)
  }

  #leave(ask: Ask): void {
    this.#show(`Left open: ${this.#options.later(ask)} answers it.\n`)
    this.#done(ask)
  }

  async #respond(ask: Ask, response: AskResponse): Promise<void> {
    this.#responding = true
    try {
      await this.#options.respond(ask.id, response)
    } catch (error) {
      this.#show(`${oneLine(error instanceof CallboardError ? error.message : String(error))}\n`)
    }
    this.#responding = false
    this.#done(ask)
  }

  #done(ask: Ask): void {
    this.#open = this.#open.filter((one) => one !== ask)
    this.#shown = undefined
    this.#next()
  }

  #show(text: string): void {
    this.#options.terminal.show(text)
  }
}

/** The question as it stands on the terminal, its cursor where the answer goes. */
function promptOf(ask: Ask): string {
  return `\n${shortId(ask.task)} asks: ${oneLine(ask.text)}\n${choiceOf(ask)}> `
}

function choiceOf(ask: Ask): string {
  const { kind, options = [] } = ask
  if (kind === 'form') return `${formText(ask)}\n`
  if (kind !== 'question' || !onlyDeny(options)) {
    return options.map((option, index) => `  ${index + 1}  ${optionText(option)}\n`).join('')
  }
  return options.length === 0 ? '' : `any text, or ${optionsText(options)}\n`
}

/** A line as words: quotes keep spaces together. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'))
}
