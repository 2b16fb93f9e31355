/** What `top` may be told. */
import { expect, test, vi } from 'vitest'
import { topCommand } from '../../../src/cli/commands/top.ts'
import { limits } from '../../../src/limits.ts'

/** Milliseconds; undefined where it is refused. */
function every(value: string): unknown {
  const command = topCommand().exitOverride().configureOutput({ writeErr: vi.fn<(text: string) => void>() })
  try {
    command.parseOptions(['--every', value])
    return command.opts()['every']
  } catch {
    return undefined
  }
}

// bound: topEveryMsMin, topEveryMsMax
test('it is drawn as often, and as seldom, as may be, and not a millisecond beyond', () => {
  const { topEveryMsMin: least, topEveryMsMax: most } = limits
  const taken = [least - 1, least, most, most + 1].map((ms) => every(`${ms}ms`))
  expect(taken).toEqual([undefined, least, most, undefined])
})
