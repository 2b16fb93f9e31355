/** SIGKILL in the middle of commits: what was acknowledged is there, whole and in order, and no number is given twice. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { openStore, readAll } from './sample-store.ts'
import { storeProcess } from './store-process.ts'

const scratch = scratchDirectory()
const kills = 24

/** Commits of one to twenty events, each said once it has returned, with retention and checkpoints between. */
const writer = `
  say('open ' + store.head)
  for (let count = 0; count < 100000; count++) {
    const task = 't' + store.startNumber + '.' + Math.floor(count / 7)
    const events = Array.from({ length: 1 + (count * 7) % 20 }, (_, index) => stored(store.head + index + 1, task, 'x'.repeat((count * 97) % 3000)))
    const state = count % 7 === 6 ? 'completed' : 'running'
    store.commit({ tasks: [record(task, { state, lastTs: store.head + events.length })], events, answers: [{ sessionId: 's', requestId: task, digest: 'd', frame: Buffer.from('' + store.head), at: 1 }] })
    say('' + store.head)
    if (count % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }`

test(`${kills} times: every acknowledged commit is whole`, { timeout: 120_000 }, async () => {
  const home = mkdtempSync(join(scratch, 'home-'))
  let acknowledged = 0
  for (let kill = 0; kill < kills; kill++) {
    const { child, said, ended } = storeProcess(writer, [home])
    await expect
      .poll(() => said.length, { timeout: 20_000, interval: 1 })
      .toBeGreaterThan(1 + ((kill * 37) % 400))
    child.kill('SIGKILL')
    expect(await ended).toBe('SIGKILL')
    // It went on from what the one before had acknowledged, or had committed without being able to say so.
    expect(Number(said[0]?.slice('open '.length))).toBeGreaterThanOrEqual(acknowledged)
    acknowledged = Number(said.at(-1))
  }
  const store = openStore(home)
  expect(store.startNumber).toBe(kills + 1)
  expect(store.head).toBeGreaterThanOrEqual(acknowledged)
  const events = readAll(store)
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: store.head }, (_, index) => index + 1))
  for (const { seq, task, frame } of events) {
    const message: unknown = JSON.parse(frame.toString().slice(0, -1))
    expect(message).toMatchObject({ data: { seq, task } })
  }
  // A record is of the same commit as its events.
  for (const { id, lastTs } of store.tasks()) {
    expect(store.readTask(id, 0, 1e9).at(-1)?.seq).toBe(lastTs)
    expect(store.answer('s', id)).toBeDefined()
  }
  expect(store.use().events).toBe(store.head)
  store.close()
})
