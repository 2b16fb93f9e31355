/**
 * What is said inside a frame, whatever the framing: shapes and names. Parsing is validation and never throws; saying
 * trusts its argument. Inside the daemon everything has the shapes of events.ts and commands.ts.
 */
import type { VocabularyName } from '../codec.ts'
import type { ClientMessage, ServerMessage } from '../envelope.ts'
import type { Outcome } from '../rejection.ts'

export interface Vocabulary {
  readonly name: VocabularyName
  /**
   * Validates a client's message. Refused with `invalid_frame`, with `invalid_command` for what is commanded, or with
   * `unsupported` for what this vocabulary has no answer to.
   */
  parseFromClient(value: unknown): Outcome<ClientMessage>
  /** Validates a server's message. Refused with `invalid_frame`. */
  parseFromServer(value: unknown): Outcome<ServerMessage>
  /** What goes into a client's frame, its keys in the order of the wire; undefined: it cannot be said here. */
  toClient(message: ServerMessage): object | undefined
  /** What goes into a server's frame. */
  toServer(message: ClientMessage): object
}
