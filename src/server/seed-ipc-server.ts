/** The drop-in server in the shapes of the original design document. Otherwise as ipc-server.ts. */
import type { LogFunction } from '../actors/program-code.ts'
import { seedCodec } from '../wire/codec.ts'
import { isSeedCommand } from '../wire/library/seed.ts'
import type { IpcMessage, TaskCommand } from '../wire/library/seed.ts'
import { DialectServer } from './dialect-server.ts'
import type { IpcServerOptions, ServerDialect } from './dialect-server.ts'

const dialect: ServerDialect<TaskCommand> = { codec: seedCodec, isCommand: isSeedCommand }

export class SeedIpcServer extends DialectServer<TaskCommand, IpcMessage> {
  /** `listen` must be called. `log` gets a line of text for each thing that happens. */
  constructor(socketPath: string, log: LogFunction = console.log, options: IpcServerOptions = {}) {
    super(dialect, socketPath, log, options)
  }
}
