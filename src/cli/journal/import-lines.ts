/**
 * Reads an export back. A file is as little to be trusted as a peer: whatever is wrong with it is a Failure that names
 * the line. What ran when it was exported does not run here, and nothing of it can be resumed: what it was to run is
 * not in the file.
 */
import { eventMessageSchema, taskSchema } from '../../wire/envelope.ts'
import type { EventMessage } from '../../wire/envelope.ts'
import { nodeIpc } from '../../wire/framing/node-ipc.ts'
import { isJsonObject } from '../../wire/json-object.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import { nestingExceeds } from '../../wire/nesting.ts'
import { printable } from '../../wire/printable.ts'
import { limits } from '../../limits.ts'
import type { TaskRecord } from '../../store/store.ts'
import { Failure } from '../failure.ts'
import { exportVersion } from './export-lines.ts'

export type ImportItem =
  { readonly task: TaskRecord } | { readonly event: EventMessage & { readonly task: string } }

/** The items of an export's lines, in order. Throws Failure where the file is not a whole export. */
export function* importItems(lines: Iterable<Buffer>): Generator<ImportItem> {
  const found = { tasks: 0, events: 0 }
  let [number, ended] = [0, false]
  for (const bytes of lines) {
    number++
    const value = parsed(bytes, number)
    if (number === 1) {
      refuseOther(value)
      continue
    }
    if (ended) throw wrong(number, 'comes after the end of the export')
    if ('end' in value) {
      refuseMissing(value['end'], found, number)
      ended = true
    } else {
      const item = itemOf(value, number)
      if ('task' in item) found.tasks++
      else found.events++
      yield item
    }
  }
  if (number === 0) throw new Failure(notExport)
  if (!ended) throw new Failure(`the export is cut off after line ${number}: its last line is missing.`)
}

const notExport =
  'this is not an export: its first line must be {"callboard":"export",…}, as `callboard store export` writes it.'

function wrong(number: number, why: string): Failure {
  return new Failure(`line ${number} ${why}.`)
}

function parsed(bytes: Buffer, number: number): JsonObject {
  if (nestingExceeds(bytes, limits.frameDepthMax))
    throw wrong(number, `nests more than ${limits.frameDepthMax} deep`)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    if (number === 1) throw new Failure(notExport)
    throw wrong(number, 'is not JSON: the file may have been cut off there')
  }
  if (isJsonObject(value)) return value
  throw number === 1 ? new Failure(notExport) : wrong(number, 'is no JSON object')
}

function refuseOther(header: JsonObject): void {
  if (header['callboard'] !== 'export') throw new Failure(notExport)
  const { version } = header
  if (version === exportVersion) return
  if (typeof version === 'number' && version > exportVersion)
    throw new Failure(
      `the export was made by a newer Callboard (version ${version} of exports, this one reads up to ${exportVersion}): update this one.`,
    )
  throw new Failure(notExport)
}

function refuseMissing(end: unknown, found: { tasks: number; events: number }, number: number): void {
  const counts = isJsonObject(end) ? end : {}
  if (counts['tasks'] !== found.tasks || counts['events'] !== found.events)
    throw wrong(
      number,
      `says that the export has other than the ${found.tasks} tasks and ${found.events} events before it: lines are missing`,
    )
}

function itemOf(value: JsonObject, number: number): ImportItem {
  if ('task' in value) return { task: recordOf(value['task'], number) }
  if (!('event' in value)) throw wrong(number, 'is neither a task nor an event')
  const message = nodeIpc.unwrap(value['event'])
  if (!message.ok) throw wrong(number, 'is no event that this version knows: it is no frame')
  const event = eventMessageSchema.safeParse(message.value)
  if (!event.success)
    throw wrong(number, `is no event that this version knows: ${issueOf(event.error.issues[0])}`)
  const { task } = event.data
  if (task === undefined || event.data.seq === undefined) throw wrong(number, 'is an event of no task')
  return { event: { ...event.data, task } }
}

/** What ran or waited has ended: it was left behind where it was exported. */
const ended: ReadonlySet<string> = new Set(['completed', 'aborted', 'failed', 'closed'])

function recordOf(value: unknown, number: number): TaskRecord {
  const task = taskSchema.safeParse(isJsonObject(value) ? { ...value, asks: [] } : value)
  if (!task.success) throw wrong(number, `is no task: ${issueOf(task.error.issues[0])}`)
  const { asks: _, queuePlace: _place, holder: _holder, queuedMessages: _queue, ...shown } = task.data
  if (shown.id === '' || shown.id.length > limits.idCharsMax)
    throw wrong(number, 'is no task: its id is not one')
  const { lastTs, runs } = isJsonObject(value) ? value : {}
  return {
    ...withoutUndefined(shown),
    text: shown.text.slice(0, limits.listedTextCharsMax),
    state: ended.has(shown.state) ? shown.state : 'aborted',
    resumable: false,
    startedBy: '',
    lastTs: typeof lastTs === 'number' ? lastTs : 0,
    runs: typeof runs === 'number' ? runs : 0,
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Zod says of an optional field that it may be undefined: it is absent then. */
function withoutUndefined<T extends object>(values: T): Defined<T>
function withoutUndefined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function issueOf(
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): string {
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `
  return printable(`${place}${issue?.message ?? 'not valid'}`)
}
