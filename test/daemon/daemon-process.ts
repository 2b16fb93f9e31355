/**
 * A real daemon process for tests, in directories of its own: `callboard serve`. `await using` ends it.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compiled, program, source } from '../program.ts'

export interface DaemonOptions {
  /** Directories of an earlier daemon, to start another one in them. */
  readonly place?: DaemonPlace
  /** More arguments of `serve`; `{dir}` stands for the temporary directory. */
  readonly args?: readonly string[]
  /** The config file's content. */
  readonly config?: unknown
  readonly env?: Readonly<Record<string, string>>
  /** Its working directory; else the root. */
  readonly cwd?: string
  /** Options of the node program itself. */
  readonly nodeArgs?: readonly string[]
}

/** Temporary directories: home, runtime directory, config. */
export class DaemonPlace implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'callboard-test-'))
  readonly home = join(this.dir, 'home')
  readonly runtime = join(this.dir, 'run')
  readonly socketPath = join(this.runtime, 'callboard', 'callboard.sock')

  constructor() {
    for (const directory of [this.home, this.runtime]) mkdirSync(directory, { mode: 0o700 })
    mkdirSync(join(this.dir, 'config', 'callboard'), { recursive: true, mode: 0o700 })
  }

  /** The environment in which daemon and CLI find this place, and nothing of the developer's own. */
  get env(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.dir,
      CALLBOARD_HOME: this.home,
      XDG_RUNTIME_DIR: this.runtime,
      XDG_CONFIG_HOME: join(this.dir, 'config'),
      NODE_COMPILE_CACHE: compiled,
    }
  }

  writeConfig(config: unknown): void {
    writeFileSync(join(this.dir, 'config', 'callboard', 'config.json'), JSON.stringify(config), {
      mode: 0o600,
    })
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 })
  }

  [Symbol.dispose](): void {
    this.remove()
  }
}

export class DaemonProcess implements AsyncDisposable {
  readonly place: DaemonPlace
  readonly child: ChildProcess
  /** Everything that it wrote to stderr. */
  log = ''
  readonly exited: Promise<number | NodeJS.Signals | null>
  readonly #ownsPlace: boolean

  constructor(options: DaemonOptions) {
    this.place = options.place ?? new DaemonPlace()
    this.#ownsPlace = options.place === undefined
    if (options.config !== undefined) this.place.writeConfig(options.config)
    const { nodeArgs = [] } = options
    const args = (options.args ?? []).map((arg) => arg.replaceAll('{dir}', this.place.dir))
    this.child = spawn(
      process.execPath,
      [...nodeArgs, nodeArgs.length === 0 ? program : source, 'serve', ...args],
      {
        env: { ...this.place.env, ...options.env },
        cwd: options.cwd ?? '/',
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text
    })
    this.exited = new Promise((settle) => {
      this.child.on('close', (code, signal) => settle(signal ?? code))
    })
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the daemon was not spawned')
    return this.child.pid
  }

  get socketPath(): string {
    return this.place.socketPath
  }

  /** Resolves when it serves; rejects with its log where it ended instead. */
  async serving(): Promise<this> {
    const seen = Promise.withResolvers<undefined>()
    const look = (): void => {
      if (this.log.includes('"serving"')) seen.resolve(undefined)
    }
    this.child.stderr?.on('data', look)
    look()
    const ended = this.exited.then((how) => Promise.reject(new Error(`daemon ended (${how}): ${this.log}`)))
    await Promise.race([seen.promise, ended])
    ended.catch(() => {})
    this.child.stderr?.off('data', look)
    return this
  }

  /** Resident memory, in bytes (Linux). */
  rssBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | NodeJS.Signals | null> {
    this.child.kill(signal)
    return await this.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM')
      const late = setTimeout(() => this.child.kill('SIGKILL'), 3_000)
      await this.exited
      clearTimeout(late)
    }
    if (this.#ownsPlace) this.place.remove()
  }
}

/** Starts a daemon and waits until it serves. */
export async function startDaemonProcess(options: DaemonOptions = {}): Promise<DaemonProcess> {
  const daemon = new DaemonProcess({ ...options, args: ['--drain-deadline', '0ms', ...(options.args ?? [])] })
  try {
    return await daemon.serving()
  } catch (error) {
    await daemon[Symbol.asyncDispose]()
    throw error
  }
}
