/**
 * Tells native clients who of them came and left. Not in the journal: it is true of this daemon now, and who was not
 * here asks ListClients. On a `scope=own` listener nobody is told of others.
 */
import { Presence } from '../broker/presence.ts'
import type { Present } from '../broker/presence.ts'
import type { Broker } from './broker-actor.ts'
import type { Connection } from './connection.ts'

export class PresenceNews {
  readonly #broker: Broker
  readonly #presence: Presence
  /** Those that said Hello, as they were told. */
  readonly #here = new Map<Connection, Present>()
  #timer: NodeJS.Timeout | undefined

  constructor(broker: Broker) {
    this.#broker = broker
    this.#presence = new Presence(broker.parts.limits.presenceMs)
  }

  /** It said Hello. */
  joined(connection: Connection): void {
    const client = shown(connection)
    this.#here.set(connection, client)
    this.#presence.joined(client)
    this.#tellLater()
  }

  /** Its link is gone; nothing is told of one that never said Hello. */
  left(connection: Connection): void {
    const client = this.#here.get(connection)
    if (client === undefined) return
    this.#here.delete(connection)
    this.#presence.left(client)
    this.#tellLater()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #tellLater(): void {
    const now = this.#broker.parts.now()
    const at = this.#presence.dueAt(now)
    if (at === undefined || this.#timer !== undefined) return
    this.#timer = setTimeout(() => this.#tell(), at - now).unref()
  }

  #tell(): void {
    this.#timer = undefined
    const at = this.#broker.parts.now()
    const news = this.#presence.take(at)
    if (news === undefined) return
    for (const [connection, self] of this.#here) {
      const { policy, session } = connection
      if (policy.scope === 'own' || session?.filter?.matches('', 'clientsChanged') !== true) continue
      if (!this.#broker.connections.isReady(connection)) continue
      // Nobody is told of itself.
      const others = { ...news, joined: news.joined.filter((one) => one !== self) }
      if (others.joined.length + others.left.length === 0) continue
      connection.answer({
        type: 'TaskEvent',
        origin: 'server',
        at,
        data: { eventName: 'clientsChanged', payload: [others] },
      })
      this.#broker.wake(connection)
    }
  }
}

function shown({ clientId, session, role }: Connection): Present {
  const { name, version } = session?.client ?? { name: '', version: '' }
  return { clientId, name, version, role }
}
