/**
 * What `import … from 'callboard'` gives. It only exports what others hold, and nothing here imports it: a package's
 * entry is one file. Programs of the field find their two classes and constants in today's shapes.
 */
export { CallboardClient } from '../client/callboard-client.ts'
export type {
  AskResponse,
  CallboardClientOptions,
  EventGap,
  EventStream,
  LeaseTerms,
  RequestOptions,
  SubscriptionOptions,
} from '../client/callboard-client.ts'
export { CallboardError } from '../client/callboard-error.ts'
export type { CallboardErrorCode } from '../client/callboard-error.ts'
export type { IpcClientEvents, IpcClientOptions } from '../client/dialect-client.ts'
export { IpcClient } from '../client/ipc-client.ts'
export type { IpcServerEvents, IpcServerOptions } from '../server/dialect-server.ts'
export { IpcServer } from '../server/ipc-server.ts'
export type { Client, EventMessage, HelloResult, Status, Task } from '../wire/envelope.ts'
export type { Ask, Holder } from '../wire/events.ts'
export { IpcMessageType, IpcOrigin, RooCodeEventName, TaskCommandName } from '../wire/library/roo.ts'
export type { Ack, IpcMessage, TaskCommand, TaskCommandToSend, TaskEvent } from '../wire/library/roo.ts'
