/** Whether every event is handled or listed as ignored in every state, and never both. */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { atomicStates, edgesTaken } from './edges.ts'
import type { Ignored } from './ignored.ts'

/** What is neither handled nor listed, or both, or listed twice or for a state or event that there is not. */
export function totalityGaps(
  machine: AnyStateMachine,
  input: unknown,
  events: readonly { type: string }[],
  table: readonly Ignored[],
): string[] {
  const listed = table.flatMap(({ states, events: types }) =>
    states.flatMap((state) => types.map((type) => `${state} ${type}`)),
  )
  const pairs = new Map<string, boolean>(
    atomicStates(machine).flatMap((state) =>
      events.map((event) => [`${state} ${event.type}`, isHandled(machine, input, state, event)] as const),
    ),
  )
  const gaps = [...pairs].flatMap(([pair, handled]) => {
    if (handled && listed.includes(pair)) return [`${pair} is handled and listed as ignored`]
    return handled || listed.includes(pair) ? [] : [`${pair} is neither handled nor listed`]
  })
  const unknown = listed.filter((pair) => !pairs.has(pair)).map((pair) => `${pair}: there is no such pair`)
  const twice = listed.filter((pair, index) => listed.indexOf(pair) !== index)
  return [...gaps, ...unknown, ...twice.map((pair) => `${pair} is listed twice`)]
}

function isHandled(
  machine: AnyStateMachine,
  input: unknown,
  state: string,
  event: { type: string },
): boolean {
  return edgesTaken(machine, standingIn(machine, input, state), event).length > 0
}

/** A machine's snapshot in a state, with the context of its start. */
export function standingIn(machine: AnyStateMachine, input: unknown, state: string): AnyMachineSnapshot {
  const makeContext: unknown = machine.config.context
  const context: unknown = typeof makeContext === 'function' ? makeContext({ input }) : makeContext
  const value = state
    .split('.')
    .reduceRight<unknown>((inner, name) => (inner === undefined ? name : { [name]: inner }), undefined)
  return machine.resolveState({ value, context } as never)
}
