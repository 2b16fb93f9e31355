/** Copies of a machine with one thing less: a transition, what a transition does, what a state does on entry or exit. */
import { createMachine } from 'xstate'
import type { AnyStateMachine } from 'xstate'

export interface Mutant {
  /** What was taken away. */
  readonly lost: string
  readonly machine: AnyStateMachine
}

type Tree = Record<string, unknown>

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A copy in which functions are shared and everything else is new. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  if (!isTree(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]))
}

/** One copy for each transition of the machine, without that transition. */
export function withoutATransition(machine: AnyStateMachine): Mutant[] {
  return placesOf(machine.config as Tree, isTransition).map((place) => mutant(machine, place))
}

/** One copy for each action of the machine, without that action. */
export function withoutAnAction(machine: AnyStateMachine): Mutant[] {
  return placesOf(machine.config as Tree, isAction).map((place) => mutant(machine, place))
}

type Place = readonly (string | number)[]

const isTransition = (place: Place): boolean => {
  const [last, key, before] = place.toReversed()
  const many = typeof last === 'number'
  return ['on', 'after'].includes(String(many ? before : key)) && last !== undefined
}

const isAction = (place: Place): boolean => {
  const [last, key] = place.toReversed()
  return ['actions', 'entry', 'exit'].includes(String(typeof last === 'number' ? key : last))
}

/** Paths in a config to what a test of their keys picks; where that is a list, to each of its parts. */
function placesOf(value: unknown, picked: (place: Place) => boolean, at: Place = []): Place[] {
  const inner: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : isTree(value)
      ? Object.entries(value)
      : []
  return inner.flatMap(([key, child]) => {
    const place = [...at, key]
    const here = picked(place) && !Array.isArray(child) ? [place] : []
    return [...here, ...placesOf(child, picked, place)]
  })
}

function mutant(machine: AnyStateMachine, place: Place): Mutant {
  const config = copy(machine.config)
  const parent = place.slice(0, -1).reduce<unknown>((value, key) => (value as Tree)[key], config)
  const last = place.at(-1) ?? ''
  if (Array.isArray(parent)) parent.splice(Number(last), 1)
  else delete (parent as Tree)[last]
  return { lost: place.join('/'), machine: createMachine(config as never, machine.implementations as never) }
}
