/** A daemon whose disk is full for a while, with clients that command and read, and tasks that have much to say. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { CallboardError } from '../../src/client/callboard-error.ts'
import type { EventMessage } from '../../src/wire/envelope.ts'
import { OutageWorld } from './outage-world.ts'

const patience = { timeout: 60_000, interval: 20 }
const outageMs = 2_000
const growthBytesMax = 64 * 1024 * 1024
const lines = 300

function running(script: string) {
  return { text: script, configuration: { callboard: { command: ['sh', '-c', script] } } }
}

async function codeOf(command: Promise<unknown>): Promise<string> {
  try {
    await command
    return 'done'
  } catch (error) {
    return error instanceof CallboardError ? error.code : String(error)
  }
}

/** What is kept so far, with a client of its own. */
async function journalOf(socketPath: string): Promise<EventMessage[]> {
  await using client = new CallboardClient({ socketPath, attemptsMax: 3 })
  const events: EventMessage[] = []
  for await (const message of client.events({ after: 0, until: 'head' }))
    if (message.type === 'TaskEvent') events.push(message)
  return events
}

/** The output of a task, each message as it was told last. */
function outputOf(journal: readonly EventMessage[], task: string): string {
  const texts = new Map<number, string>()
  for (const { task: owner, data } of journal) {
    if (owner !== task || data.eventName !== 'message') continue
    const [{ message }] = data.payload
    if (message.say === 'command_output') texts.set(message.ts, message.text ?? '')
  }
  return [...texts.values()].join('')
}

async function follow(client: CallboardClient, seen: EventMessage[]): Promise<void> {
  for await (const message of client.events({ after: 0 }))
    if (message.type === 'TaskEvent' && message.seq !== undefined) seen.push(message)
}

it.each(['bound', 'mount'] as const)('nothing is lost while the disk is full (%s)', async (kind) => {
  await using world = await OutageWorld.begin(kind)
  if (world === undefined) {
    console.log('left out: this user may not mount a file system')
    return
  }
  const { daemon, disk } = world
  const { socketPath } = daemon
  await using client = new CallboardClient({ socketPath })
  await using follower = new CallboardClient({ socketPath })
  const seen: EventMessage[] = []
  const following = follow(follower, seen)
  const counting = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo line $i; sleep 0.01; done`
  const { taskId: counter } = await client.startTask(running(counting))
  const { taskId: flood } = await client.startTask(running('yes 0123456789abcdef | head -c 3000000'))
  await vi.waitFor(() => expect(outputOf(seen, counter)).toContain('line 10\n'), patience)

  await disk.fill()
  // What is free inside the file is used first.
  await vi.waitFor(
    async () => expect((await client.getStatus()).journal.unavailable).toMatch(/no room/),
    patience,
  )
  const head = (await client.getStatus()).journal.head
  const rssBytes = daemon.rssBytes()
  const refused = ['refused-1', 'refused-2', 'refused-3']
  const outage = performance.now()
  while (performance.now() - outage < outageMs) {
    for (const requestId of refused)
      expect(await codeOf(client.startTask(running('true'), { requestId }))).toBe('storage_unavailable')
    expect(await codeOf(client.cancelTask(counter))).toBe('storage_unavailable')
    expect((await client.getTask(counter)).state).toBe('running')
    expect((await journalOf(socketPath)).at(-1)?.seq).toBe(head)
    await delay(100)
  }
  expect((await client.getStatus()).journal.head).toBe(head)
  expect(daemon.rssBytes() - rssBytes).toBeLessThan(growthBytesMax)
  expect(seen.at(-1)?.seq).toBe(head)

  await disk.empty()
  const emptied = performance.now()
  await vi.waitFor(
    async () => expect((await client.getStatus()).journal.unavailable).toBeUndefined(),
    patience,
  )
  const recoveredMs = performance.now() - emptied
  for (const requestId of refused)
    expect(await codeOf(client.startTask(running('true'), { requestId }))).toBe('done')
  await vi.waitFor(async () => {
    const states = (await client.listTasks()).map(({ state }) => state)
    expect(states).toEqual(states.map(() => 'completed'))
  }, patience)
  const journal = await journalOf(socketPath)
  await vi.waitFor(() => expect(seen).toEqual(journal), patience)
  expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, index) => index + 1))
  const wanted = Array.from({ length: lines }, (_, index) => `line ${index + 1}\n`)
  expect(outputOf(journal, counter)).toBe(wanted.join(''))
  expect(outputOf(journal, flood)).toHaveLength(3_000_000)
  for (const requestId of refused) {
    const created = journal.filter(
      ({ causedBy, data }) => causedBy === requestId && data.eventName === 'taskCreated',
    )
    expect(created).toHaveLength(1)
  }
  console.log(
    `${kind}: ${journal.length} events; served again ${recoveredMs.toFixed(0)} ms after there was room`,
  )

  await daemon.kill()
  await world.start()
  expect(await journalOf(socketPath)).toEqual(journal)
  await follower.close()
  await following
})
