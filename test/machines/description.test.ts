/** Every machine says what each of its states and transitions is, and leaves the world outside to its actors. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codeOnly } from '../import-statements.ts'

const root = join(import.meta.dirname, '../..')

describe('machines', () => {
  const machineFiles = globSync('machines/*.ts', { cwd: root }).toSorted()

  test('are found', () => expect(machineFiles).not.toEqual([]))

  test.each(machineFiles)('%s describes each of its states and transitions', async (file) => {
    const module: unknown = await import(join(root, file))
    const machines = Object.values(isRecord(module) ? module : {}).filter(
      (one) => isRecord(one) && 'config' in one,
    )
    expect(machines).toHaveLength(1)
    for (const machine of machines)
      expect(undescribed(isRecord(machine) ? machine['config'] : {}, file)).toEqual([])
  })

  test.each(machineFiles)('%s does no input or output and asks no clock', (file) => {
    const code = codeOnly(readFileSync(join(root, file), 'utf8'))
    expect(code).not.toMatch(/\b(?:Date\.now|new Date|Math\.random|setTimeout|setInterval|console|process)\b/)
  })
})

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Places of a state's config, itself included, that no description says what they are. */
function undescribed(state: unknown, place: string): string[] {
  if (!isRecord(state)) return [place]
  const { states = {}, on = {}, after = {}, always, onDone } = state
  const transitions = [...entries(on), ...entries(after), ['always', always], ['onDone', onDone]] as const
  return [
    ...(isDescribed(state) ? [] : [place]),
    ...transitions.flatMap(([name, given]) => {
      const all = given === undefined ? [] : Array.isArray(given) ? given : [given]
      return all.every(isDescribed) ? [] : [`${place} on ${name}`]
    }),
    ...entries(states).flatMap(([name, child]) => undescribed(child, `${place}/${name}`)),
  ]
}

function entries(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : []
}

function isDescribed(value: unknown): boolean {
  return isRecord(value) && typeof value['description'] === 'string' && value['description'].trim() !== ''
}
