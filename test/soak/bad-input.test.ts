import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { command } from '../daemon/bad-input-frames.ts'
import type { Trial } from '../daemon/bad-input-trial.ts'
import { RawLink } from '../daemon/raw-link.ts'
import { heapArgs, heapBytes } from './heap.ts'
import { measuredTrial } from './measured-trial.ts'

const KiB = 1024
const MiB = 1024 * KiB
const patience = { timeout: 60_000, interval: 20 }

const idle = { text: '', configuration: {} }

/** A task that prints this many bytes. */
function flood(bytes: number): unknown {
  const script = `yes 0123456789abcdef | head -c ${bytes}`
  return { text: '', configuration: { callboard: { command: ['sh', '-c', script] } } }
}

describe('readers that do not read', () => {
  it('do not grow the daemon while a task floods', async () => {
    const trial = await measuredTrial()
    await trial.attack('5 mute readers beside 100 MB of output', async () => {
      for (let n = 0; n < 5; n++) await trial.mute()
      await using starter = await RawLink.open(trial.path)
      await starter.request('Subscribe', { events: ['taskIdle'] })
      expect((await starter.request('StartNewTask', flood(100_000_000))).ok).toBe(true)
      await vi.waitFor(() => expect(starter.events()).toEqual(['taskIdle']), patience)
    })
  })

  it('are not answered for ever when they never take their replies', async () => {
    const trial = await measuredTrial()
    await using starter = await RawLink.open(trial.path)
    for (let n = 0; n < 100; n++) await starter.request('StartNewTask', { ...idle, text: 'x'.repeat(1_000) })
    await trial.attack('20 links that pipeline 5,000 requests each', async () => {
      const requests = Array.from({ length: 5_000 }, (_, n) =>
        command(n % 2 === 0 ? 'ListTasks' : 'GetModes', undefined, { requestId: `r${n}` }),
      ).join('')
      for (let n = 0; n < 20; n++) (await trial.mute()).write(requests)
      await vi.waitFor(
        () => expect(trial.logged('reading stopped').length).toBeGreaterThanOrEqual(20),
        patience,
      )
      await trial.expectAlive()
    })
  })
})

describe('large answers', () => {
  it('to many who never take them do not grow the daemon', async () => {
    const trial = await measuredTrial()
    await using starter = await RawLink.open(trial.path)
    await starter.request('Unsubscribe')
    const text = 'x'.repeat(1_000)
    for (let n = 0; n < 3_000; n++) await written(starter, command('StartNewTask', { ...idle, text }))
    expect((await starter.request('GetStatus')).ok).toBe(true)
    await trial.attack('40 mute links that ask for 3,000 tasks each', async () => {
      for (let n = 0; n < 40; n++) {
        ;(await trial.mute()).write(command('ListTasks', {}, { requestId: 'list' }).repeat(50))
      }
      await vi.waitFor(() => {
        const closed = trial.logged('frame refused').filter(({ code }) => code === 'limit_exceeded')
        expect(closed.length).toBeGreaterThan(10)
      }, patience)
    })
  })
})

describe('starts that cannot run', () => {
  it('are each answered, 2,500 with prompts of 32 kB beside five mute readers', async () => {
    const trial = await measuredTrial()
    await using starter = await RawLink.open(trial.path)
    await trial.attack('2,500 starts with 32 kB beside 5 mute readers', async () => {
      for (let n = 0; n < 5; n++) await trial.mute()
      const text = 'p'.repeat(32 * KiB)
      for (let n = 0; n < 2_500; n++) {
        await written(starter, command('StartNewTask', { ...idle, text }, { requestId: `start ${n}` }))
      }
      const answered = await vi.waitFor(() => {
        const replies = starter.messages.filter(({ type }) => type === 'Reply')
        expect(replies).toHaveLength(2_500)
        return replies
      }, patience)
      expect(answered.every(({ data }) => data?.ok === true)).toBe(true)
      const ends = (): number => starter.events().filter((name) => name === 'taskAborted').length
      await vi.waitFor(() => expect(ends()).toBe(2_500), patience)
    })
  })

  it.each([
    { megabytes: 8, growthMax: 64 * MiB },
    // Beyond what is asked for: its frame, its text, its event and the journal's copy are 31 MB each.
    { megabytes: 31, growthMax: 256 * MiB },
  ])('take one prompt of $megabytes MB', async ({ megabytes, growthMax }) => {
    const trial = await measuredTrial()
    await using starter = await RawLink.open(trial.path)
    await trial.attack(
      `one prompt of ${megabytes} MB`,
      async () => {
        const started = await starter.request('StartNewTask', {
          ...idle,
          text: 'p'.repeat(megabytes * 1_000_000),
        })
        expect(started.ok).toBe(true)
        await vi.waitFor(() => expect(starter.events().at(-1)).toBe('taskAborted'), patience)
      },
      growthMax,
    )
  })
})

async function written({ socket }: RawLink, bytes: string): Promise<void> {
  if (socket.write(bytes)) return
  const gone = new AbortController()
  const closed = (): void => gone.abort(new Error('the daemon closed the link'))
  socket.once('close', closed)
  await once(socket, 'drain', { signal: gone.signal })
  socket.off('close', closed)
}

