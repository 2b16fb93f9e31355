/** What a daemon's heap holds once its garbage is collected: the daemon is started with `heapArgs` and asked by signal. */
import { vi } from 'vitest'
import type { DaemonProcess } from '../daemon/daemon-process.ts'

const answerer = `
process.on('SIGUSR2', () => {
  gc()
  setTimeout(() => {
    gc()
    process.stderr.write(JSON.stringify({ msg: 'heap', bytes: process.memoryUsage().heapUsed }) + '\\n')
  }, 100)
})`

/** Options of the node program. */
export const heapArgs: readonly string[] = [
  '--expose-gc',
  '--import',
  `data:text/javascript,${encodeURIComponent(answerer)}`,
]

/** Bytes of the JavaScript heap after garbage collection. */
export async function heapBytes(daemon: DaemonProcess): Promise<number> {
  const seen = answers(daemon).length
  daemon.child.kill('SIGUSR2')
  return await vi.waitFor(
    () => {
      const bytes = answers(daemon)[seen]
      if (bytes === undefined) throw new Error('no answer yet')
      return bytes
    },
    { timeout: 15_000, interval: 20 },
  )
}

function answers(daemon: DaemonProcess): number[] {
  return Array.from(daemon.log.matchAll(/"msg":"heap","bytes":(\d+)/g), (match) => Number(match[1]))
}
