/**
 * From a validated command to what does it. One handler for each command name; what a handler refuses is a value.
 */
import type { CommandMessage } from '../wire/envelope.ts'
import type { TaskCommandName } from '../wire/commands.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import { respondToAsk } from './answer-ask.ts'
import type { Broker } from './broker-actor.ts'
import { claimTask, releaseTask } from './claim-task.ts'
import type { Connection } from './connection.ts'
import { deleteQueuedMessage, sendMessage } from './messages.ts'
import { pruneTasks } from './prune-tasks.ts'
import { getTask, listClients, listTasks, status } from './queries.ts'
import { reloadConfig } from './reload-config.ts'
import { answerCommands, answerModels, answerModes } from './responses.ts'
import { reportActors } from './inspecting.ts'
import { startNewTask } from './start-task.ts'
import { cancelTask, closeTask, resumeTask } from './steer-task.ts'
import { subscribe, unsubscribe } from './watching.ts'

/** What an observer may ask for. */
const observing: ReadonlySet<TaskCommandName> = new Set([
  'Subscribe',
  'Unsubscribe',
  'ListTasks',
  'ListClients',
  'GetTask',
  'GetStatus',
  'GetCommands',
  'GetModes',
  'GetModels',
])

/** Does one command; its events are journaled when this returns. May throw: that is a fault of ours. */
export function routeCommand(
  broker: Broker,
  connection: Connection,
  message: CommandMessage,
): Outcome<unknown> {
  const { data: command } = message
  const { session } = connection
  if (session === undefined) return refused('internal', 'This connection has no session.')
  if (connection.role === 'observer' && !observing.has(command.commandName)) {
    return refused(
      'unauthorized',
      `An observer may only watch, not ${command.commandName}: use another listener or role.`,
    )
  }
  const ask = { broker, connection, session, cause: causeOf(connection, message) }
  switch (command.commandName) {
    case 'StartNewTask':
      return startNewTask(ask, command.data)
    case 'CancelTask':
      return cancelTask(ask, command.data)
    case 'CloseTask':
      return closeTask(ask, command.data)
    case 'ResumeTask':
      return resumeTask(ask, command.data)
    case 'SendMessage':
      return sendMessage(ask, command.data)
    case 'DeleteQueuedMessage':
      return deleteQueuedMessage(ask, command.data)
    case 'GetCommands':
      return answerCommands(ask)
    case 'GetModes':
      return answerModes(ask)
    case 'GetModels':
      return answerModels(ask)
    case 'Subscribe':
      return subscribe(ask, command.data)
    case 'Unsubscribe':
      return unsubscribe(ask)
    case 'ListTasks':
      return listTasks(ask, command.data)
    case 'GetTask':
      return getTask(ask, command.data)
    case 'ListClients':
      return listClients(ask)
    case 'GetStatus':
      return status(ask)
    case 'ReloadConfig':
      return reloadConfig(ask)
    case 'Shutdown':
      broker.parts.shutdownRequested(command.data.deadlineMs)
      return accepted({})
    case 'OpenInspector':
      return refused('unsupported', 'A page is opened with a requestId, at a daemon that has one.')
    case 'ReportActors':
      return reportActors(ask, command.data)
    case 'RespondToAsk':
      return respondToAsk(ask, command.data)
    case 'ClaimTask':
      return claimTask(ask, command.data)
    case 'ReleaseTask':
      return releaseTask(ask, command.data)
    case 'PruneTasks':
      return pruneTasks(ask, command.data)
  }
}

function causeOf(connection: Connection, message: CommandMessage): { by: string; causedBy?: string } {
  const by = connection.clientId
  return message.requestId === undefined ? { by } : { by, causedBy: message.requestId }
}
