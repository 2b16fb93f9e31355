/** A file that the page has exported. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pageRecording } from '../../src/cli/page-recording.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'

const scratch = scratchDirectory()

// bound: recordingBytesMax
test('is read at its bound, and refused one byte past it', () => {
  const path = join(scratch, 'kept.jsonl')
  writeFileSync(path, 'x'.repeat(1_000))
  expect(pageRecording(path, 1_000)).toHaveLength(1_000)
  expect(() => pageRecording(path, 999)).toThrow(`${path} is larger than a recording of the page can be.`)
})
