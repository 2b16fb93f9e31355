/**
 * Looks for orders of steps that explain what several clients were answered: each client's commands in its order, one
 * that was answered before another was sent before that one, everything else in any order, with what happens by itself
 * in between. Gives every state in which such an order can end once all has come to rest.
 */
import { isDeepStrictEqual } from 'node:util'
import { internalSteps, killed } from './internal.ts'
import { outcomes } from './oracle.ts'
import type { Answer, Body, Sender, State } from './oracle.ts'

/** A command as it went: when it was first sent and when answered, in ticks of one clock. */
export interface Done {
  /** Who sent it: those of one sender keep their order. */
  readonly line: string
  readonly sender: Sender
  readonly body: Body
  readonly answer: Answer
  readonly sentAt: number
  readonly answeredAt: number
}

export interface Happening {
  readonly done: readonly Done[]
  /** When the daemon was killed, if it was. */
  readonly kill?: { readonly at: number }
  readonly slots: number
}

interface Node {
  readonly state: State
  /** Which commands have had their effect. */
  readonly past: number
  readonly wasKilled: boolean
}

/** None where no order explains it. */
export function restingStates(before: readonly State[], happening: Happening): readonly State[] {
  const { done, kill, slots } = happening
  const seen = new Set<string>()
  const resting = new Map<string, State>()
  const todo: Node[] = before.map((state) => ({ state, past: 0, wasKilled: kill === undefined }))
  const all = 2 ** done.length - 1
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    const key = JSON.stringify(node)
    if (seen.has(key)) continue
    seen.add(key)
    const { state, past, wasKilled } = node
    const alone = internalSteps(state, slots)
    if (past === all && wasKilled && alone.length === 0) resting.set(JSON.stringify(state), state)
    for (const next of alone) todo.push({ ...node, state: next })
    if (mayBeKilled(node, happening)) todo.push({ state: killed(state), past, wasKilled: true })
    for (const [index, command] of done.entries()) {
      if (!isNext(node, index, happening)) continue
      for (const outcome of outcomes(state, command.sender, command.body)) {
        if (explains(outcome.answer, command.answer))
          todo.push({ ...node, state: outcome.state, past: past | (1 << index) })
      }
    }
  }
  return [...resting.values()]
}

/** Whatever had been answered by then has had its effect. */
function mayBeKilled({ past, wasKilled }: Node, { done, kill }: Happening): boolean {
  if (wasKilled || kill === undefined) return false
  return done.every(({ answeredAt }, index) => answeredAt > kill.at || isPast(past, index))
}

function isNext({ past, wasKilled }: Node, index: number, { done, kill }: Happening): boolean {
  const command = done[index]
  if (command === undefined || isPast(past, index)) return false
  if (!wasKilled && kill !== undefined && command.sentAt > kill.at) return false
  return done.every((other, at) => {
    const mustBeFirst =
      other.answeredAt < command.sentAt || (other.line === command.line && other.sentAt < command.sentAt)
    return !mustBeFirst || isPast(past, at)
  })
}

function isPast(past: number, index: number): boolean {
  return (past & (1 << index)) !== 0
}

function explains(foretold: Answer, got: Answer): boolean {
  if (foretold.code !== got.code || foretold.holder !== got.holder) return false
  // How an ask ended is told as long as that is remembered; what is told must be true.
  return foretold.ended === undefined || isDeepStrictEqual(foretold.ended, got.ended)
}
