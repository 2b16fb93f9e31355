/** Our own clients: dialling, waiting for answers, and what waits in them. */
import { MiB } from './units.ts'

export const clientLimits = {
  /** Back-off between attempts: doubled from the first to the last, each with full jitter. */
  reconnectFirstMs: 50,
  reconnectLastMs: 5_000,
  /** Connecting and waiting for the Ack. Past it: the attempt has failed. */
  clientAckTimeoutMs: 10_000,
  /** A command's Reply. Past it: the promise rejects with `timeout`. */
  replyTimeoutMs: 30_000,
  /** Events that wait for a `for await` loop. Past it: the client stops reading its socket until half are taken. */
  clientEventsWaiting: 1_024,
  /** From a failure to the next attempt of an IpcClient, which tries for ever: as node-ipc's clients do. */
  ipcClientRetryMs: 500,
  /** Bytes of an IpcClient that its server does not take. Past it: a command is not sent, and logged. */
  ipcClientHeldBytesMax: 32 * MiB,
  /** Commands in flight of one client. Past it: `limit_exceeded`. */
  clientRequestsMax: 1_024,
} as const
