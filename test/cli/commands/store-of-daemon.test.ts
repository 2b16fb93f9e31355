/** The journal that a real daemon wrote: it is sound, and an export of it is taken by an empty home, whole. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CliWorld } from '../cli-process.ts'

const one = new CliWorld()
const other = new CliWorld()
afterAll(async () => {
  await one.dispose()
  await other.dispose()
})

/** What was said in a history's lines, without what each journal numbers for itself. */
function said(lines: string): unknown[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => {
      const { task, at, data } = JSON.parse(line)
      return { task, at, data }
    })
}

test('a journal is verified, exported, imported elsewhere and read there through a daemon', async () => {
  expect((await one.run(['run', '--', 'echo', 'kept'])).out).toBe('kept\n')
  const before = await one.run(['history', '--json'])
  expect((await one.run(['stop'])).code).toBe(0)
  const verified = await one.run(['store', 'verify'])
  expect([verified.code, verified.out + verified.err]).toEqual([0, expect.stringContaining('sound: 1 task')])
  const exported = await one.run(['store', 'export'])
  const path = join(other.directory, 'export.jsonl')
  writeFileSync(path, exported.stdout)
  expect(await other.run(['store', 'import', path])).toMatchObject({ code: 0 })
  expect(await other.run(['store', 'verify'])).toMatchObject({ code: 0 })
  // Starts the other daemon.
  expect((await other.run(['run', '--', 'true'])).code).toBe(0)
  const after = said((await other.run(['history', '--json'])).out)
  const expected = said(before.out)
  expect(expected.length).toBeGreaterThan(5)
  expect(after.slice(0, expected.length)).toEqual(expected)
  expect((await other.run(['stop'])).code).toBe(0)
})
