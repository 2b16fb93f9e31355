/** Reads an exported file in the browser, by the reader that the command line uses. */
import { readRecording } from '../recording.ts'
import type { Recording } from './model.ts'

/** The recording, or why there is none. */
export function parseRecording(text: string): { recording: Recording; cut: string | undefined } | string {
  const read = readRecording(text)
  if (!read.ok) return `The file cannot be opened: ${read.why}.`
  return { recording: read.recording, cut: read.cut }
}
