/**
 * What is new in a command's output. A message carries its full text in every update of the same `ts`; this remembers,
 * per stream, how many bytes of the latest message were given out. Bytes are counted, not characters: `bytes` is the
 * truth where the output is not UTF-8, and what was valid UTF-8 so far is its prefix.
 */
import type { TaskMessage } from '../wire/events.ts'

export type StreamName = 'stdout' | 'stderr'

export interface Fresh {
  readonly stream: StreamName
  readonly bytes: Buffer
}

export class OutputProgress {
  readonly #latest: Record<StreamName, { ts: number; given: number }> = {
    stdout: { ts: -1, given: 0 },
    stderr: { ts: -1, given: 0 },
  }

  /** The bytes that no earlier call returned; undefined where `message` is no output or brings nothing new. */
  fresh(message: TaskMessage): Fresh | undefined {
    if (message.say !== 'command_output') return undefined
    const stream = message.stream ?? 'stdout'
    const latest = this.#latest[stream]
    if (message.ts < latest.ts) return undefined
    if (message.ts > latest.ts) Object.assign(latest, { ts: message.ts, given: 0 })
    const all =
      message.bytes === undefined ? Buffer.from(message.text ?? '') : Buffer.from(message.bytes, 'base64')
    const bytes = all.subarray(latest.given)
    latest.given = Math.max(latest.given, all.length)
    return bytes.length === 0 ? undefined : { stream, bytes }
  }
}
