import { describe, expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { commandNames, parseCallboardConfiguration, taskCommandSchema } from '../../src/wire/commands.ts'

function message(value: unknown): string {
  const outcome = parseCallboardConfiguration(value)
  return outcome.ok ? 'accepted' : outcome.error.message
}

test('a whole configuration is taken, and none is an empty one', () => {
  const whole = { profile: 'p', command: ['sh', '-c', ':'], cwd: '/', env: { A: 'b' }, stdin: 'text' }
  expect(parseCallboardConfiguration(whole)).toEqual({ ok: true, value: whole })
  expect(parseCallboardConfiguration(undefined)).toEqual({ ok: true, value: {} })
})

test('a misspelt key is refused with the one that was meant, an odd one with all there are', () => {
  expect(message({ comand: ['x'] })).toBe(
    'configuration.callboard: unknown key "comand"; did you mean "command"?',
  )
  expect(message({ shellScript: 1 })).toMatch(
    /known are profile, command, cwd, env, stdin, replay, speed, runner, mode, model, options, authMethod, mcpServers, legacyAsks, priority$/,
  )
})

// bound: commandArgsMax
test('a command has as many strings as it may, and none more', () => {
  const { commandArgsMax } = limits
  expect(message({ command: Array(commandArgsMax).fill('x') })).toBe('accepted')
  expect(message({ command: Array(commandArgsMax + 1).fill('x') })).toMatch(`at most ${commandArgsMax}`)
})

// bound: replaySpeedMax
test('a recording is played as fast as it may be, and no faster', () => {
  const { replaySpeedMax } = limits
  for (const speed of [0, 0.5, replaySpeedMax]) expect(message({ replay: '/r', speed })).toBe('accepted')
  for (const speed of [-1, replaySpeedMax + 0.5])
    expect(message({ replay: '/r', speed })).toMatch(/^configuration\.callboard\.speed: /)
})

// bound: priorityMax
test('a priority lies between its two bounds', () => {
  const { priorityMax } = limits
  for (const priority of [-priorityMax, 0, priorityMax]) expect(message({ priority })).toBe('accepted')
  for (const priority of [-priorityMax - 1, priorityMax + 1])
    expect(message({ priority })).toMatch(/^configuration\.callboard\.priority: /)
})

// bound: drainDeadlineMsMax
test('a Shutdown may wait as long as its bound, and no longer', () => {
  const shutdown = (deadlineMs: number): boolean =>
    taskCommandSchema.safeParse({ commandName: 'Shutdown', data: { deadlineMs } }).success
  const { drainDeadlineMsMax } = limits
  expect([0, drainDeadlineMsMax, drainDeadlineMsMax + 1].map(shutdown)).toEqual([true, true, false])
})

// bound: leaseTtlMsMax
test('a lease is asked for as long as its bound, and no longer', () => {
  const claim = (ttlMs: number): boolean =>
    taskCommandSchema.safeParse({ commandName: 'ClaimTask', data: { taskId: 't', ttlMs } }).success
  const { leaseTtlMsMax } = limits
  expect([1, leaseTtlMsMax, leaseTtlMsMax + 1].map(claim)).toEqual([true, true, false])
})

// bound: mcpServersMax
test('an agent is given as many MCP servers as may be, and none more', () => {
  const { mcpServersMax } = limits
  const servers = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, { command: ['x'] }]))
  expect(message({ mcpServers: servers(mcpServersMax) })).toBe('accepted')
  expect(message({ mcpServers: servers(mcpServersMax + 1) })).toMatch(`at most ${mcpServersMax}`)
})

// bound: pruneTasksMax
test('as many tasks may be named for pruning as are kept, and none more', () => {
  const prune = (count: number): boolean =>
    taskCommandSchema.safeParse({
      commandName: 'PruneTasks',
      data: { ids: Array.from({ length: count }, (_, index) => `t${index}`) },
    }).success
  const { pruneTasksMax } = limits
  expect([pruneTasksMax, pruneTasksMax + 1].map(prune)).toEqual([true, false])
})

describe('a report of actors', () => {
  const move = { machine: 'm', actor: 'a', at: 1, event: 'e' }
  const taken = (report: object): boolean =>
    taskCommandSchema.safeParse({ commandName: 'ReportActors', data: { namespace: 'n', ...report } }).success
  const x = (length: number): string => 'x'.repeat(length)

  // bound: inspectedMachinesMax, inspectedMovesMax
  test('tells of as many machines and moves as may be, and none more', () => {
    const { inspectedMachinesMax: machines, inspectedMovesMax: moves } = limits
    const machine = { name: 'm', chart: '{}' }
    const told = (count: number): boolean => taken({ machines: Array.from({ length: count }, () => machine) })
    const moved = (count: number): boolean => taken({ moves: Array.from({ length: count }, () => move) })
    expect([machines, machines + 1].map(told)).toEqual([true, false])
    expect([moves, moves + 1].map(moved)).toEqual([true, false])
  })

  // bound: inspectedNameCharsMax, inspectedChartCharsMax, inspectedContextCharsMax
  test('has names, charts and contexts as long as may be, and no longer', () => {
    const { inspectedNameCharsMax: name, inspectedChartCharsMax: chart, inspectedContextCharsMax } = limits
    const named = (length: number): boolean => taken({ namespace: x(length) })
    const acting = (length: number): boolean => taken({ moves: [{ ...move, actor: x(length) }] })
    const charted = (length: number): boolean => taken({ machines: [{ name: 'm', chart: x(length) }] })
    const knowing = (length: number): boolean => taken({ moves: [{ ...move, context: x(length) }] })
    for (const check of [named, acting]) expect([name, name + 1].map(check)).toEqual([true, false])
    expect([chart, chart + 1].map(charted)).toEqual([true, false])
    const context = inspectedContextCharsMax
    expect([context, context + 1].map(knowing)).toEqual([true, false])
  })
})

test('a wrong value is refused with its place', () => {
  expect(message({ command: 'ls' })).toMatch(/^configuration\.callboard\.command: expected an array/)
  expect(message({ command: [] })).toMatch(/expected at least the program/)
  expect(message({ env: { A: 1 } })).toBe('configuration.callboard.env: expected an object of strings')
  expect(message({ env: JSON.parse('{"__proto__":"x"}') })).toMatch(/env: expected/)
  expect(message({ stdin: 'pipe' })).toMatch(/^configuration\.callboard\.stdin: /)
  expect(message([])).toMatch(/^configuration\.callboard: /)
})

test('data may be missing in every command that takes it empty', () => {
  const taken = (command: object): boolean => taskCommandSchema.safeParse(command).success
  const optional = commandNames.filter((commandName) => taken({ commandName, data: {} }))
  expect(optional).toEqual(expect.arrayContaining(['StartNewTask', 'SendMessage', 'Subscribe', 'Shutdown']))
  expect(optional.filter((commandName) => !taken({ commandName }))).toEqual([])
  expect(taskCommandSchema.parse({ commandName: 'StartNewTask' }).data).toEqual(
    taskCommandSchema.parse({ commandName: 'StartNewTask', data: {} }).data,
  )
})
