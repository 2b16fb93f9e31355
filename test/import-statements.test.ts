import { expect, test } from 'vitest'
import { codeOnly, importStatements } from './import-statements.ts'

test('every form of import is read, with whether it is of types alone', () => {
  const source = `
import { a } from 'one'
import type { B } from 'two'
import {
  c,
  type D,
} from "three"
import * as e from 'four'
import 'five'
export { f } from 'six'
export type { G } from 'seven'
export * from 'eight'
import type from 'nine'
import h, { i } from 'ten'
const j = await import('eleven')
`
  expect(importStatements(source).map((one) => `${one.specifier}${one.typeOnly ? ' (types)' : ''}`)).toEqual([
    'one',
    'two (types)',
    'three',
    'four',
    'six',
    'seven (types)',
    'eight',
    'nine',
    'ten',
    'five',
    'eleven',
  ])
})

test('what stands in comments and in strings is no import', () => {
  const source = `
// import { a } from 'one'
/* see import('two') */
 * import { b } from 'three'
export const c = 'from here'
const text = "import d from 'four'"
export function from() { return 'x' }
`
  expect(importStatements(source)).toEqual([])
})

test('the words of a source are left without comments and strings', () => {
  expect(codeOnly("const a = 'any' // any\nlet b: any /* any */")).toBe("const a = '' \nlet b: any ")
})
