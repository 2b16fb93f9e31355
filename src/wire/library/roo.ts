/**
 * The names and message types of the drop-in classes as today's Roo Code has them (`@roo-code/types` 1.115.0): what its
 * enums hold, as const objects, and the published part of our schemas. `Connect` and `Disconnect` never travel.
 */
import { nativeEventNames } from '../events.ts'
import type { TaskEvent as AnyEvent } from '../events.ts'
import type { TaskCommand as AnyCommand, TaskCommandInput } from '../commands.ts'
import type { Ack as AckMessage } from '../envelope.ts'

export const IpcMessageType = {
  Connect: 'Connect',
  Disconnect: 'Disconnect',
  Ack: 'Ack',
  TaskCommand: 'TaskCommand',
  TaskEvent: 'TaskEvent',
} as const
export type IpcMessageType = (typeof IpcMessageType)[keyof typeof IpcMessageType]

export const IpcOrigin = { Client: 'client', Server: 'server' } as const
export type IpcOrigin = (typeof IpcOrigin)[keyof typeof IpcOrigin]

export const TaskCommandName = {
  StartNewTask: 'StartNewTask',
  CancelTask: 'CancelTask',
  CloseTask: 'CloseTask',
  ResumeTask: 'ResumeTask',
  SendMessage: 'SendMessage',
  GetCommands: 'GetCommands',
  GetModes: 'GetModes',
  GetModels: 'GetModels',
  DeleteQueuedMessage: 'DeleteQueuedMessage',
} as const
export type TaskCommandName = (typeof TaskCommandName)[keyof typeof TaskCommandName]

/** Those from `TaskUserMessage`, `ModeChanged`, `ProviderProfileChanged` and `Eval…` never travel. */
export const RooCodeEventName = {
  TaskCreated: 'taskCreated',
  TaskStarted: 'taskStarted',
  TaskCompleted: 'taskCompleted',
  TaskAborted: 'taskAborted',
  TaskFocused: 'taskFocused',
  TaskUnfocused: 'taskUnfocused',
  TaskActive: 'taskActive',
  TaskInteractive: 'taskInteractive',
  TaskResumable: 'taskResumable',
  TaskIdle: 'taskIdle',
  TaskPaused: 'taskPaused',
  TaskUnpaused: 'taskUnpaused',
  TaskSpawned: 'taskSpawned',
  TaskDelegated: 'taskDelegated',
  TaskDelegationCompleted: 'taskDelegationCompleted',
  TaskDelegationResumed: 'taskDelegationResumed',
  Message: 'message',
  TaskModeSwitched: 'taskModeSwitched',
  TaskAskResponded: 'taskAskResponded',
  TaskUserMessage: 'taskUserMessage',
  QueuedMessagesUpdated: 'queuedMessagesUpdated',
  TaskTokenUsageUpdated: 'taskTokenUsageUpdated',
  TaskToolFailed: 'taskToolFailed',
  ModeChanged: 'modeChanged',
  ProviderProfileChanged: 'providerProfileChanged',
  CommandsResponse: 'commandsResponse',
  ModesResponse: 'modesResponse',
  ModelsResponse: 'modelsResponse',
  EvalPass: 'evalPass',
  EvalFail: 'evalFail',
} as const
export type RooCodeEventName = (typeof RooCodeEventName)[keyof typeof RooCodeEventName]

/** A command as it was received. */
export type TaskCommand = Extract<AnyCommand, { commandName: TaskCommandName }>
/** A command as it is sent: what may be missing is optional. */
export type TaskCommandToSend = Extract<TaskCommandInput, { commandName: TaskCommandName }>
/**
 * An event of the published schemas. Its names compare with the enums of `@roo-code/types`, but a listener must not
 * name that package's type of events: an enum takes no string, be it the same.
 */
export type TaskEvent = Extract<AnyEvent, { eventName: RooCodeEventName }>
/** What an Ack holds. */
export type Ack = AckMessage['data']

/** An eval's verdict. The published type of events has it, though nobody sends it. */
interface EvalVerdict {
  eventName: 'evalPass' | 'evalFail'
  payload?: undefined
  taskId: number
}

/** What travels. A message typed by `@roo-code/types`, with its enums, is one of these. */
export type IpcMessage =
  | { type: 'Ack'; origin: 'server'; data: Ack }
  | { type: 'TaskCommand'; origin: 'client'; clientId?: string | undefined; data: TaskCommandToSend }
  | { type: 'TaskEvent'; origin: 'server'; relayClientId?: string | undefined; data: TaskEvent | EvalVerdict }

/** False for the commands of the extension `callboard/1`. */
export function isPublishedCommand(command: AnyCommand): command is TaskCommand {
  return Object.hasOwn(TaskCommandName, command.commandName)
}

/** False for Callboard's own events. */
export function isPublishedEvent(event: AnyEvent): event is TaskEvent {
  return !nativeEventNames.has(event.eventName)
}
