/**
 * What real clients ask an editor for, answered to the asker alone: what the agent of its current task offers. Modes
 * are first our profiles: a client that offers a mode picker thereby offers them, since `configuration.mode` names the
 * profile of a new task.
 */
import type { TaskEvent } from '../wire/events.ts'
import { accepted } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { Offers } from '../runners/runner.ts'
import { meantTask } from './request.ts'
import type { Request } from './request.ts'

export function answerCommands(request: Request): Outcome<unknown> {
  const commands = (offersOf(request)?.commands ?? []).map((one) => ({ ...one, source: 'built-in' as const }))
  return answer(request, { eventName: 'commandsResponse', payload: [commands] })
}

export function answerModes(request: Request): Outcome<unknown> {
  const modes = Array.from(request.broker.profiles.byName.keys(), (name) => ({ slug: name, name }))
  const own = offersOf(request)?.modes ?? []
  return answer(request, { eventName: 'modesResponse', payload: [[...modes, ...own]] })
}

export function answerModels(request: Request): Outcome<unknown> {
  const models = Object.entries(offersOf(request)?.models ?? {}).map(
    ([id, info]) => [id, { ...info }] as const,
  )
  return answer(request, { eventName: 'modelsResponse', payload: [Object.fromEntries(models)] })
}

/** Of the asker's current task, while it runs. */
function offersOf(request: Request): Offers | undefined {
  if (request.broker.tasks.liveCount === 0) return undefined
  const found = meantTask(request, undefined)
  return found.ok && 'live' in found.value ? found.value.live.run?.offers?.() : undefined
}

function answer({ broker, connection }: Request, data: TaskEvent): Outcome<unknown> {
  connection.answer({ type: 'TaskEvent', origin: 'server', data })
  broker.wake(connection)
  return accepted({})
}
