/**
 * Events as the lines of `watch`: time, task, what happened; output lines carry their stream. Keeps what is needed to
 * show only new output, per task, and forgets a task when it settles.
 */
import { OutputProgress } from '../output-progress.ts'
import { shortId } from '../task-id.ts'
import { OutputLines } from './output-lines.ts'
import { eventWords } from './event-words.ts'
import type { StreamName } from '../output-progress.ts'
import type { Paint } from './paint.ts'
import type { EventMessage } from '../../wire/envelope.ts'

interface Followed {
  readonly progress: OutputProgress
  readonly lines: Readonly<Record<StreamName, OutputLines>>
  /** A question as clients without asks are shown it: left out where the ask itself comes next. */
  held: string | undefined
}

const settling: ReadonlySet<string> = new Set(['taskCompleted', 'taskAborted', 'taskUnfocused'])

export class WatchLines {
  readonly #paint: Paint
  readonly #idLength: number
  readonly #followed = new Map<string, Followed>()

  constructor(paint: Paint, idLength: number) {
    this.#paint = paint
    this.#idLength = idLength
  }

  /** The lines for one event, without line ends. */
  of(event: EventMessage): string[] {
    // What is told of the daemon or its clients is no task's.
    const task = event.task === undefined ? '-' : shortId(event.task, this.#idLength)
    const start = `${this.#paint.in('gray', clock(event.at))} ${task.padEnd(this.#idLength)}`
    const lines = [...this.#released(event), ...this.#output(event, start)]
    const words = eventWords(event.data)
    if (words === undefined) return lines
    const text = words.colour === undefined ? words.text : this.#paint.in(words.colour, words.text)
    const line = `${start} ${text}`
    if (isQuestion(event)) this.#follow(event.task ?? '').held = line
    else lines.push(line)
    return lines
  }

  #released({ task = '', data }: EventMessage): string[] {
    const followed = this.#followed.get(task)
    if (followed?.held === undefined) return []
    const { held } = followed
    followed.held = undefined
    return data.eventName === 'askOpened' ? [] : [held]
  }

  #output(event: EventMessage, start: string): string[] {
    const task = event.task ?? ''
    if (event.data.eventName === 'message') {
      const followed = this.#follow(task)
      const fresh = followed.progress.fresh(event.data.payload[0].message)
      return fresh === undefined
        ? []
        : this.#prefixed(followed.lines[fresh.stream].push(fresh.bytes), start, fresh.stream)
    }
    const followed = this.#followed.get(task)
    if (followed === undefined || !settling.has(event.data.eventName)) return []
    this.#followed.delete(task)
    return (['stdout', 'stderr'] as const).flatMap((stream) =>
      this.#prefixed(followed.lines[stream].end(), start, stream),
    )
  }

  #follow(task: string): Followed {
    const found = this.#followed.get(task)
    if (found !== undefined) return found
    const made = {
      progress: new OutputProgress(),
      lines: { stdout: new OutputLines(), stderr: new OutputLines() },
      held: undefined,
    }
    this.#followed.set(task, made)
    return made
  }

  #prefixed(lines: readonly string[], start: string, stream: StreamName): string[] {
    const mark = this.#paint.in(stream === 'stdout' ? 'cyan' : 'red', `${stream}│`)
    return lines.map((line) => `${start} ${mark} ${line}`)
  }
}

function isQuestion({ data }: EventMessage): boolean {
  return data.eventName === 'message' && data.payload[0].message.type === 'ask'
}

/** Local time of day; blank where the event says no time. */
function clock(at: number | undefined): string {
  return at === undefined ? '        ' : new Date(at).toTimeString().slice(0, 8)
}