describe('the heap', () => {
  it('holds nothing of 50,000 links that came and went', async () => {
    const trial = await measuredTrial(heapArgs)
    const visits = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 50) {
        await Promise.all(Array.from({ length: 50 }, async () => (await trial.mute()).destroy()))
        trial.forgetMutes()
      }
      await expectAlone(trial)
    }
    await visits(5_000)
    const before = await heapBytes(trial.daemon)
    await trial.attack('50,000 connects and closes', async () => visits(50_000))
    expect((await heapBytes(trial.daemon)) - before).toBeLessThan(1 * MiB)
  })

  it('holds nothing of 100,000 unknown commands', async () => {
    const trial = await measuredTrial(heapArgs)
    let sent = 0
    const send = async (count: number): Promise<void> => {
      await using link = await RawLink.open(trial.path)
      for (let done = 0; done < count; done += 500) {
        // Each another name: nothing may be remembered by name.
        await written(link, Array.from({ length: 500 }, () => command(`NoSuch${sent++}`)).join(''))
      }
      expect((await link.request('GetModes')).ok).toBe(true)
    }
    await send(10_000)
    const before = await heapBytes(trial.daemon)
    await trial.attack('100,000 unknown commands', async () => send(100_000))
    expect((await heapBytes(trial.daemon)) - before).toBeLessThan(1 * MiB)
  })
})

async function expectAlone(trial: Trial): Promise<void> {
  await vi.waitFor(async () => {
    const { result } = await trial.old.request('GetStatus')
    expect(result).toMatchObject({ connections: 1 })
  }, patience)
}

describe('garbage', () => {
  it('of any kind for 30 s confuses nobody', async () => {
    const seed = Number(process.env['CALLBOARD_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
    console.log(`seed: CALLBOARD_TEST_SEED=${seed}`)
    const random = generator(seed)
    const trial = await measuredTrial()
    await trial.attack('random bytes and broken frames for 30 s', async () => {
      const until = performance.now() + 30_000
      while (performance.now() < until) {
        await Promise.all(Array.from({ length: 8 }, async () => babble(trial, random)))
        trial.forgetMutes()
      }
    })
    expect(trial.logged('connection failed')).toEqual([])
    expect(trial.logged('command failed')).toEqual([])
    expect(trial.logged('task failed')).toEqual([])
  })
})

/** One link's worth of garbage, in pieces of any size. */
async function babble(trial: Trial, random: () => number): Promise<void> {
  const socket = await trial.mute()
  socket.resume()
  const pieces = 1 + Math.floor(random() * 20)
  for (let n = 0; n < pieces && !socket.destroyed; n++) {
    const bytes = garbage(random)
    const cut = Math.floor(random() * bytes.length)
    socket.write(bytes.subarray(0, cut))
    if (random() < 0.3) await delay(1)
    socket.write(bytes.subarray(cut))
  }
  await delay(5)
  if (random() < 0.5) socket.destroy()
  else socket.end()
}

const commands = [
  'StartNewTask',
  'CancelTask',
  'CloseTask',
  'ResumeTask',
  'SendMessage',
  'GetCommands',
  'GetModels',
]
  .concat([
    'Subscribe',
    'Unsubscribe',
    'ListTasks',
    'GetTask',
    'ListClients',
    'GetStatus',
    'DeleteQueuedMessage',
  ])
  .concat(['RespondToAsk', 'ClaimTask', 'ReleaseTask', 'PruneTasks'])

/** A valid frame, a frame with some bytes changed, a frame of random values, or random bytes. */
function garbage(random: () => number): Buffer {
  const kind = random()
  if (kind < 0.2)
    return Buffer.from(Array.from({ length: Math.floor(random() * 2_000) }, () => random() * 256))
  const name = commands[Math.floor(random() * commands.length)] ?? ''
  const frame = Buffer.from(command(name, anything(random, 0), { requestId: `${Math.floor(random() * 50)}` }))
  if (kind < 0.6) return frame
  for (let changes = random() * 5; changes > 0; changes--) {
    frame[Math.floor(random() * frame.length)] = random() * 256
  }
  return frame
}

function anything(random: () => number, depth: number): unknown {
  const kinds = depth > 4 ? 5 : 8
  switch (Math.floor(random() * kinds)) {
    case 0:
      return null
    case 1:
      return random() < 0.5 ? random() * 1e9 : Math.floor(random() * 100)
    case 2:
      return random() < 0.5
    case 3:
      return 'text\u0000\f\u202e\ud800'.repeat(random() * 20)
    case 4:
      return ['taskId', '*', 'message', '__proto__'][Math.floor(random() * 4)]
    case 5:
      return Array.from({ length: random() * 5 }, () => anything(random, depth + 1))
    default:
      return Object.fromEntries(
        Array.from({ length: random() * 5 }, () => [key(random), anything(random, depth + 1)]),
      )
  }
}

const keys = [
  'text',
  'configuration',
  'callboard',
  'profile',
  'images',
  'taskId',
  'events',
  'tasks',
  'after',
].concat(['snapshot', 'states', 'askId', 'ids', '__proto__', 'constructor', 'toString', 'mode', 'env', 'cwd'])

function key(random: () => number): string {
  return keys[Math.floor(random() * keys.length)] ?? ''
}

/** mulberry32: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
