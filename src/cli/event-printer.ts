/** Prints followed events: one JSON object a line, or lines for people. A gap is said on stderr either way. */
import { WatchLines } from './rendering/watch-lines.ts'
import type { Output } from './output.ts'
import type { EventMessage } from '../wire/envelope.ts'
import type { EventGap } from '../client/callboard-client.ts'

export class EventPrinter {
  readonly #output: Output
  readonly #json: boolean
  readonly #lines: WatchLines

  constructor(output: Output, json: boolean, idLength: number) {
    this.#output = output
    this.#json = json
    this.#lines = new WatchLines(output.paint, idLength)
  }

  async print(item: EventMessage | EventGap): Promise<void> {
    if (item.type === 'Gap') this.#gap(item.data)
    if (this.#json) return this.#output.line(JSON.stringify(item))
    if (item.type === 'Gap') return
    const lines = this.#lines.of(item)
    if (lines.length > 0) await this.#output.write(`${lines.join('\n')}\n`)
  }

  #gap(gap: EventGap['data']): void {
    this.#output.say(gapSentence(gap))
  }
}

/** What is missing, and why. */
function gapSentence({ from, firstAvailable, reason }: EventGap['data']): string {
  switch (reason) {
    case 'beyond':
      return `the journal has not come to event ${from - 1} yet: it is read from its end.`
    case 'other_journal':
      return 'the journal is another one than before: it is read from its beginning.'
    default:
      return `events ${from} to ${firstAvailable - 1} are missing: they are no longer kept.`
  }
}
