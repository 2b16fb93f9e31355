import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CliWorld } from '../cli-process.ts'

const world = new CliWorld()
let done = ''

beforeAll(async () => {
  done = await started('sh', '-c', 'echo first; echo second >&2; exit 5')
  await world.run(['watch', done])
})
afterAll(() => world.dispose())

async function started(...command: string[]): Promise<string> {
  return (await world.run(['start', '--', ...command])).out.trim()
}

describe('start and what follows', () => {
  test('start prints the id, and with --json one document', async () => {
    expect(done).toMatch(/^[\da-f-]{36}$/)
    const printed = await world.json(['start', '--', 'true'])
    expect(printed).toEqual({ taskId: expect.stringMatching(/^[\da-f-]{36}$/) })
  })

  test('ps lists what runs, --all what has ended too', async () => {
    const id = await started('sleep', '30')
    const running = await world.run(['ps'])
    expect(running.out).toMatch(/^TASK +STATE +AGE +COMMAND\n/)
    expect(running.out).toMatch(new RegExp(`^${id.slice(-8)} +(running|starting) +\\ds +sleep 30$`, 'm'))
    expect(running.out).not.toContain(done.slice(-8))
    const all = await world.run(['ps', '--all'])
    expect(all.out).toMatch(new RegExp(`^${done.slice(-8)} +failed \\(5\\) +\\d+s +sh -c 'echo first;`, 'm'))
    expect(await world.json(['ps'])).toEqual([expect.objectContaining({ id, text: 'sleep 30' })])
    await world.run(['cancel', id])
  })

  test('watch shows a task from its beginning, marks its streams, and ends with it', async () => {
    const finished = await world.run(['watch', done.slice(-8)])
    expect(finished).toMatchObject({ code: 0, err: '' })
    const lines = finished.out
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\d\d:\d\d:\d\d \S+ /, ''))
    expect(lines).toEqual([
      'created',
      expect.stringContaining('echo first'),
      'started',
      'stdout│ first',
      'stderr│ second',
      'exited with code 5',
      expect.stringContaining('error: '),
      'aborted',
      'can be resumed',
    ])
  })

  test('watch --json gives the events as they are', async () => {
    const finished = await world.run(['watch', '--json', done])
    const events = finished.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.every((event) => event.type === 'TaskEvent' && event.task === done)).toBe(true)
    expect(events.at(-1).data.eventName).toBe('taskResumable')
  })

  test('watch without tasks follows everything until its reader or its user leaves', async () => {
    const watching = world.start(['watch', '--after', '0'])
    await vi.waitFor(() => expect(watching.out()).toContain('first'))
    await world.run(['run', '--', 'echo', 'seen live'])
    await vi.waitFor(() => expect(watching.out()).toContain('stdout│ seen live'))
    watching.child.kill('SIGINT')
    expect((await watching.finished).signal).toBe('SIGINT')
  })

  test('show reports, and gives the whole task as JSON', async () => {
    const shown = await world.run(['show', done])
    expect(shown.out).toContain(`task:       ${done}\n`)
    expect(shown.out).toMatch(/^exit: +exited with code 5$/m)
    expect(await world.json(['show', done])).toMatchObject({ id: done, state: 'failed', exit: { code: 5 } })
  })

  test('send gives a line to a command that reads', async () => {
    const id = (await world.run(['start', '--stdin', '--', 'sh', '-c', 'read x; echo "got $x"'])).out.trim()
    expect(await world.run(['send', id, 'two', 'words'])).toMatchObject({ code: 0, out: '', err: '' })
    expect((await world.run(['watch', id])).out).toContain('stdout│ got two words')
  })

  test('send to a command that reads nothing says how to start one that does', async () => {
    const id = await started('sleep', '30')
    expect(await world.run(['send', id, 'hello'])).toMatchObject({
      code: 1,
      out: '',
      err: 'callboard: this command does not read messages: its input is closed (`callboard start --stdin` keeps it open).\n',
    })
    await world.run(['cancel', id])
  })

  test('cancel ends several at once and prints their ids', async () => {
    const ids = [await started('sleep', '30'), await started('sleep', '30')]
    expect((await world.run(['cancel', ...ids])).out).toBe(`${ids.join('\n')}\n`)
    await world.run(['watch', ...ids])
    expect(await world.json(['show', ids[0] ?? ''])).toMatchObject({ state: 'aborted' })
  })

  test('resume runs a task again under its id, and --watch follows the new run', async () => {
    const resumed = await world.run(['resume', '--watch', done])
    expect(resumed.code).toBe(0)
    expect(resumed.out.split('\n')[0]).toBe(done)
    expect(resumed.out.match(/stdout│ first/g)).toHaveLength(1)
    expect((await world.run(['watch', done])).out.match(/stdout│ first/g)).toHaveLength(2)
  })

  test('close puts a task away', async () => {
    const id = await started('sleep', '30')
    expect(await world.json(['close', id])).toEqual({ tasks: [id] })
    // Ends with the task, however long that takes.
    await world.run(['watch', id])
    expect(await world.json(['show', id])).toMatchObject({ state: 'closed' })
  })

  test('an id that is nobody’s, and one that may be several, are sentences that say what to do', async () => {
    const unknown = await world.run(['show', 'zzzz'])
    expect(unknown).toMatchObject({ code: 1, out: '' })
    expect(unknown.err).toContain('`callboard ps --all` lists them')
    const ambiguous = await world.run(['cancel', done.slice(0, 4)])
    expect(ambiguous.code).toBe(1)
    expect(ambiguous.err).toMatch(
      /may mean \d+ tasks \([\da-f]{8}, .*\): type one of these, or more of it\.\n$/,
    )
  })

  test('advice is for the daemon that was asked', async () => {
    const unknown = await world.run(['show', '--socket', world.socketPath, 'zzzz'])
    expect(unknown.err).toContain(`\`callboard ps --all --socket ${world.socketPath}\` lists them`)
    const nowhere = await world.run(['ps', '--socket', '/tmp/no one.sock'])
    expect(nowhere.code).toBe(69)
    expect(nowhere.err).toContain("`callboard serve --socket '/tmp/no one.sock'`")
  })

  test('what the daemon refuses is its sentence and 1', async () => {
    const finished = await world.run(['send', done, 'late'])
    expect(finished.code).toBe(1)
    expect(finished.err).toMatch(/^callboard: .+\.\n$/)
  })

  test('status tells about the daemon, for people and for programs', async () => {
    const [pid] = world.daemons()
    expect((await world.run(['status'])).out).toContain(`pid ${pid}, serving`)
    expect(await world.json(['status'])).toMatchObject({ pid, state: 'serving' })
  })
})
