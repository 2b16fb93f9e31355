/**
 * The lines of an export: a journal's tasks and then its events, between a first and a last line, so that a cut one is
 * seen. It holds what was said, and nothing of what a task was configured with. Everything is escaped so that no text
 * in it can move a terminal's cursor or turn its direction.
 */
import type { StoredEvent, TaskRecord } from '../../store/store.ts'

/** Raised when an older reader would take an export wrongly. */
export const exportVersion = 1

export interface ExportHeader {
  readonly journal: string
  readonly head: number
  /** Milliseconds since the Unix epoch. */
  readonly exportedAt: number
}

export function headerLine(header: ExportHeader): string {
  return line({ callboard: 'export', version: exportVersion, ...header })
}

export function taskLine(record: TaskRecord): string {
  const {
    request: _,
    runnerState: _state,
    machine: _machine,
    lease: _lease,
    waits: _waits,
    startedBy: _by,
    ...shown
  } = record
  return line({ task: shown })
}

/** The event's canonical frame without the delimiter that ends it. */
export function eventLine({ frame }: StoredEvent): string {
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.length - 1).toString()
  return `{"event":${escaped(text)}}\n`
}

export function endLine(tasks: number, events: number): string {
  return line({ end: { tasks, events } })
}

function line(value: unknown): string {
  return `${escaped(JSON.stringify(value))}\n`
}

// Control, format (bidi), private and unassigned characters, and the two Unicode line ends. In a JSON text they stand
// in strings alone.
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu

function escaped(json: string): string {
  return json.replace(unprintable, (character) => {
    let text = ''
    for (let at = 0; at < character.length; at++)
      text += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
    return text
  })
}
