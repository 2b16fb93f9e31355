/** Prints followed events: one JSON object a line, or lines for people. A gap is said on stderr either way. */
import { WatchLines } from './rendering/watch-lines.ts'
import type { Output } from './output.ts'
import type { EventMessage, Gap } from '../wire/envelope.ts'

export class EventPrinter {
  readonly #output: Output
  readonly #json: boolean
  readonly #lines: WatchLines

  constructor(output: Output, json: boolean, idLength: number) {
    this.#output = output
    this.#json = json
    this.#lines = new WatchLines(output.paint, idLength)
  }

  async print(item: EventMessage | Gap): Promise<void> {
    if (item.type === 'Gap') this.#gap(item.data)
    if (this.#json) return this.#output.line(JSON.stringify(item))
    if (item.type === 'Gap') return
    const lines = this.#lines.of(item)
    if (lines.length > 0) await this.#output.write(`${lines.join('\n')}\n`)
  }

  #gap({ from, firstAvailable }: Gap['data']): void {
    this.#output.say(`events ${from} to ${firstAvailable - 1} are missing: they are no longer kept.`)
  }
}
