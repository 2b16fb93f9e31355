import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { CliWorld } from '../cli-process.ts'
import { approval, askingTask, ScriptedDaemon } from '../scripted-daemon.ts'
import type { Answers } from '../scripted-daemon.ts'
import type { Ask } from '../../../src/wire/events.ts'

const world = new CliWorld()
afterAll(() => world.dispose())

const task = '018f0000-0000-7000-8000-00000000aaaa'
const ask = approval('018f0000-0000-7000-8000-00000000bbbb', task)
const question: Ask = {
  id: '018f0000-0000-7000-8000-00000000cccc',
  task,
  kind: 'question',
  text: 'Which\nbranch?',
  askedAt: Date.now(),
}

/** A daemon whose one task asks `asks`, and the options that lead a command to it. */
function asking(
  asks: readonly Ask[],
  answers: Answers = {},
): { daemon: ScriptedDaemon; at: readonly string[] } {
  const path = join(world.directory, `${randomUUID().slice(0, 8)}.sock`)
  const tasks = [askingTask(task, asks)]
  const daemon = new ScriptedDaemon(path, {
    ListTasks: () => ({ result: { tasks } }),
    Subscribe: () => ({ result: { after: 0, head: 0, snapshot: { tasks } } }),
    RespondToAsk: () => ({ result: {} }),
    ...answers,
  })
  return { daemon, at: ['--socket', path] }
}

describe('asks', () => {
  test('lists what is asked and what may be answered, and gives it as JSON', async () => {
    const { at } = asking([ask, question])
    const listed = await world.run(['asks', ...at])
    expect(listed).toMatchObject({ code: 0, err: '' })
    expect(listed.out.split('\n')).toEqual([
      'ASK       TASK      KIND      AGE  TEXT',
      expect.stringMatching(
        /^0000bbbb {2}0000aaaa {2}approval {2}\d+s +Run rm -r build\? \[yes \(Run it\), no \(Do not\)\]$/,
      ),
      expect.stringMatching(/^0000cccc {2}0000aaaa {2}question {2}\d+s +Which branch\?$/),
      '',
    ])
    expect(await world.json(['asks', ...at])).toEqual([ask, question])
  })

  test('--follow goes on with what is asked and answered', async () => {
    const { daemon, at } = asking([ask])
    const people = world.start(['asks', '--follow', ...at])
    const programs = world.start(['asks', '--follow', '--json', ...at])
    await vi.waitFor(() => expect(people.out() + programs.out()).toMatch(/bbbb[^]*bbbb/))
    daemon.announce(task, { eventName: 'askOpened', payload: [task, question] })
    const outcome = { id: ask.id, outcome: 'answered', option: 'no', client: 'editor' } as const
    daemon.announce(task, { eventName: 'askResolved', payload: [task, outcome] })
    await vi.waitFor(() => expect(people.out()).toContain('answered by editor'))
    expect(people.out()).toContain('asks 0000cccc: Which branch?')
    await vi.waitFor(() => expect(programs.out()).toContain('editor'))
    const said = programs
      .out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(said).toEqual([
      { eventName: 'askOpened', payload: [task, ask] },
      { eventName: 'askOpened', payload: [task, question] },
      { eventName: 'askResolved', payload: [task, outcome] },
    ])
    people.child.kill('SIGINT')
    programs.child.kill('SIGINT')
    await Promise.all([people.finished, programs.finished])
  })
})

