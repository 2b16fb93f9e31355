/**
 * The thread that moves the write-ahead log's pages into the journal's file, so that the event loop does not wait for
 * the disk. PASSIVE never stops a writer. It holds a connection for the time of a checkpoint only: else closing the
 * journal would not be the last to close it.
 */
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

/** Pages that may be left at the end: those that were written meanwhile. Each further try finds fewer. */
const triesMax = 4

interface Given {
  readonly path: string
  /** 1 while this thread works. */
  readonly working: Int32Array
}

const { path, working }: Given = workerData

parentPort?.on('message', () => {
  const fault = checkpoint()
  Atomics.store(working, 0, 0)
  Atomics.notify(working, 0)
  parentPort?.postMessage(fault)
})

/** Undefined once it is done; else why not. */
function checkpoint(): string | undefined {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path)
    const pass = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
    for (let tries = 0; tries < triesMax; tries++) {
      const row = pass.get()
      if (row?.['busy'] !== 0 || row['log'] === row['checkpointed']) break
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    database?.close()
  }
}
