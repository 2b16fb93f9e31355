import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { helloSchema } from '../../src/wire/envelope.ts'

// bound: clientNameCharsMax
test.each(['name', 'version'])("a client's %s has as many characters as it may, and none more", (what) => {
  const takes = (characters: number): boolean => {
    const client = { name: 'n', version: '1', [what]: 'x'.repeat(characters) }
    const hello = { type: 'Hello', origin: 'client', data: { protocol: 1, client } }
    return helloSchema.safeParse(hello).success
  }
  const { clientNameCharsMax } = limits
  expect([0, clientNameCharsMax, clientNameCharsMax + 1].map(takes)).toEqual([true, true, false])
})