describe('answer', () => {
  test('gives the daemon the option that was meant, quietly; with --json it is printed', async () => {
    const { daemon, at } = asking([ask, question])
    expect(await world.run(['answer', ...at, 'bbbb', 'run'])).toMatchObject({ code: 0, out: '', err: '' })
    const printed = await world.json(['answer', ...at, 'cccc', 'main', 'please'])
    expect(printed).toEqual({ askId: question.id, text: 'main please' })
    const responses = daemon.commands.filter((one) => one.commandName === 'RespondToAsk')
    expect(responses.map((one) => one.data)).toEqual([
      { askId: ask.id, option: 'yes' },
      { askId: question.id, text: 'main please' },
    ])
  })

  test('what is none of the options is told which there are, with 2, and asks the daemon nothing', async () => {
    const { daemon, at } = asking([ask])
    expect(await world.run(['answer', ...at, 'bbbb', 'perhaps'])).toMatchObject({
      code: 2,
      out: '',
      err: 'callboard: "perhaps" is none of its options: yes (Run it), no (Do not).\n',
    })
    expect(daemon.commands.map((one) => one.commandName)).toEqual(['Unsubscribe', 'ListTasks'])
  })

  test('an ask that somebody else answered meanwhile is 1, and says who won', async () => {
    const error = { code: 'unknown_ask', message: 'editor (c1) answered it first.' } as const
    const { at } = asking([ask], { RespondToAsk: () => ({ error }) })
    expect(await world.run(['answer', ...at, 'bbbb', 'yes'])).toMatchObject({
      code: 1,
      out: '',
      err: `callboard: editor (c1) answered it first (\`callboard asks --socket ${at[1]}\` lists what is open).\n`,
    })
  })

  test('one that is no longer open is asked for all the same: the daemon may know how it ended', async () => {
    const error = { code: 'unknown_ask', message: 'editor has answered this already.' } as const
    const { daemon, at } = asking([], { RespondToAsk: () => ({ error }) })
    const late = await world.run(['answer', ...at, ask.id, 'yes'])
    expect(late.code).toBe(1)
    expect(late.err).toContain('callboard: editor has answered this already (')
    expect(daemon.commands.at(-1)?.data).toEqual({ askId: ask.id, text: 'yes' })
  })

  test('the id of a task means the one thing that it asks', async () => {
    const { daemon, at } = asking([ask])
    expect(await world.run(['answer', ...at, 'aaaa', 'no'])).toMatchObject({ code: 0, err: '' })
    expect(daemon.commands.at(-1)?.data).toEqual({ askId: ask.id, option: 'no' })
    const several = await world.run(['answer', ...asking([ask, question]).at, 'aaaa', 'no'])
    expect(several).toMatchObject({
      code: 1,
      err: 'callboard: the task 0000aaaa asks 2 things (0000bbbb, 0000cccc): type one.\n',
    })
  })

  test('an id that may mean several names them', async () => {
    const { at } = asking([ask, question])
    const ambiguous = await world.run(['answer', ...at, '018f', 'yes'])
    expect(ambiguous.code).toBe(1)
    expect(ambiguous.err).toContain('may mean 2 asks (0000bbbb, 0000cccc): type one of these')
  })

  test('what the daemon does not allow is its sentence and 1', async () => {
    const error = { code: 'unauthorized', message: 'A task may not answer itself.' } as const
    const { at } = asking([ask], { RespondToAsk: () => ({ error }) })
    const refused = await world.run(['answer', ...at, 'bbbb', 'yes'])
    expect(refused.code).toBe(1)
    expect(refused.err).toMatch(/^callboard: A task may not answer itself \(/)
  })
})

test('what is asked stands in ps and in show', async () => {
  const held = {
    ...askingTask(task, [ask]),
    holder: { clientId: 'a3f7b9c2d1e4', client: 'editor' },
    priority: 3,
  }
  const waiting = {
    ...askingTask('018f0000-0000-7000-8000-00000000dddd', []),
    state: 'queued',
    queuePlace: 2,
  }
  const { at } = asking([ask], {
    ListTasks: () => ({ result: { tasks: [held, waiting] } }),
    GetTask: () => ({ result: held }),
  })
  const listed = (await world.run(['ps', ...at])).out.split('\n')
  expect(listed[0]).toMatch(/^TASK +STATE +AGE +HELD BY +COMMAND$/)
  expect(listed[1]).toMatch(/^0000aaaa {2}interactive \(1 asked\) {2}\d+s +editor {3}tidy up$/)
  expect(listed[2]).toMatch(/^0000dddd {2}queued \(2\) +\d+s +tidy up$/)
  const shown = (await world.run(['show', ...at, 'aaaa'])).out
  expect(shown).toMatch(/^held by: +editor \(a3f7b9c2d1e4\)$/m)
  expect(shown).toMatch(/^priority: +3$/m)
  expect(shown).toMatch(/^asks: +018f\S+bbbb: Run rm -r build\? \[yes \(Run it\), no \(Do not\)\]$/m)
})
