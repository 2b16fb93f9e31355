import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { CallboardClient } from '../../../src/client/callboard-client.ts'
import type { Task } from '../../../src/wire/envelope.ts'
import { program } from '../../program.ts'
import { CliWorld } from '../cli-process.ts'
import type { Started } from '../cli-process.ts'

const world = new CliWorld({ limits: { runningTasks: 2 } })
afterAll(() => world.dispose())

const example = (name: string) => join(import.meta.dirname, '../../runners', name)
const wait = { interval: 50 }

async function started(...command: string[]): Promise<string> {
  return (await world.run(['start', '--', ...command])).out.trim()
}

/** What `show` would say, without a process for each look. */
async function show(id: string): Promise<Task> {
  await using client = new CallboardClient({ socketPath: world.socketPath })
  return await client.getTask(id)
}

/** The id of the one ask of a task, once it asks. */
async function askOf(id: string): Promise<string> {
  return await vi.waitFor(async () => {
    const [ask] = (await show(id)).asks
    if (ask === undefined) throw new Error('it does not ask')
    return ask.id
  }, wait)
}

async function settled(...ids: string[]): Promise<void> {
  await world.run(['watch', ...ids])
}

async function hasSaid(process: Started, text: string): Promise<void> {
  await vi.waitFor(() => expect(process.out() + process.err()).toContain(text), wait)
}

