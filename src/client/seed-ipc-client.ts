/** The drop-in client in the shapes of the original design document. Otherwise as ipc-client.ts. */
import type { LogFunction } from '../actors/program-code.ts'
import { seedCodec } from '../wire/codec.ts'
import type { Ack, IpcMessage, TaskCommandToSend, TaskEvent } from '../wire/library/seed.ts'
import { sayEvent } from '../wire/vocabulary/seed.ts'
import { DialectClient } from './dialect-client.ts'
import type { ClientDialect, IpcClientOptions } from './dialect-client.ts'

const dialect: ClientDialect<Ack, TaskEvent> = {
  codec: seedCodec,
  origin: 'Client',
  ackOf: ({ data: { clientId, pid, ppid } }) => ({ clientId, pid, ppid }),
  eventOf: sayEvent,
}

export class SeedIpcClient extends DialectClient<Ack, TaskEvent, TaskCommandToSend, IpcMessage> {
  /** Dials at once, and again half a second after each failure until `disconnect`. */
  constructor(socketPath: string, log: LogFunction = console.log, options: IpcClientOptions = {}) {
    super(dialect, socketPath, log, options)
  }
}
