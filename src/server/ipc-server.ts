/**
 * The drop-in server in today's shapes, as Roo Code's own: `listen broadcast send socketPath isListening`, events
 * `Connect Disconnect TaskCommand`; and more: `close`, and the events `listening` and `error`.
 */
import type { LogFunction } from '../actors/program-code.ts'
import { canonicalCodec } from '../wire/codec.ts'
import { isPublishedCommand } from '../wire/library/roo.ts'
import type { IpcMessage, TaskCommand } from '../wire/library/roo.ts'
import { DialectServer } from './dialect-server.ts'
import type { IpcServerOptions, ServerDialect } from './dialect-server.ts'

const dialect: ServerDialect<TaskCommand> = { codec: canonicalCodec, isCommand: isPublishedCommand }

export class IpcServer extends DialectServer<TaskCommand, IpcMessage> {
  /** `listen` must be called. `log` gets a line of text for each thing that happens. */
  constructor(socketPath: string, log: LogFunction = console.log, options: IpcServerOptions = {}) {
    super(dialect, socketPath, log, options)
  }
}
