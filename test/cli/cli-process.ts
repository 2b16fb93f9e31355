/**
 * The command line as a process, in a world of its own: home, runtime directory and socket of one test file. Whatever
 * daemon was started there is ended afterwards, by its process id.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive } from '../../src/cli/daemon-process.ts'
import { compiled, program } from '../program.ts'

/** A command that ignores TERM is not to hold a test up for long. */
const config = { limits: { cancelGraceMs: 2_000 } }

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly out: string
  readonly err: string
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Given to its standard input, which then ends; without it the input is empty. `open`: it never ends. */
  readonly input?: string | { readonly open: string }
}

export interface Started {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  /** What it wrote so far. */
  out(): string
  err(): string
}

export class CliWorld {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'callboard-cli-')))
  readonly home = join(this.directory, 'state')
  readonly socketPath = join(this.directory, 'run', 'callboard', 'callboard.sock')
  readonly env: Readonly<Record<string, string>>

  /** `more`: more keys of the config file. */
  constructor(more: { readonly limits?: object; readonly store?: object } = {}) {
    mkdirSync(join(this.directory, 'run'), { mode: 0o700 })
    mkdirSync(join(this.directory, 'config', 'callboard'), { recursive: true, mode: 0o700 })
    const all = { ...config, ...more, limits: { ...config.limits, ...more.limits } }
    writeFileSync(join(this.directory, 'config', 'callboard', 'config.json'), JSON.stringify(all), {
      mode: 0o600,
    })
    this.env = {
      PATH: process.env['PATH'] ?? '',
      HOME: this.directory,
      CALLBOARD_HOME: this.home,
      XDG_RUNTIME_DIR: join(this.directory, 'run'),
      XDG_CONFIG_HOME: join(this.directory, 'config'),
      NODE_COMPILE_CACHE: compiled,
    }
  }

  start(args: readonly string[], options: SpawnOptions = {}): Started {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: options.cwd ?? this.directory,
      env: { ...this.env, ...options.env },
      stdio: 'pipe',
    })
    child.stdin.on('error', () => undefined)
    if (typeof options.input === 'object') child.stdin.write(options.input.open)
    else child.stdin.end(options.input ?? '')
    return collected(child)
  }

  run(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
    return this.start(args, options).finished
  }

  async json(args: readonly string[], options: SpawnOptions = {}): Promise<unknown> {
    const finished = await this.run([...args.slice(0, 1), '--json', ...args.slice(1)], options)
    if (finished.code !== 0) throw new Error(`callboard ${args.join(' ')}: ${finished.code}: ${finished.err}`)
    return JSON.parse(finished.out)
  }

  /** Ends the daemons of this world and removes it. */
  async dispose(): Promise<void> {
    const pids = this.daemons()
    for (const pid of pids) process.kill(pid, 'SIGTERM')
    const deadlineAt = Date.now() + 3_000
    while (pids.some(isAlive) && Date.now() < deadlineAt) await delay(20)
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** Process ids of the daemons that live in this world's home. */
  daemons(): number[] {
    return readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name)) return []
      const [command, environment] = [procFile(name, 'cmdline'), procFile(name, 'environ')]
      const isDaemon = command.includes(`${program}\0serve`)
      return isDaemon && environment.includes(`CALLBOARD_HOME=${this.home}\0`) ? [Number(name)] : []
    })
  }
}

function procFile(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

/** Collects what a child writes. */
export function collected(child: ChildProcess): Started {
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const [all, talk] = [Buffer.concat(stdout), Buffer.concat(stderr)]
      resolve({ code, signal, stdout: all, stderr: talk, out: all.toString(), err: talk.toString() })
    })
  })
  return {
    child,
    finished,
    out: () => Buffer.concat(stdout).toString(),
    err: () => Buffer.concat(stderr).toString(),
  }
}
