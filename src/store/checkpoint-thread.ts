/**
 * The thread that moves the write-ahead log's pages into the journal's file, so that the event loop does not wait for
 * the disk. PASSIVE never stops a writer. It holds a connection for the time of a checkpoint only: else closing the
 * journal would not be the last to close it.
 */

/** The thread's program, given to it as text: a file of its own would bring a loader into its memory (12 MB measured). */
export const checkpointProgram = `(${runThread.toString()})()`

/** Stands alone: nothing outside it may be named. */
function runThread(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads')
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  // `working` is 1 while this thread works.
  const { path, working }: { readonly path: string; readonly working: Int32Array } = workerData
  // Pages that were written meanwhile may be left at the end: each further try finds fewer.
  const triesMax = 4

  /** Undefined once it is done; else why not. */
  function checkpoint(): string | undefined {
    const database = new DatabaseSync(path)
    try {
      const pass = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
      for (let tries = 0; tries < triesMax; tries++) {
        const row = pass.get()
        if (row?.['busy'] !== 0 || row['log'] === row['checkpointed']) break
      }
      return undefined
    } finally {
      database.close()
    }
  }

  parentPort?.on('message', () => {
    let fault: string | undefined
    try {
      fault = checkpoint()
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error)
    }
    Atomics.store(working, 0, 0)
    Atomics.notify(working, 0)
    parentPort.postMessage(fault)
  })
}
