/**
 * A daemon whose disk is full when a test says so: by a bound on its journal's file that a signal sets and lifts, which
 * works everywhere, or by a file system that really has no room, where this user may mount one.
 */
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import { DaemonPlace, startDaemonProcess } from '../daemon/daemon-process.ts'
import type { DaemonProcess } from '../daemon/daemon-process.ts'

export interface Disk {
  /** From now on nothing can be added. */
  fill(): Promise<void>
  empty(): Promise<void>
}

/** Runs in the daemon before it: the journal's connection is told by what it alone is set to. */
const bound = `
import { DatabaseSync } from 'node:sqlite'
const { exec } = DatabaseSync.prototype
let journal
let full = false
DatabaseSync.prototype.exec = function (sql) {
  if (sql.includes('wal_autocheckpoint')) journal = this
  return exec.call(this, sql)
}
process.on('SIGUSR2', () => {
  full = !full
  exec.call(journal, 'PRAGMA max_page_count = ' + (full ? 1 : 4294967294))
  process.stderr.write(JSON.stringify({ msg: full ? 'disk full' : 'disk empty' }) + '\\n')
})`

export class OutageWorld implements AsyncDisposable {
  readonly place: DaemonPlace
  readonly #nodeArgs: readonly string[]
  readonly #mounted: boolean
  #daemon: DaemonProcess | undefined

  private constructor(place: DaemonPlace, nodeArgs: readonly string[], mounted: boolean) {
    this.place = place
    this.#nodeArgs = nodeArgs
    this.#mounted = mounted
  }

  /** `bound`: a file that may not grow. `mount`: a file system of 32 MB; undefined where it may not be mounted. */
  static async begin(kind: 'bound' | 'mount'): Promise<OutageWorld | undefined> {
    const place = new DaemonPlace()
    const mounted = kind === 'mount' && mount(place.home)
    if (kind === 'mount' && !mounted) {
      place.remove()
      return undefined
    }
    const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(bound)}`]
    const world = new OutageWorld(place, kind === 'bound' ? nodeArgs : [], mounted)
    await world.start()
    return world
  }

  get daemon(): DaemonProcess {
    if (this.#daemon === undefined) throw new Error('not started')
    return this.#daemon
  }

  get disk(): Disk {
    return this.#mounted ? fileSystem(this.place.home) : boundedFile(this.daemon)
  }

  async start(): Promise<void> {
    this.#daemon = await startDaemonProcess({ place: this.place, nodeArgs: this.#nodeArgs })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.[Symbol.asyncDispose]()
    if (this.#mounted) spawnSync('umount', [this.place.home])
    this.place.remove()
  }
}

function mount(directory: string): boolean {
  const options = ['-t', 'tmpfs', '-o', 'size=32m,mode=0700', 'tmpfs', directory]
  return process.platform === 'linux' && spawnSync('mount', options).status === 0
}

function fileSystem(directory: string): Disk {
  const filler = join(directory, 'filler')
  return {
    fill: () => {
      for (const bytes of [1 << 20, 1 << 12, 1]) fillWith(filler, Buffer.alloc(bytes))
      return Promise.resolve()
    },
    empty: () => {
      rmSync(filler)
      return Promise.resolve()
    },
  }
}

function fillWith(path: string, bytes: Buffer): void {
  for (;;) {
    try {
      writeFileSync(path, bytes, { flag: 'a' })
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return
      throw error
    }
  }
}

function boundedFile(daemon: DaemonProcess): Disk {
  const told = async (what: string): Promise<void> => {
    const before = daemon.log.split(what).length
    daemon.child.kill('SIGUSR2')
    await vi.waitFor(() => {
      if (daemon.log.split(what).length === before) throw new Error('not yet')
    })
  }
  return { fill: () => told('"disk full"'), empty: () => told('"disk empty"') }
}
