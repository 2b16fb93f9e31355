/**
 * A server under measurement: the daemon, or one of the two bare servers it is measured against. Each is a process of
 * its own; its cost is the CPU time of that process, kernel included, so that a busy machine changes it little.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type ContestantName = 'callboard' | 'write per frame' | 'coalescing'

const root = resolve(import.meta.dirname, '../..')

export class Contestant implements AsyncDisposable {
  readonly name: ContestantName
  readonly socketPath: string
  readonly #child: ChildProcess
  readonly #dir: string

  private constructor(name: ContestantName, more: readonly string[]) {
    this.name = name
    this.#dir = mkdtempSync(join(tmpdir(), 'callboard-bench-'))
    this.socketPath = join(this.#dir, 's')
    const home = join(this.#dir, 'home')
    mkdirSync(home, { mode: 0o700 })
    const args =
      name === 'callboard'
        ? [
            // As it is installed: `npm run bench` builds it first.
            join(root, 'src/cli/callboard.js'),
            'serve',
            '--socket',
            this.socketPath,
            '--log-level',
            'silent',
            ...more,
          ]
        : [join(root, 'test/bench/bare-server.ts'), this.socketPath, name]
    const env = { PATH: process.env['PATH'] ?? '', HOME: this.#dir, CALLBOARD_HOME: home }
    this.#child = spawn(process.execPath, args, { env, stdio: 'inherit' })
  }

  /** `more`: arguments of the daemon's. */
  static async start(name: ContestantName, more: readonly string[] = []): Promise<Contestant> {
    const contestant = new Contestant(name, more)
    for (let attempt = 0; attempt < 200; attempt++) {
      if (await answers(contestant.socketPath)) return contestant
      await sleep(25)
    }
    throw new Error(`${name} did not start`)
  }

  /** CPU time so far, in µs, over all its threads (Linux). */
  cpuUs(): number {
    const tasks = `/proc/${this.#child.pid}/task`
    const nanoseconds = readdirSync(tasks).map((thread) => {
      const [ran] = readFileSync(`${tasks}/${thread}/schedstat`, 'utf8').split(' ')
      return Number(ran)
    })
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1_000
  }

  /** Resident memory, in bytes (Linux). */
  rssBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((settle) => this.#child.once('close', settle))
    this.#child.kill('SIGKILL')
    await gone
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

function answers(path: string): Promise<boolean> {
  const { promise, resolve: settle } = Promise.withResolvers<boolean>()
  const socket = connect(path, () => settle(true))
  socket.on('error', () => settle(false))
  return promise.finally(() => socket.destroy())
}
