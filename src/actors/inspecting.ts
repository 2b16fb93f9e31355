/**
 * What the page that shows this daemon's machines asks of the daemon, and is told: types, and the two commands about it.
 * The page is not here until somebody asks for it.
 */
import type { QueuedText } from '../runners/runner.ts'
import type { ActorsReport } from '../wire/commands.ts'
import type { CommandMessage, ServerMessage } from '../wire/envelope.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { Broker } from './broker-actor.ts'
import type { Connection } from './connection.ts'
import type { Request } from './request.ts'

/** The daemon's page, as commands know it. */
export interface InspectorPort {
  /** The page's address with its token: the one that may only look, or with `control` the one that may act. */
  open(options: { readonly control: boolean }): Promise<string>
  /** What actors of another program did; false while nobody looks, so that it need not go on. */
  report(connectionId: string, report: ActorsReport): boolean
  /** Told what is said on links, while somebody looks. */
  readonly onlooker: Onlooker | undefined
}

export interface Onlooker {
  /** A client's command, before it is done. */
  said(connection: Connection, message: CommandMessage): void
  /** What a client is answered, to it alone. */
  answered(connection: Connection, message: ServerMessage): void
  /** What clients said to a task, given to its run. */
  handed(task: string, said: QueuedText): void
}

/** OpenInspector: answered when the page is served, which takes a moment the first time. */
export function openInspector(broker: Broker, connection: Connection, message: CommandMessage): void {
  const { data: command, requestId } = message
  if (command.commandName !== 'OpenInspector' || requestId === undefined) return
  const reply = (outcome: Outcome<unknown>): void => {
    if (broker.connections.get(connection.id) !== connection) return
    const data = outcome.ok
      ? { ok: true as const, result: outcome.value }
      : { ok: false as const, error: { ...outcome.error } }
    connection.answer({ type: 'Reply', origin: 'server', requestId, data })
    broker.wake(connection)
  }
  const { inspector } = broker.parts
  if (connection.policy.scope === 'own' || connection.role === 'observer')
    return reply(refused('unauthorized', 'The page shows every task: ask for it on the main socket.'))
  if (inspector === undefined) return reply(refused('unsupported', 'This daemon has no page.'))
  inspector.open({ control: command.data.control === true }).then(
    (url) => reply(accepted({ url })),
    (error: unknown) => {
      broker.log.error({ err: error }, 'the page could not be opened')
      reply(refused('internal', 'The page could not be opened; the daemon’s log says why.'))
    },
  )
}

/** ReportActors: nothing is kept while nobody looks. */
export function reportActors(
  { broker, connection }: Request,
  report: ActorsReport,
): Outcome<{ watched: boolean }> {
  if (connection.policy.scope === 'own')
    return refused('unauthorized', 'What is reported here would be seen by all: use the main socket.')
  const watched = broker.parts.inspector?.report(connection.id, report) ?? false
  return accepted({ watched })
}
