/** What a daemon logged of a frame that it refused. */
import { vi } from 'vitest'
import type { DaemonProcess } from './daemon-process.ts'

/** Waits for the log line of a frame that this client had refused. */
export async function refusedFrame(
  daemon: DaemonProcess,
  clientId: unknown,
): Promise<{ code: string; reason: string }> {
  return await vi.waitFor(
    () => {
      const lines = daemon.log.split('\n').filter((line) => line.includes('frame refused'))
      const found = lines.map((line) => JSON.parse(line)).find((line) => line.clientId === clientId)
      if (found === undefined) throw new Error(`nothing refused of ${String(clientId)}`)
      return found
    },
    { timeout: 15_000, interval: 5 },
  )
}
