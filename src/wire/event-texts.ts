/**
 * The journal's frames as text. Events of one draft have all but their sequence in common: that becomes JSON once for
 * all of them. What is said equals, to the byte, what the codec makes of each message alone.
 */
import type { TaskEvent } from './events.ts'
import { nodeIpc } from './framing/node-ipc.ts'
import { speak } from './vocabulary/roo.ts'

/** What the events of one draft have in common. */
export interface SharedEnvelope {
  readonly task: string
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  /** clientId that caused them. */
  readonly by?: string | undefined
  /** requestId that caused them. */
  readonly causedBy?: string | undefined
}

/** Says events under one envelope: whole frames, delimiter included. Throws what JSON.stringify throws. */
export function eventTexts({
  task,
  at,
  by,
  causedBy,
}: SharedEnvelope): (seq: number, event: TaskEvent) => string {
  const shared = JSON.stringify({ task, at, by, causedBy }).slice(1, -1)
  return (seq, event) =>
    nodeIpc.wrap(
      `{"type":"TaskEvent","origin":"server","seq":${seq},${shared},"data":${JSON.stringify(speak(event))}}`,
    )
}
