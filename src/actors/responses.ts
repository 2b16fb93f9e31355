/**
 * What real clients ask an editor for, answered to the asker alone. Modes are our profiles: a client that offers a
 * mode picker thereby offers them, since `configuration.mode` names the profile of a new task.
 */
import type { TaskEvent } from '../wire/events.ts'
import { accepted } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { Request } from './request.ts'

export function answerCommands(request: Request): Outcome<unknown> {
  return answer(request, { eventName: 'commandsResponse', payload: [[]] })
}

export function answerModes(request: Request): Outcome<unknown> {
  const modes = Array.from(request.broker.profiles.byName.keys(), (name) => ({ slug: name, name }))
  return answer(request, { eventName: 'modesResponse', payload: [modes] })
}

export function answerModels(request: Request): Outcome<unknown> {
  return answer(request, { eventName: 'modelsResponse', payload: [{}] })
}

function answer({ broker, connection }: Request, data: TaskEvent): Outcome<unknown> {
  connection.answer({ type: 'TaskEvent', origin: 'server', data })
  broker.wake(connection)
  return accepted({})
}
