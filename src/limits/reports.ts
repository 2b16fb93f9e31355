/**
 * What inspectTo() reports of other programs, as the wire checks it. The page's own bounds: src/inspector/limits.ts.
 */
import { KiB } from './units.ts'

export const reportLimits = {
  /**
   * What inspectTo() reports: machines of one program and one's chart, moves of one report, names, a context as JSON.
   * inspectTo() cuts or leaves out what is past it; from others it is `invalid_command`.
   */
  inspectedMachinesMax: 64,
  inspectedChartCharsMax: 256 * KiB,
  inspectedMovesMax: 1_000,
  inspectedNameCharsMax: 200,
  inspectedContextCharsMax: 4 * KiB,
  /** Machines that inspectTo() puts into one report. Past it: into the next one. */
  reportedMachinesMax: 8,
} as const
