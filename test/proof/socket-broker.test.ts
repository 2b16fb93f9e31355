import { expect, test } from 'vitest'
import { brokerMachine } from '../../machines/broker.ts'
import { startDaemonProcess } from '../daemon/daemon-process.ts'
import type { DaemonProcess } from '../daemon/daemon-process.ts'
import { RawLink } from '../daemon/raw-link.ts'
import { eventually, heard, startScript } from '../daemon/task-events.ts'
import { expectAsInLedger } from './ledger.ts'
import { brokerInput, samples } from './sample-events.ts'
import { tours } from './tours.ts'
import type { Step } from './tours.ts'

const { drain } = samples.broker
const settled = samples.broker['tasks.settled']

/** A peer stops a daemon only by asking: nothing that it says forces one, and deadlines are the memory twin's. */
const generated = tours(brokerMachine, brokerInput, {
  events: [samples.broker['listeners.bound'], drain, settled],
  may: (state, event) => (state === 'starting' ? event === 'listeners.bound' : true),
})

class Peer {
  readonly #link: RawLink
  readonly #daemon: DaemonProcess
  readonly #task: string

  constructor(daemon: DaemonProcess, link: RawLink, task: string) {
    this.#daemon = daemon
    this.#link = link
    this.#task = task
  }

  async cause({ event }: Step): Promise<void> {
    if (event.type === 'drain') await this.#link.request('Shutdown', { deadlineMs: 60_000 })
    else if (event.type === 'tasks.settled')
      this.#link.command('SendMessage', { taskId: this.#task, text: 'end' })
  }

  /** Where GetStatus says it is, which it routes, and it journals too; a daemon that has stopped says so by its exit code. */
  async expectIn(state: string): Promise<void> {
    if (state === 'stopped') {
      expect(await this.#daemon.exited).toBe(0)
      await this.#link.closed()
      expect(this.#link.events(this.#task).at(-1)).toBe('taskIdle')
    } else {
      expect((await this.#link.request('GetStatus')).result).toMatchObject({ state })
      await this.#makeEvents()
    }
  }

  async #makeEvents(): Promise<void> {
    const before = this.#outputs()
    await this.#link.request('SendMessage', { taskId: this.#task, text: 'say' })
    await eventually(() => expect(this.#outputs()).toBeGreaterThan(before))
  }

  #outputs(): number {
    return this.#link.messages.filter((one) => JSON.stringify(one).includes('command_output')).length
  }
}

test.concurrent.each(generated)('a real daemon walks $title', async ({ steps }) => {
  await using daemon = await startDaemonProcess()
  await using link = await RawLink.open(daemon.socketPath)
  await link.hello()
  const script = 'while read -r line; do case $line in say) echo said;; end) exit 0;; esac; done'
  const task = await startScript(link, script, { stdin: 'open' })
  await heard(link, task, 'taskStarted')
  const peer = new Peer(daemon, link, task)
  for (const step of steps) {
    await peer.cause(step)
    await peer.expectIn(step.after)
  }
})

test('these are all the edges that a peer can cause', () => {
  const walked = generated.flatMap(({ steps }) => steps.flatMap(({ edges }) => edges))
  expectAsInLedger('broker', 'socket', walked)
})
