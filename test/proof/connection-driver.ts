/**
 * Takes one link of a real daemon along a path of its connection's machine, as a peer can: it reads or does not, ends or
 * breaks, sends what cannot be read. A second link, which hears no events, looks where the daemon says the first stands.
 */
import { expect } from 'vitest'
import type { DaemonProcess } from '../daemon/daemon-process.ts'
import { RawLink } from '../daemon/raw-link.ts'
import { eventually, heard } from '../daemon/task-events.ts'
import type { Step, Tour } from './tours.ts'

/** More than a socket and its paused reader buffer: the daemon holds the rest. Below the lag of a congested link. */
const someBytes = 600_000
/** One of them is in a write at once, and lag no more; two of them are the lag of a congested link. */
const muchBytes = 1_000_000

export class ConnectionDriver {
  readonly #daemon: DaemonProcess
  readonly #observer: RawLink
  #link: RawLink
  #session: unknown
  #lastTask = ''

  private constructor(daemon: DaemonProcess, observer: RawLink) {
    this.#daemon = daemon
    this.#observer = observer
    this.#link = observer
  }

  /** With an observer that hears nothing, so that no event holds up its answers. */
  static async begin(daemon: DaemonProcess): Promise<ConnectionDriver> {
    const observer = await RawLink.open(daemon.socketPath)
    await observer.request('Unsubscribe')
    return new ConnectionDriver(daemon, observer)
  }

  async walk({ steps }: Tour): Promise<void> {
    const isNative = steps.some(({ event }) => event.type === 'close')
    for (const [index, step] of steps.entries()) {
      await this.#take(step, isNative)
      // Between two of its own steps the daemon cannot be asked.
      const next = steps[index + 1]?.event.type
      if (step.after === 'awaitingAck' || (step.event.type === 'drain' && next === 'outbox.emptied')) continue
      await this.#expectAs(step)
    }
  }

  async #take({ before, event }: Step, isNative: boolean): Promise<void> {
    const { type } = event
    if (type === 'ack.flushed') await this.#open(isNative)
    else if (type === 'admission.refused') await this.#openOneTooMany()
    else if (type === 'lag.rose') await this.#fallBehind()
    else if (type === 'lag.fell') await this.#catchUp()
    else if (type === 'peer.ended') await this.#halfClose(before)
    else if (type === 'outbox.emptied') this.#link.socket.resume()
    else if (type === 'framing.broken') this.#link.write('{"type":"TaskCommand","origin":"client"}\n')
    else if (type === 'retention.passed') await this.#passRetention()
    else if (type === 'close') await this.#takeUpElsewhere()
    else if (type === 'drain') await this.#observer.request('Shutdown', { deadlineMs: 0 })
    else if (type === 'link.closed') await this.#breakOff(before)
    else if (type !== 'admission.granted') throw new Error(`no peer can cause ${type} in ${before}`)
  }

  async #open(isNative: boolean): Promise<void> {
    this.#link = await RawLink.open(this.#daemon.socketPath)
    if (isNative) this.#session = (await this.#link.hello()).result
  }

  async #openOneTooMany(): Promise<void> {
    this.#link = new RawLink(this.#daemon.socketPath)
    await this.#link.closed()
    expect(this.#link.messages).toEqual([])
  }

  /** A task that cannot start, with a long prompt: that many bytes of events, and no process. */
  async #happen(bytes: number): Promise<void> {
    const { ok, result } = await this.#observer.request('StartNewTask', { text: 'x'.repeat(bytes) })
    expect(ok).toBe(true)
    this.#lastTask = (result as { taskId: string }).taskId
  }

  /**
   * The link, which had taken everything, takes no more, and the daemon holds bytes for it. A Reply may come before the
   * events have been written to others, and small events in front of a long one do leave: only when its place has passed
   * the long one is that in a write, which does not end before the link reads.
   */
  async #fill(bytes: number): Promise<void> {
    this.#link.socket.pause()
    await this.#happen(bytes)
    await eventually(async () => expect((await this.#shown())?.lagBytes).toBeLessThan(bytes))
  }

  async #fallBehind(): Promise<void> {
    await this.#fill(muchBytes)
    for (let time = 0; time < 2; time++) await this.#happen(muchBytes)
  }

  /** To the last event: so that nothing is on its way to it that the next step would mistake for its own. */
  async #catchUp(): Promise<void> {
    this.#link.socket.resume()
    await heard(this.#link, this.#lastTask, 'taskAborted')
  }

  /** An answer waits behind what it does not take: so the connection cannot end yet. */
  async #halfClose(before: string): Promise<void> {
    if (before === 'ready.flowing') await this.#fill(someBytes)
    this.#link.command('GetStatus', undefined, { requestId: 'last' })
    this.#link.socket.end()
  }

  /** More than the journal keeps; only a reader finds out that it fell below. */
  async #passRetention(): Promise<void> {
    for (let time = 0; time < 11; time++) await this.#happen(muchBytes)
    this.#link.socket.resume()
  }

  async #takeUpElsewhere(): Promise<void> {
    const { sessionId, epoch, head } = this.#session as { sessionId: string; epoch: string; head: number }
    await using other = await RawLink.open(this.#daemon.socketPath)
    const { result } = await other.hello({ resume: { sessionId, epoch, after: head } })
    expect(result).toMatchObject({ resumed: true })
  }

  /** With bytes in its socket that it has not read: else the socket's end is a peer's that writes no more. */
  async #breakOff(before: string): Promise<void> {
    if (before === 'ready.flowing') await this.#fill(someBytes)
    this.#link.socket.destroy()
  }

  /** The link as the daemon shows it; undefined once it is gone. */
  async #shown(): Promise<{ readonly state: string; readonly lagBytes: number } | undefined> {
    const { result } = await this.#observer.request('ListClients')
    const { clients } = result as {
      clients: readonly { clientId: string; state: string; lagBytes: number }[]
    }
    return clients.find(({ clientId }) => clientId === this.#link.clientId)
  }

  async #expectAs(step: Step): Promise<void> {
    if (step.after === 'closed') return await this.#expectClosed(step)
    await eventually(async () => expect((await this.#shown())?.state).toBe(step.after))
  }

  /** The daemon's log says which edge it was. */
  async #expectClosed({ edges }: Step): Promise<void> {
    const { clientId } = this.#link
    this.#link.socket.resume()
    await this.#link.closed()
    const reason = reasons[edges[0] ?? '']
    await eventually(() => {
      const lines = this.#daemon.log.split('\n').filter((line) => line.includes('"connection closed"'))
      const mine = clientId === '' ? lines.at(-1) : lines.find((line) => line.includes(clientId))
      expect(mine).toContain(`"reason":"${reason}"`)
    })
  }
}

/** What the log calls each way to close, by hand. */
const reasons: Readonly<Record<string, string>> = {
  'connection close': 'local',
  'connection link.closed': 'peer',
  'connection framing.broken': 'framing',
  'connection.connecting admission.refused': 'refused',
  'connection.ready retention.passed': 'retention',
  'connection.draining outbox.emptied': 'drained',
}
