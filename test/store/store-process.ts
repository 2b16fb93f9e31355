/** A process of its own that has a store open: for what only another process shows, as its death or a full disk. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const source = (work: string) => `
  const { openSqliteStore } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/store/sqlite.ts'))})
  const { stored, record } = await import(${JSON.stringify(join(import.meta.dirname, 'sample-store.ts'))})
  const { writeSync } = await import('node:fs')
  const { flushCompileCache } = await import('node:module')
  const say = (text) => writeSync(1, text + '\\n')
  const outcome = openSqliteStore({ directory: process.argv[1], durability: process.argv[2] ?? 'normal', now: Date.now, limits: { walCheckpointBytes: 200_000, walBytesMax: 1_000_000 } })
  const store = outcome.store
  // It may be killed, and then what it compiled is not kept for the next.
  flushCompileCache()
  ${work}`

export interface StoreProcess {
  readonly child: ChildProcess
  /** Lines that it has said so far. */
  readonly said: string[]
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>
}

/** `work` has `store`, `outcome`, `say`, `stored`, `record`. `fileKiB`: no file of the process may become larger. */
export function storeProcess(work: string, args: readonly string[], fileKiB?: number): StoreProcess {
  const node = [process.execPath, '--input-type=module', '--eval', source(work), '--', ...args]
  const [program = '', ...rest] =
    fileKiB === undefined ? node : ['bash', '-c', `ulimit -S -f ${fileKiB}; exec "$@"`, 'bash', ...node]
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  const said: string[] = []
  let rested = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rested + chunk.toString()).split('\n')
    rested = lines.pop() ?? ''
    said.push(...lines)
  })
  const ended = once(child, 'close').then(() => child.exitCode ?? child.signalCode)
  return { child, said, ended }
}
