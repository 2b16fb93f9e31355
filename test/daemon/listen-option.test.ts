import { describe, expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { parseListenOption } from '../../src/daemon/listen-option.ts'

const parse = (value: string) => parseListenOption(value, '--listen', '/work')

describe('--listen', () => {
  test('names framing, vocabulary and path; everything is seen and any role is taken unless it says otherwise', () => {
    expect(parse('node-ipc+roo-1.89:/run/old.sock')).toEqual({
      path: '/run/old.sock',
      framing: 'node-ipc',
      vocabulary: 'roo-1.89',
      scope: 'all',
      role: 'client',
      replay: 'none',
      source: '--listen',
      isDefault: false,
    })
  })

  test('takes a scope or a role', () => {
    expect(parse('node-ipc+roo:/a,scope=own')).toMatchObject({ path: '/a', scope: 'own', role: 'client' })
    expect(parse('node-ipc+roo:/a,role=observer')).toMatchObject({
      path: '/a',
      scope: 'all',
      role: 'observer',
    })
    expect(parse('node-ipc+roo:/a,role=client,scope=own')).toMatchObject({ scope: 'own', role: 'client' })
  })

  test('resolves a relative path, and keeps colons and commas of a path', () => {
    expect(parse('node-ipc+roo:a.sock').path).toBe('/work/a.sock')
    expect(parse('node-ipc+roo:/a:b, c.sock,scope=own').path).toBe('/a:b, c.sock')
  })

  test.each([
    ['/only/a/path', 'the form is framing+vocabulary:PATH'],
    ['node-ipc:/a', 'the form is'],
    ['node-ipc+roo', 'the form is'],
    ['node-ipc+roo:', 'names no path'],
    ['node-ipc+roo:,scope=own', 'names no path'],
    ['node-icp+roo:/a', 'unknown framing "node-icp"; did you mean "node-ipc"?'],
    ['node-ipc+rooo:/a', 'unknown vocabulary "rooo"; did you mean "roo"?'],
    ['node-ipc+roo:/a,scop=own', 'unknown option "scop"; did you mean "scope"? (known: scope, role, replay)'],
    ['node-ipc+roo:/a,toString=own', 'unknown option "toString"'],
    ['node-ipc+roo:/a,scope=mine', 'unknown scope "mine"'],
    ['node-ipc+roo:/a,role=worker', 'unknown role "worker" (known: client, observer)'],
    ['node-ipc+roo:/a,scope=own,scope=all', 'scope is given twice'],
    ['node-ipc+roo:/a,scope=own,role=observer', 'do not combine'],
    ['node-ipc+roo:/a,scope=own,replay=live', 'do not combine'],
    ['node-ipc+roo:/a,replay=all', 'unknown replay "all" (known: none, live)'],
  ])('%s is refused by an error that names the option, the value and: %s', (value, message) => {
    expect(() => parse(value)).toThrow(message)
    expect(() => parse(value)).toThrow(`--listen ${JSON.stringify(value)}`)
  })

  // bound: socketPathBytesMax
  test('takes a path as long as the system allows, and refuses one byte more', () => {
    const longest = `/${'a'.repeat(limits.socketPathBytesMax - 1)}`
    expect(parse(`node-ipc+roo:${longest}`).path).toBe(longest)
    expect(() => parse(`node-ipc+roo:${longest}a`)).toThrow(`the system allows ${limits.socketPathBytesMax}`)
  })
})
