/**
 * RespondToAsk, and the message that answers a question. The first valid answer wins: who comes later is told who was
 * first.
 */
import { answerProblem } from '../broker/ask-shape.ts'
import type { Said } from '../broker/ask-shape.ts'
import type { OpenAsk } from '../broker/asks.ts'
import { printableName } from '../wire/printable.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { Answerer } from './asking.ts'
import { refuseHeld } from './claim-task.ts'
import type { LiveTask } from './live-task.ts'
import type { Request } from './request.ts'
import { isInSameTree } from './task-tree.ts'

type Nothing = Record<string, never>

export function respondToAsk(
  request: Request,
  { askId, ...said }: Said & { readonly askId: string },
): Outcome<Nothing> {
  const { broker } = request
  // An ask that has not yet been asked is not known, nor is one whose time has come.
  broker.asking.expire(broker.parts.now())
  const open = broker.asking.find(askId)
  const task = open === undefined ? undefined : broker.tasks.live(open.ask.task)
  if (open === undefined || task === undefined || isHidden(request, task.id))
    return unknownAsk(request, askId)
  return answer(request, task, open, said)
}

/** The answer that a message gives, where the task's oldest question waits for one; undefined where none does. */
export function answerByMessage(
  request: Request,
  task: LiveTask,
  text: string,
  images: readonly string[],
): Outcome<Nothing> | undefined {
  const open = request.broker.asking.question(task.id)
  if (open === undefined) return undefined
  if (images.length > 0)
    return refused('unsupported', 'A question is answered by text: send it without images.')
  return answer(request, task, open, { text })
}

function answer(request: Request, task: LiveTask, open: OpenAsk, said: Said): Outcome<Nothing> {
  const { broker, session, cause } = request
  if (isInSameTree(broker, session.insideTask, task.id)) {
    return refused(
      'unauthorized',
      'Who runs inside a task does not answer what is asked there: somebody else must.',
    )
  }
  const held = refuseHeld(request, task.id)
  if (held !== undefined) return held
  const problem = answerProblem(open.ask, said, broker.parts.limits.askTextCharsMax)
  if (problem !== undefined) return refused('invalid_command', problem)
  const { option, text, values } = said
  broker.asking.answer(
    task,
    open,
    {
      ...(option === undefined ? {} : { option }),
      ...(text === undefined ? {} : { text }),
      ...(values === undefined ? {} : { values }),
    },
    answererOf(request),
    cause,
  )
  return accepted({})
}

function answererOf({ connection, session }: Request): Answerer {
  const { client } = session
  return { by: connection.clientId, ...(client === undefined ? {} : { client: client.name }) }
}

function isHidden({ connection, session }: Request, task: string): boolean {
  return connection.policy.scope === 'own' && !session.ownTasks.has(task)
}

/** What became of an ask that is not open, as far as this client may know. */
function unknownAsk(request: Request, id: string): Outcome<never> {
  const ended = request.broker.asking.ended(id)
  if (ended === undefined || isHidden(request, ended.task)) {
    return refused(
      'unknown_ask',
      `No ask with the id ${printableName(id)} is open: it may have been answered.`,
    )
  }
  const { task: _, ...details } = ended
  return refused('unknown_ask', `This ask is no longer open: ${howEnded(details)}.`, details)
}

function howEnded({ outcome, by, client, automatic }: Answerer & { readonly outcome: string }): string {
  if (outcome === 'expired') return 'nobody answered it in time'
  if (outcome === 'interrupted') return 'its task was interrupted'
  if (outcome === 'withdrawn') return 'its task no longer waits for an answer'
  const name = client === undefined ? (by ?? '') : `${printableName(client)} (${by ?? ''})`
  if (automatic === true)
    return by === undefined ? 'its profile answered it' : `the lease of ${name} answered it`
  return `${name} answered it first`
}
