import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import type { EventGap } from '../../src/client/callboard-client.ts'
import type { EventMessage } from '../../src/wire/envelope.ts'
import { DaemonPlace, startDaemonProcess } from '../daemon/daemon-process.ts'
import type { DaemonProcess } from '../daemon/daemon-process.ts'

const config = { store: { durability: 'normal' } }
const command = (...words: string[]) => ({
  text: words.join(' '),
  configuration: { callboard: { command: words, cwd: '/' } },
})

function setting(): { place: DaemonPlace; start: () => Promise<DaemonProcess> } {
  const place = new DaemonPlace()
  const started: DaemonProcess[] = []
  onTestFinished(async () => {
    for (const daemon of started) await daemon[Symbol.asyncDispose]()
    place.remove()
  })
  const start = async (): Promise<DaemonProcess> => {
    const daemon = await startDaemonProcess({ place, config })
    started.push(daemon)
    return daemon
  }
  return { place, start }
}

function clientAt({ socketPath }: DaemonPlace): CallboardClient {
  const client = new CallboardClient({ socketPath, name: 'restart-test' })
  onTestFinished(() => client.close())
  return client
}

/** Collects what a loop gives, in the background. */
function collected(client: CallboardClient): (EventMessage | EventGap)[] {
  const items: (EventMessage | EventGap)[] = []
  const collect = async (): Promise<void> => {
    for await (const item of client.events({ after: 0 })) items.push(item)
  }
  collect().catch(() => undefined)
  return items
}

function names(items: readonly (EventMessage | EventGap)[]): string[] {
  return items.map((item) => (item.type === 'Gap' ? 'a gap' : item.data.eventName))
}

async function history(client: CallboardClient, taskId: string): Promise<unknown[]> {
  const items: unknown[] = []
  for await (const item of client.events({ tasks: [taskId], after: 0, until: 'head' })) items.push(item)
  return items
}

describe('over a kill of the daemon', () => {
  test('a loop goes on where it was: every event once, and what became of its task', async () => {
    const { place, start } = setting()
    const first = await start()
    const client = clientAt(place)
    await client.connect()
    const epoch = client.server?.epoch
    const items = collected(client)
    const { taskId } = await client.startTask(command('sh', '-c', 'echo hello; exec sleep 60'))
    await vi.waitFor(() => expect(names(items)).toContain('message'))
    await first.kill('SIGKILL')
    await start()
    await vi.waitFor(() => expect(names(items)).toContain('taskResumable'))
    expect(client.server?.epoch).not.toBe(epoch)
    expect(names(items)).not.toContain('a gap')
    const seqs = items.flatMap((item) =>
      item.type === 'TaskEvent' && item.seq !== undefined ? [item.seq] : [],
    )
    expect(seqs).toEqual(Array.from(seqs, (_, index) => index + 1))
    expect(await client.getTask(taskId)).toMatchObject({ state: 'resumable' })
    await client.resumeTask(taskId)
    await vi.waitFor(() => expect(names(items).filter((name) => name === 'taskStarted')).toHaveLength(2))
    await client.cancelTask(taskId)
  })

  test('a request that the daemon never read goes out again, and is done once', async () => {
    const { place, start } = setting()
    const first = await start()
    const client = clientAt(place)
    await client.connect()
    process.kill(first.pid, 'SIGSTOP')
    const starting = client.startTask(command('true'))
    await first.kill('SIGKILL')
    await start()
    const { taskId } = await starting
    expect((await client.listTasks()).map((task) => task.id)).toEqual([taskId])
  })

  test('the same request again gives the answer that it was given', async () => {
    const { place, start } = setting()
    const first = await start()
    const client = clientAt(place)
    const options = { requestId: 'once' }
    const { taskId } = await client.startTask(command('true'), options)
    await first.kill('SIGKILL')
    await start()
    expect(await client.startTask(command('true'), options)).toEqual({ taskId })
    await expect(client.startTask(command('false'), options)).rejects.toMatchObject({
      code: 'request_conflict',
    })
    expect(await client.listTasks()).toHaveLength(1)
  })

  test('history is what it was', async () => {
    const { place, start } = setting()
    const first = await start()
    const before = clientAt(place)
    const { taskId } = await before.startTask(command('echo', 'hello'))
    await vi.waitFor(async () => expect((await before.getTask(taskId)).state).toBe('completed'))
    const told = await history(before, taskId)
    await before.close()
    await first.kill('SIGKILL')
    await start()
    expect(told.length).toBeGreaterThan(8)
    expect(await history(clientAt(place), taskId)).toEqual(told)
  })
})
