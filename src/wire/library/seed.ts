/**
 * The names and message types of the drop-in classes as the original design document has them: capitalised origins,
 * events by `type`, four commands. SendMessage and DeleteQueuedMessage, which every listener takes, are sent as well.
 */
import type { TaskCommand as AnyCommand, TaskCommandInput } from '../commands.ts'
import type { Ack as AckMessage } from '../envelope.ts'
import { seedMessageType, seedOrigin } from '../vocabulary/seed-messages.ts'
import type { SeedTaskEvent } from '../vocabulary/seed-messages.ts'

export const IpcMessageType = seedMessageType
export type IpcMessageType = (typeof IpcMessageType)[keyof typeof IpcMessageType]

export const IpcOrigin = seedOrigin
export type IpcOrigin = (typeof IpcOrigin)[keyof typeof IpcOrigin]

export const TaskCommandName = {
  StartNewTask: 'StartNewTask',
  CancelTask: 'CancelTask',
  CloseTask: 'CloseTask',
  ResumeTask: 'ResumeTask',
  SendMessage: 'SendMessage',
  DeleteQueuedMessage: 'DeleteQueuedMessage',
} as const
export type TaskCommandName = (typeof TaskCommandName)[keyof typeof TaskCommandName]

/** The `type` of a task's event. */
export const RooCodeEventName = {
  TaskStarted: 'TaskStarted',
  TaskCompleted: 'TaskCompleted',
  TaskAborted: 'TaskAborted',
  Message: 'Message',
} as const
export type RooCodeEventName = (typeof RooCodeEventName)[keyof typeof RooCodeEventName]

/** In these shapes the id is never missing. */
interface OfOneTask {
  commandName: 'CancelTask' | 'CloseTask' | 'ResumeTask'
  data: string
}
type WithDataOfTheirOwn = 'StartNewTask' | 'SendMessage' | 'DeleteQueuedMessage'

/** A command as it was received. */
export type TaskCommand = OfOneTask | Extract<AnyCommand, { commandName: WithDataOfTheirOwn }>
/** A command as it is sent: what may be missing is optional. */
export type TaskCommandToSend = OfOneTask | Extract<TaskCommandInput, { commandName: WithDataOfTheirOwn }>
export type TaskEvent = SeedTaskEvent
/** What an Ack holds. */
export type Ack = Pick<AckMessage['data'], 'clientId' | 'pid' | 'ppid'>

/** What travels. */
export type IpcMessage =
  | { type: 'Ack'; origin: 'Server'; data: Ack }
  | { type: 'TaskCommand'; origin: 'Client'; clientId?: string | undefined; data: TaskCommandToSend }
  | { type: 'TaskEvent'; origin: 'Server'; data: TaskEvent }

/** False where the task's id is missing, and for commands that these shapes do not have. */
export function isSeedCommand(command: AnyCommand): command is TaskCommand {
  if (!Object.hasOwn(TaskCommandName, command.commandName)) return false
  const namesOneTask = command.commandName === 'CancelTask' || command.commandName === 'CloseTask'
  return !namesOneTask || command.data !== undefined
}
