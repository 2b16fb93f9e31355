/** Takes a machine along a hand-written walk, purely, and says where it leaves it. */
import { getInitialSnapshot, transition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { edgesTaken, stateOf } from './edges.ts'
import type { Walk } from './walks.ts'

/** Where a machine leaves the walk, in a sentence; undefined where it does not. `taken` collects its edges. */
export function departure(
  machine: AnyStateMachine,
  input: unknown,
  events: readonly { type: string }[],
  walk: Walk,
  taken: Set<string> = new Set(),
): string | undefined {
  let snapshot = getInitialSnapshot(machine, input)
  for (const line of walk.lines) {
    const { word, state, actions, isHeard } = parseLine(line, stateOf(snapshot))
    const event = eventOf(snapshot, word, events)
    const edges = event === undefined ? [] : edgesTaken(machine, snapshot, event)
    for (const edge of edges) taken.add(edge)
    const did: string[] = []
    if (event !== undefined) {
      const [next, effects] = transition(machine, snapshot, event as never)
      did.push(...effects.map(actionName).filter((name) => !name.startsWith('xstate.')))
      snapshot = next
    }
    const [said, done] = [[state, ...actions].join(' '), [stateOf(snapshot), ...did].join(' ')]
    if (said !== done) return `${walk.title}: ${line}: is ${done}`
    if (isHeard !== edges.length > 0) return `${walk.title}: ${line}: ${isHeard ? 'not ' : ''}heard`
  }
  return contextDeparture(snapshot, walk)
}

function contextDeparture(
  { context }: AnyMachineSnapshot,
  { title, context: wanted = {} }: Walk,
): string | undefined {
  const given = context as Record<string, unknown>
  for (const [key, value] of Object.entries(wanted)) {
    if (JSON.stringify(given[key]) !== JSON.stringify(value))
      return `${title}: context.${key} is ${JSON.stringify(given[key])}`
  }
  return undefined
}

function parseLine(line: string, before: string) {
  const match = /^(after \w+|[\w.]+?)( \.)?(?: > ([\w.]+))?(?: : (.+))?$/.exec(line)
  if (match === null) throw new Error(`a walk's line that cannot be read: ${line}`)
  const [, word = '', ignored, state = before, actions = ''] = match
  return {
    word,
    state,
    actions: actions.split(' ').filter((one) => one !== ''),
    isHeard: ignored === undefined,
  }
}

/** The event that a word means: a sample, or the time that the state waits for; undefined where it waits for none. */
function eventOf(
  snapshot: AnyMachineSnapshot,
  word: string,
  events: readonly { type: string }[],
): { type: string } | undefined {
  if (!word.startsWith('after ')) {
    const event = events.find(({ type }) => type === word)
    if (event === undefined) throw new Error(`a walk names an event that there is not: ${word}`)
    return event
  }
  const start = `xstate.after.${word.slice('after '.length)}.`
  const type = snapshot._nodes.flatMap((node) => node.ownEvents).find((one) => one.startsWith(start))
  return type === undefined ? undefined : { type }
}

function actionName({ type, params }: { type: string; params?: unknown }): string {
  return params !== null && typeof params === 'object' && 'state' in params
    ? `${type}(${String(params.state)})`
    : type
}
