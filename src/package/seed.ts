/**
 * What `import … from 'callboard/seed'` gives: the drop-in classes and constants in the shapes of the original design
 * document. It only exports what others hold, and nothing here imports it: a package's entry is one file.
 */
export type { IpcClientEvents, IpcClientOptions } from '../client/dialect-client.ts'
export { SeedIpcClient as IpcClient } from '../client/seed-ipc-client.ts'
export type { IpcServerEvents, IpcServerOptions } from '../server/dialect-server.ts'
export { SeedIpcServer as IpcServer } from '../server/seed-ipc-server.ts'
export { IpcMessageType, IpcOrigin, RooCodeEventName, TaskCommandName } from '../wire/library/seed.ts'
export type { Ack, IpcMessage, TaskCommand, TaskCommandToSend, TaskEvent } from '../wire/library/seed.ts'
