/**
 * A recorded task as a file: JSON Lines, a header and then one event a line with its time. `callboard record` writes
 * it, the runner `replay` plays it; PROTOCOL.md, "Recordings", describes it. The trap: a file is as little to be
 * trusted as a peer, but its refusals quote nothing of it, since any file may be named.
 */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { taskEventSchema } from './events.ts'
import type { TaskEvent } from './events.ts'
import { isJsonObject } from './json-object.ts'
import { nestingExceeds } from './nesting.ts'
import { printable } from './printable.ts'
import { accepted, refused } from './rejection.ts'
import type { Outcome } from './rejection.ts'

/** Raised when an older reader would play a recording wrongly; new event names and keys do not raise it. */
export const recordingVersion = 1

const headerSchema = z.object({
  callboard: z.literal('recording'),
  version: z.literal(recordingVersion),
  /** The task that was recorded. */
  task: z.object({
    id: z.string().min(1).max(limits.idCharsMax),
    /** As lists show it: its beginning. */
    text: z.string().default(''),
    /** Milliseconds since the Unix epoch. */
    createdAt: z.number().optional(),
  }),
  /** Milliseconds since the Unix epoch. */
  recordedAt: z.number().optional(),
})
export type RecordingHeader = z.infer<typeof headerSchema>

const recordedEventSchema = z.object({
  /** Milliseconds since the recording's first event. */
  t: z.number().min(0),
  event: taskEventSchema,
})
export type RecordedEvent = z.infer<typeof recordedEventSchema>

const knownEvents: ReadonlySet<string> = new Set(
  taskEventSchema.options.map((one) => one.shape.eventName.value),
)

const noRecording =
  'is not a recording: its first line must be {"callboard":"recording",…}, as `callboard record` writes it'

/** The first line, with its line end. */
export function recordingHeaderLine(task: RecordingHeader['task'], recordedAt: number): string {
  return `${JSON.stringify({ callboard: 'recording', version: recordingVersion, task, recordedAt })}\n`
}

/** An event's line, with its line end. `t` in milliseconds since the recording's first event. */
export function recordedEventLine(t: number, event: TaskEvent): string {
  return `${JSON.stringify({ t, event })}\n`
}

/** Reads a first line. The refusal's message goes on where the file has been named: "is not a recording…". */
export function parseRecordingHeader(line: Buffer): Outcome<RecordingHeader> {
  const value = parseLine(withoutMark(line))
  const found: unknown = value.ok ? value.value : undefined
  if (!isJsonObject(found) || found['callboard'] !== 'recording')
    return refused('invalid_command', noRecording)
  const { version } = found
  if (typeof version === 'number' && version > recordingVersion) {
    return refused(
      'invalid_command',
      `was made by a newer Callboard (version ${version} of recordings, this one plays up to ${recordingVersion}): ` +
        'update this one',
    )
  }
  const parsed = headerSchema.safeParse(found)
  if (parsed.success) return accepted(parsed.data)
  return refused('invalid_command', `has a first line that is no recording's: ${sayIssue(parsed.error)}`)
}

/**
 * Reads any other line; undefined where it is empty or an event that only newer versions know. The refusal's message
 * goes on after the line's number: "is not JSON".
 */
export function parseRecordedEvent(line: Buffer): Outcome<RecordedEvent | undefined> {
  if (isBlank(line)) return accepted(undefined)
  const value = parseLine(line)
  if (!value.ok) return value
  const event = isJsonObject(value.value) ? value.value['event'] : undefined
  const name = isJsonObject(event) ? event['eventName'] : undefined
  if (typeof name === 'string' && !knownEvents.has(name)) return accepted(undefined)
  const parsed = recordedEventSchema.safeParse(value.value)
  if (parsed.success) return accepted(parsed.data)
  return refused('invalid_command', `is no recorded event: ${sayIssue(parsed.error)}`)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function parseLine(line: Buffer): Outcome<unknown> {
  if (nestingExceeds(line, limits.frameDepthMax)) {
    return refused('invalid_command', `nests more than ${limits.frameDepthMax} deep`)
  }
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(line))
  } catch {
    return refused('invalid_command', 'is not JSON in UTF-8')
  }
  // A schema makes an issue of every wrong value: a line full of them would take gigabytes.
  if (valuesWithin(value, limits.recordingValuesMax) > limits.recordingValuesMax) {
    return refused('invalid_command', `holds more than ${limits.recordingValuesMax} values`)
  }
  return accepted(value)
}

/** How many values are in `value`, itself included; counting stops above `most`. */
function valuesWithin(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue
    count += valuesWithin(Reflect.get(value, key), most - count)
    if (count > most) break
  }
  return count
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}

function withoutMark(line: Buffer): Buffer {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line
}

function sayIssue(error: z.ZodError): string {
  const issue = error.issues[0]
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `
  // An option that is not among the known ones would list all of them.
  return printable(
    `${place}${issue?.code === 'invalid_value' ? 'unknown value' : (issue?.message ?? 'not valid')}`,
  )
}
