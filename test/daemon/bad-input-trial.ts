/**
 * One real daemon under attack: an old client that was there before, resident memory before and after each attack, and
 * the question whether the old and a new client are still answered. The old client takes no events: what a flood
 * costs is the daemon's part alone.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { expect } from 'vitest'
import type { DaemonOptions, DaemonProcess } from './daemon-process.ts'
import { startDaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'

const MiB = 1024 * 1024

/** What no attack may grow the daemon by. */
export const growthBytesMax = 64 * MiB

/** A request that takes longer than this was not answered. */
const answerMsMax = 5_000

export interface Growth {
  readonly name: string
  readonly beforeBytes: number
  readonly peakBytes: number
  readonly afterBytes: number
}

export class Trial implements AsyncDisposable {
  readonly daemon: DaemonProcess
  readonly old: RawLink
  readonly growths: Growth[] = []
  #sockets: Socket[] = []

  private constructor(daemon: DaemonProcess, old: RawLink) {
    this.daemon = daemon
    this.old = old
  }

  static async begin(options: DaemonOptions = {}): Promise<Trial> {
    const daemon = await startDaemonProcess(options)
    const old = await RawLink.open(daemon.socketPath)
    await old.request('Unsubscribe')
    return new Trial(daemon, old)
  }

  get path(): string {
    return this.daemon.socketPath
  }

  /** Runs an attack; fails where the daemon grew by more than `bytesMax`, or does not answer any more. */
  async attack(name: string, act: () => Promise<void>, bytesMax: number = growthBytesMax): Promise<Growth> {
    const beforeBytes = await this.settledBytes()
    let peakBytes = beforeBytes
    const watch = setInterval(() => {
      peakBytes = Math.max(peakBytes, this.daemon.rssBytes())
    }, 10)
    try {
      await act()
      await this.expectAlive()
      const afterBytes = await this.settledBytes()
      const growth = { name, beforeBytes, peakBytes, afterBytes }
      this.growths.push(growth)
      expect(afterBytes - beforeBytes, `${name}: growth in bytes`).toBeLessThanOrEqual(bytesMax)
      return growth
    } finally {
      clearInterval(watch)
      for (const socket of this.#sockets.splice(0)) socket.destroy()
    }
  }

  /** The old client and a new one get an answer, and nothing was taken for anybody else. */
  async expectAlive(): Promise<void> {
    expect(this.daemon.child.exitCode, this.daemon.log.slice(-2_000)).toBeNull()
    const asked = performance.now()
    expect((await this.old.request('GetStatus')).ok).toBe(true)
    await using fresh = await RawLink.open(this.path)
    expect((await fresh.request('GetStatus')).ok).toBe(true)
    expect(performance.now() - asked).toBeLessThan(2 * answerMsMax)
  }

  /** A socket that reads nothing, not even its Ack, until its attack is over. */
  async mute(): Promise<Socket> {
    for (;;) {
      const socket = connect({ path: this.path, allowHalfOpen: true })
      socket.pause()
      const opened = Promise.withResolvers<boolean>()
      socket.once('connect', () => opened.resolve(true))
      // EAGAIN: more wait to be accepted than the listener's backlog takes. Clients try again.
      socket.on('error', () => opened.resolve(false))
      if (await opened.promise) {
        this.#sockets.push(socket)
        return socket
      }
      await delay(5)
    }
  }

  /** Lets go of sockets that their test has ended itself. */
  forgetMutes(): void {
    this.#sockets = []
  }

  /** Resident memory once it has come to rest: the least of the next looks. */
  async settledBytes(): Promise<number> {
    let least = this.daemon.rssBytes()
    for (let look = 0; look < 6; look++) {
      await delay(50)
      least = Math.min(least, this.daemon.rssBytes())
    }
    return least
  }

  /** Log lines whose message is this, parsed. */
  logged(message: string): LogLine[] {
    return this.daemon.log
      .split('\n')
      .filter((line) => line.includes(`"msg":"${message}"`))
      .map((line): LogLine => JSON.parse(line))
  }

  /** For a report: one line an attack. */
  table(): string {
    const mib = (bytes: number): string => (bytes / MiB).toFixed(1).padStart(7)
    return this.growths
      .map(
        ({ name, beforeBytes, peakBytes, afterBytes }) =>
          `${name.padEnd(52)} before ${mib(beforeBytes)}  peak +${mib(peakBytes - beforeBytes)}  after +${mib(afterBytes - beforeBytes)} MiB`,
      )
      .join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.splice(0)) socket.destroy()
    await this.old[Symbol.asyncDispose]()
    await this.daemon[Symbol.asyncDispose]()
  }
}

interface LogLine {
  readonly msg: string
  readonly level: number
  readonly clientId?: string
  readonly code?: string
  readonly reason?: string
  readonly excerpt?: string
}
