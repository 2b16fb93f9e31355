/**
 * What the page's ring holds, as one file: a header with the machines and how they stand at its end, then a line for
 * each thing that happened. It is opened again with no daemon. What is cut off is shown as far as it goes, and said.
 */
import { isRecord, readChart } from './chart-document.ts'
import type { Happening } from './happenings.ts'
import type { Counts, Identity, ShownMachine } from './sight.ts'

export interface Recording {
  readonly daemon: Identity
  /** Milliseconds since the Unix epoch. */
  readonly recordedAt: number
  readonly machines: readonly ShownMachine[]
  /** At its end. */
  readonly counts: readonly Counts[]
  readonly happenings: readonly Happening[]
}

/** The file's text. */
export function writeRecording({ happenings, ...header }: Recording): string {
  const first = { callboard: 'inspection', version: 1, happenings: happenings.length, ...header }
  return `${[first, ...happenings].map((line) => JSON.stringify(line)).join('\n')}\n`
}

export type ReadRecording =
  | {
      readonly ok: true
      readonly recording: Recording
      /** What is wrong with its end. */ readonly cut?: string
    }
  | { readonly ok: false; readonly why: string }

/** Reads a file's text. Never throws. */
export function readRecording(text: string): ReadRecording {
  const lines = text.split('\n')
  const header = parse(lines[0] ?? '')
  if (!isRecord(header) || header['callboard'] !== 'inspection')
    return { ok: false, why: 'this is no recording of the page: its first line says otherwise' }
  if (header['version'] !== 1)
    return { ok: false, why: `it has version ${String(header['version'])}, and this program knows 1` }
  const { daemon, recordedAt, machines, counts, happenings: expected } = header
  if (
    !isIdentity(daemon) ||
    typeof recordedAt !== 'number' ||
    !Array.isArray(machines) ||
    !Array.isArray(counts)
  )
    return { ok: false, why: 'its first line is incomplete' }
  const happenings = readLines(lines.slice(1))
  const recording = {
    daemon,
    recordedAt,
    machines: machines.flatMap(readMachine),
    counts: counts.filter(isCounts),
    happenings,
  }
  if (happenings.length === expected) return { ok: true, recording }
  return {
    ok: true,
    recording,
    cut: `it is cut off or broken after ${happenings.length} of ${String(expected)} entries`,
  }
}

/** Up to the first line that is broken. */
function readLines(lines: readonly string[]): Happening[] {
  const found: Happening[] = []
  for (const line of lines) {
    const value = parse(line)
    if (!isHappening(value)) break
    found.push(value)
  }
  return found
}

function parse(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line)
    return value
  } catch {
    return undefined
  }
}

function readMachine(value: unknown): ShownMachine[] {
  const chart = isRecord(value) ? readChart(value['chart']) : undefined
  if (!isRecord(value) || chart === undefined) return []
  const { key, namespace } = value
  return typeof key === 'string' && typeof namespace === 'string' ? [{ key, namespace, chart }] : []
}

function isIdentity(value: unknown): value is Identity {
  return isRecord(value) && typeof value['version'] === 'string' && typeof value['startedAt'] === 'number'
}

function isCounts(value: unknown): value is Counts {
  return (
    isRecord(value) &&
    typeof value['key'] === 'string' &&
    isNumbers(value['leaves']) &&
    isNumbers(value['edges'])
  )
}

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'number')
}

function isHappening(value: unknown): value is Happening {
  if (!isRecord(value) || typeof value['n'] !== 'number' || typeof value['at'] !== 'number') return false
  const texts =
    value['kind'] === 'move' ? ['machine', 'actor', 'event'] : ['by', 'to', 'link', 'task', 'name', 'frame']
  const known = value['kind'] === 'move' || value['kind'] === 'said'
  return known && texts.every((key) => typeof value[key] === 'string')
}
