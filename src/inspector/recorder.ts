/** Puts what the daemon's own actors do into the ring, while somebody looks. */
import type { Ring } from './happenings.ts'
import type { Recorder } from './tally.ts'

/** `now`: milliseconds since the Unix epoch. */
export function recorderInto(ring: Ring, namespace: string, now: () => number): Recorder {
  // When each began: an action that leads to others ends after them.
  const began = new Float64Array(ring.sizeMax)
  return {
    begin: () => {
      const n = ring.reserve()
      began[n % ring.sizeMax] = now()
      return n
    },
    end: (n, { machine, event, from, to, edge }, actor) =>
      ring.fill(n, {
        kind: 'move',
        at: began[n % ring.sizeMax] ?? 0,
        machine: `${namespace}/${machine.name}`,
        actor,
        event,
        from: from ?? null,
        to: to ?? null,
        edge: edge ?? null,
      }),
  }
}