describe('a command that asks', () => {
  test('is asked about, answered once, and goes on', async () => {
    const id = await started('sh', example('ask-example.sh'))
    const ask = await askOf(id)
    expect((await world.run(['asks'])).out).toMatch(/ approval +\d+s +Deploy to production\? \[yes, no\]\n$/)
    expect((await world.run(['ps'])).out).toMatch(/ interactive \(1 asked\) /)
    const wrong = await world.run(['answer', ask, 'perhaps'])
    expect(wrong).toMatchObject({ code: 2, err: 'callboard: "perhaps" is none of its options: yes, no.\n' })
    const both = await Promise.all([world.run(['answer', ask, 'yes']), world.run(['answer', ask, 'yes'])])
    expect(both.map((one) => one.code ?? -1).toSorted((one, other) => one - other)).toEqual([0, 1])
    expect(both.find((one) => one.code === 1)?.err).toMatch(/^callboard: .*callboard-cli.*\n$/)
    await settled(id)
    // Who comes later still, and types what was shown, is told who won.
    const shown = [ask.slice(-8), id.slice(-8)]
    for (const late of await Promise.all(shown.map((typed) => world.run(['answer', typed, 'no'])))) {
      expect(late).toMatchObject({ code: 1, out: '' })
      expect(late.err).toMatch(/no longer open: callboard-cli \([0-9a-f]{12}\) answered it first \(/)
    }
    const watched = (await world.run(['watch', id])).out
    expect(watched).toContain('stdout│ Deploying.')
    expect(watched.match(/Deploy to production/g)).toHaveLength(1)
    expect(watched).toMatch(/ ask \S+: answered by callboard-cli: yes$/m)
  })

  test('may ask for text and for a form', async () => {
    const id = await started(process.execPath, example('ask-example.mjs'))
    await vi.waitFor(async () => expect((await show(id)).asks).toHaveLength(2), wait)
    const [name, count] = (await show(id)).asks
    expect(await world.run(['answer', name?.id ?? '', 'Ada', 'L.'])).toMatchObject({ code: 0 })
    expect((await world.run(['answer', count?.id ?? '', 'copies=many'])).err).toContain('copies is a number')
    expect(await world.run(['answer', count?.id ?? '', 'copies=3'])).toMatchObject({ code: 0 })
    await settled(id)
    expect((await world.run(['watch', id])).out).toContain('stdout│ 3 copies for Ada L..')
  })

  test('may not answer itself', async () => {
    const callboard = `'${process.execPath}' '${program}'`
    const first = `first=$(${callboard} asks --json | grep -o '[0-9a-f-]\\{36\\}' | head -n 1)`
    const listed = `while ${first}; [ -z "$first" ]; do sleep 0.02; done`
    const script = `echo '{"text":"May I?","options":["yes"]}' >&3; ${listed}; ${callboard} answer "$first" yes; echo "code $?"`
    const id = await started('sh', '-c', script)
    await settled(id)
    const watched = (await world.run(['watch', id])).out
    expect(watched).toContain('stdout│ code 1')
    expect(watched).toMatch(/stderr│ callboard: .*inside.*/)
    expect(watched).toMatch(/ ask \S+: no longer asked$/m)
  })

  test('run --approve all answers with what allows', async () => {
    const allow = {
      text: 'Go?',
      options: [
        { id: 'no', meaning: 'deny' },
        { id: 'go', meaning: 'allow' },
      ],
    }
    const command = `sleep 0.5; echo '${JSON.stringify(allow)}' >&3; read -r answer <&3; echo "$answer"`
    const finished = await world.run(['run', '--approve', 'all', '--', 'sh', '-c', command])
    expect(finished).toMatchObject({ code: 0, out: '{"option":"go"}\n', err: '' })
  })
})

describe('a task that is held', () => {
  test('is steered by its holder alone, until that releases it', async () => {
    const id = await started('sleep', '60')
    const claiming = world.start(['claim', id])
    await hasSaid(claiming, 'holding')
    expect((await show(id)).holder).toMatchObject({ client: 'callboard-cli' })
    expect((await world.run(['ps'])).out).toMatch(/HELD BY.*\n.* callboard-cli +sleep 60/)
    const refused = await world.run(['cancel', id])
    expect(refused.code).toBe(1)
    expect(refused.err).toMatch(/^callboard: .*callboard-cli.*\n$/)
    claiming.child.kill('SIGINT')
    expect((await claiming.finished).code).toBe(0)
    expect((await show(id)).holder).toBeUndefined()
    expect((await world.run(['cancel', id])).code).toBe(0)
  })

  test('can be taken over, which its holder is told', async () => {
    const id = await started('sleep', '60')
    const claiming = world.start(['claim', id])
    await hasSaid(claiming, 'holding')
    expect((await world.run(['release', id])).err).toContain('release --steal')
    expect((await world.run(['release', '--steal', id])).code).toBe(0)
    const finished = await claiming.finished
    expect(finished.code).toBe(1)
    expect(finished.err).toContain('callboard-cli has taken the task over')
    await world.run(['cancel', id])
  })

  test('is free again when its time is over', async () => {
    const id = await started('sleep', '60')
    expect(await world.run(['claim', '--ttl', '300ms', id])).toMatchObject({ code: 0 })
    expect((await show(id)).holder).toBeUndefined()
    await world.run(['cancel', id])
  })
})

describe('more tasks than may run', () => {
  test('wait in order, by priority, and can be cancelled there', async () => {
    const running = [await started('sleep', '60'), await started('sleep', '60')]
    const waiting = [await started('echo', 'one'), await started('echo', 'two')]
    const urgent = (await world.run(['start', '--priority', '5', '--', 'echo', 'three'])).out.trim()
    const places = await Promise.all([urgent, ...waiting].map(async (id) => (await show(id)).queuePlace))
    expect(places).toEqual([1, 2, 3])
    expect((await world.run(['ps'])).out).toMatch(/ queued \(2\) +\d+s +echo one$/m)
    expect((await world.run(['cancel', waiting[0] ?? ''])).code).toBe(0)
    expect(await show(waiting[0] ?? '')).toMatchObject({ state: 'aborted' })
    expect((await show(waiting[1] ?? '')).queuePlace).toBe(2)
    await world.run(['cancel', ...running])
    await settled(urgent, ...waiting.slice(1))
    expect(await show(waiting[1] ?? '')).toMatchObject({ state: 'completed' })
  })
})
