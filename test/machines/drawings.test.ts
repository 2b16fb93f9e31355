/**
 * Keeps the drawings in the READMEs equal to the machines. With vitest's `-u` this file writes them, so that there is
 * one command for it and no script of ours.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { charts } from '../../src/cli/drawing/drawn-machines.ts'
import { mermaidOf } from '../../src/cli/drawing/mermaid.ts'

const root = join(import.meta.dirname, '../..')
const redraw = 'npx vitest run --project quick test/machines/drawings.test.ts -u'
const drawing = /(<!-- drawing: (\w+) -->\n)[\s\S]*?(<!-- \/drawing -->)/g

/** `markdown` with each of its drawings as the code has it now. */
function redrawn(markdown: string): string {
  return markdown.replaceAll(drawing, (_, start: string, name: string, end: string) => {
    const chart = charts.find((one) => one.name === name)
    if (chart === undefined) throw new Error(`there is no machine ${name} to draw`)
    return `${start}\n\`\`\`mermaid\n${mermaidOf(chart)}\`\`\`\n\n${end}`
  })
}

function drawingsIn(markdown: string): (string | undefined)[] {
  return [...markdown.matchAll(drawing)].map(([, , name]) => name)
}

describe('the drawings', () => {
  test.each([
    ['README.md', ['connection']],
    ['machines/README.md', charts.map((chart) => chart.name)],
  ])(`%s shows %j as they are in the code (else run \`${redraw}\`)`, async (file, names) => {
    const markdown = readFileSync(join(root, file), 'utf8')
    expect(drawingsIn(markdown)).toEqual(names)
    await expect(redrawn(markdown)).toMatchFileSnapshot(join(root, file))
  })

  test('are renewed where they differ, and nothing else is touched', () => {
    const old = 'before\n<!-- drawing: client -->\nold\n<!-- /drawing -->\nafter\n'
    const renewed = redrawn(old)
    expect(renewed).toMatch(/^before\n<!-- drawing: client -->\n\n```mermaid\nstateDiagram-v2\n/)
    expect(renewed).toMatch(/\n```\n\n<!-- \/drawing -->\nafter\n$/)
    expect(redrawn(renewed)).toBe(renewed)
  })

  test('machines/README.md says the command that renews them', () => {
    expect(readFileSync(join(root, 'machines/README.md'), 'utf8')).toContain(`\`${redraw}\``)
  })
})
