/**
 * The requests that go to an agent, by the protocol library, which is loaded with the first agent that is started: it
 * is larger than the rest of the daemon. What an agent answers is checked where it is read.
 */
import { isJsonObject } from '../../wire/json-object.ts'
import { AgentFailure, AgentRefusal, errorAnswer } from './failure.ts'
import type { ClientConnection, Stream } from '@agentclientprotocol/sdk'
import type { JsonObject } from '../../wire/json-object.ts'
import type { Clock } from '../clock.ts'

/** What serves an agent's requests, by method. */
export type AgentRequests = Readonly<
  Record<string, (params: JsonObject, signal: AbortSignal) => Promise<JsonObject> | JsonObject>
>

export class AgentCalls {
  readonly #connection: ClientConnection
  readonly #clock: Clock

  private constructor(connection: ClientConnection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
  }

  static async over(stream: Stream, services: AgentRequests, clock: Clock): Promise<AgentCalls> {
    const { client, RequestError } = await import('@agentclientprotocol/sdk')
    const app = client({ name: 'callboard' })
    for (const [method, serve] of Object.entries(services)) {
      app.onRequest(method, paramsOf, async ({ params, signal }) => {
        try {
          return await serve(params, signal)
        } catch (error) {
          if (error instanceof AgentRefusal) throw new RequestError(error.code, error.message)
          throw error
        }
      })
    }
    return new AgentCalls(app.connect(stream), clock)
  }

  /** The answer to `method`. Throws what the agent answered with, as it is; AgentFailure after `ms` milliseconds. */
  async ask(method: string, params: object, ms?: number): Promise<JsonObject> {
    const answered = this.#connection.agent.request(method, params)
    const answer = ms === undefined ? await answered : await this.#within(ms, answered, method)
    return isJsonObject(answer) ? answer : {}
  }

  /** The same, with what the agent answered made to a sentence. */
  async demand(method: string, params: object, ms?: number): Promise<JsonObject> {
    try {
      return await this.ask(method, params, ms)
    } catch (error) {
      throw error instanceof AgentFailure ? error : errorAnswer(error, method)
    }
  }

  tell(method: string, params: object): void {
    // It fails with the connection, whose end is seen elsewhere.
    this.#connection.agent.notify(method, params).catch(() => undefined)
  }

  close(): void {
    this.#connection.close()
  }

  async #within(ms: number, answered: Promise<unknown>, method: string): Promise<unknown> {
    const { promise, reject } = Promise.withResolvers<never>()
    const callOff = this.#clock.after(ms, () =>
      reject(
        new AgentFailure(`The agent did not answer ${method} within ${Math.round(ms / 1_000)} s.`, {
          ask: 'api_req_failed',
          isUnexplained: true,
        }),
      ),
    )
    try {
      return await Promise.race([answered, promise])
    } finally {
      callOff()
    }
  }
}

function paramsOf(params: unknown): JsonObject {
  return isJsonObject(params) ? params : {}
}
