/**
 * The drop-in client in today's shapes, as Roo Code's own: `sendCommand sendMessage sendTaskMessage deleteQueuedMessage
 * disconnect socketPath clientId isConnected isReady`, events `Connect Disconnect Ack TaskEvent`. For more than it can
 * say there is CallboardClient.
 */
import type { LogFunction } from '../actors/program-code.ts'
import { canonicalCodec } from '../wire/codec.ts'
import { isPublishedEvent } from '../wire/library/roo.ts'
import type { Ack, IpcMessage, TaskCommandToSend, TaskEvent } from '../wire/library/roo.ts'
import { DialectClient } from './dialect-client.ts'
import type { ClientDialect, IpcClientOptions } from './dialect-client.ts'

const dialect: ClientDialect<Ack, TaskEvent> = {
  codec: canonicalCodec,
  origin: 'client',
  ackOf: ({ data }) => data,
  eventOf: ({ data }) => (isPublishedEvent(data) ? data : undefined),
}

export class IpcClient extends DialectClient<Ack, TaskEvent, TaskCommandToSend, IpcMessage> {
  /** Dials at once, and again half a second after each failure until `disconnect`. */
  constructor(socketPath: string, log: LogFunction = console.log, options: IpcClientOptions = {}) {
    super(dialect, socketPath, log, options)
  }
}
