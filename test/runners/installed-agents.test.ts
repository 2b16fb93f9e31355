/** Where a program lies and which version it is. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { packageVersion } from '../../src/runners/installed-agents.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'

const scratch = scratchDirectory()

// bound: agentPackageLevelsMax
test('a package is looked for in as many directories above its program as may be, and not in one more', () => {
  const found = [limits.agentPackageLevelsMax, limits.agentPackageLevelsMax + 1].map((levels) => {
    const top = mkdtempSync(join(scratch, 'package-'))
    writeFileSync(join(top, 'package.json'), '{"version": "1.2.3", "bin": "x"}')
    const program = join(top, ...Array.from({ length: levels - 1 }, () => 'in'), 'program')
    mkdirSync(dirname(program), { recursive: true })
    writeFileSync(program, '')
    return packageVersion(program)
  })
  expect(found).toEqual(['1.2.3', undefined])
})
