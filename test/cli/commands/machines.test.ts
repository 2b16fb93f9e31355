import { afterAll, describe, expect, test } from 'vitest'
import { charts } from '../../../src/cli/drawing/drawn-machines.ts'
import { dotOf } from '../../../src/cli/drawing/dot.ts'
import { documentOf } from '../../../src/cli/drawing/json.ts'
import { mermaidOf } from '../../../src/cli/drawing/mermaid.ts'
import { CliWorld } from '../cli-process.ts'

const world = new CliWorld()
afterAll(() => world.dispose())

const [connection] = charts
if (connection === undefined) throw new Error('no machine to draw')

describe('callboard machines', () => {
  test('lists the machines, their states and what they are', async () => {
    const { code, out } = await world.run(['machines'])
    expect(code).toBe(0)
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^MACHINE +STATES +IS$/)
    expect(lines.slice(1).map((line) => line.split(/ {2,}/))).toEqual([
      ['connection', '7', 'One link, from acceptance or dialling to its end.'],
      ['broker', '7', 'The daemon from its first listener to its last byte.'],
      ['task', '13', 'One task, from its creation over any number of runs to its closing.'],
      ['client', '7', 'A client that stays connected to one daemon.'],
    ])
    expect(await world.json(['machines'])).toContainEqual({
      name: 'connection',
      states: 7,
      description: 'One link, from acceptance or dialling to its end.',
    })
  })

  test('draws one in each format', async () => {
    const drawings = await Promise.all([
      world.run(['machines', 'connection', '--format', 'mermaid']),
      world.run(['machines', 'connection', '--format', 'dot']),
    ])
    expect(drawings.map(({ out }) => out)).toEqual([mermaidOf(connection), dotOf(connection)])
    const { out } = await world.run(['machines', 'connection', '--format', 'json'])
    expect(JSON.parse(out)).toEqual(documentOf(connection))
    expect(await world.json(['machines', 'connection'])).toEqual(documentOf(connection))
  })

  test('draws for a terminal unless told otherwise, with colours where they can be seen', async () => {
    const { out } = await world.run(['machines', 'connection'])
    expect(out).toMatch(/^connection: One link/)
    expect(out).not.toContain('\u001b')
    const coloured = await world.run(['machines', 'connection'], { env: { FORCE_COLOR: '1' } })
    expect(coloured.out).toContain('\u001b[1m')
  })

  test.each([
    ['a name that is none', ['conection'], /no machine is called "conection"\. Did you mean connection\?/],
    [
      'a name like no other',
      ['x'],
      /no machine is called "x"\. There are connection, broker, task, client\./,
    ],
    ['a format that is none', ['task', '--format', 'svg'], /Allowed choices are ascii, mermaid, dot, json/],
    ['a format without a name', ['--format', 'dot'], /which machine\? .*connection, broker, task, client\./],
    ['two formats', ['task', '--json', '--format', 'dot'], /--json and --format dot cannot be had at once/],
    ['two names', ['task', 'client'], /too many arguments/],
  ])('refuses %s with exit code 2 and a sentence', async (_, args, sentence) => {
    const { code, out, err } = await world.run(['machines', ...args])
    expect(err).toMatch(sentence)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
    expect([code, out]).toEqual([2, ''])
  })

  test('starts no daemon', async () => {
    await world.run(['machines'])
    expect(world.daemons()).toEqual([])
  })
})
