/**
 * How long a wait may take that names no time of its own: vitest's second is too short for what another process does on a
 * busy machine. Loaded before each test file; `expect.poll` has its own setting in vitest.config.ts.
 */
import { vi } from 'vitest'

const timeout = 10_000
const { waitFor } = vi

const patient: typeof vi.waitFor = (look, options = {}) =>
  waitFor(look, typeof options === 'number' ? options : { timeout, ...options })

// A worker loads this for each of its files.
if (waitFor.name !== patient.name) vi.waitFor = patient
