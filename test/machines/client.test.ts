import { createActor, getInitialSnapshot, transition } from 'xstate'
import { describe, expect, test } from 'vitest'
import { clientMachine } from '../../machines/client.ts'
import type { ClientEvent } from '../../machines/client.ts'

const input = { id: 'c', firstBackOffMs: 50, lastBackOffMs: 5_000, attemptsMax: 3 }

/** Where the events lead, and the names of the actions on the way. */
function after(...events: ClientEvent['type'][]): { state: unknown; actions: string[]; failures: number } {
  const actions: string[] = []
  let snapshot = getInitialSnapshot(clientMachine, input)
  for (const type of events) {
    const [next, executed] = transition(clientMachine, snapshot, { type })
    snapshot = next
    actions.push(...executed.map((action) => action.type))
  }
  return { state: snapshot.value, actions, failures: snapshot.context.failures }
}

interface Node {
  readonly id: string
  readonly description?: string | undefined
  readonly states: Readonly<Record<string, Node>>
  readonly transitions: ReadonlyMap<
    string,
    readonly { eventType: string; description?: string | undefined }[]
  >
}

function nodesOf(node: Node): Node[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)]
}

describe('every state can be reached', () => {
  test('it begins offline and dials only when asked', () => {
    expect(after()).toEqual({ state: 'offline', actions: [], failures: 0 })
    expect(after('connect')).toMatchObject({ state: { connecting: 'dialling' }, actions: ['dial'] })
  })

  test('the Ack leads to the greeting, the answered Hello to ready', () => {
    expect(after('connect', 'connection.ready')).toMatchObject({
      state: { connecting: 'greeting' },
      actions: ['dial', 'greet'],
    })
    expect(after('connect', 'connection.ready', 'session.opened')).toMatchObject({
      state: 'ready',
      actions: ['dial', 'greet', 'resumeSession'],
    })
  })

  test('a failed attempt leads to a wait, and the wait to another attempt', () => {
    expect(after('connect', 'connection.closed')).toMatchObject({ state: 'backingOff', failures: 1 })
    expect(after('connect', 'connection.closed', 'backOff.elapsed')).toMatchObject({
      state: { connecting: 'dialling' },
      actions: ['dial', 'armBackOff', 'disarmBackOff', 'dial'],
    })
  })

  test('a link that is lost while ready leads to a wait, with the requests kept', () => {
    const lost = after('connect', 'connection.ready', 'session.opened', 'connection.closed')
    expect(lost).toMatchObject({ state: 'backingOff', failures: 0 })
    expect(lost.actions.slice(-2)).toEqual(['suspendRequests', 'armBackOff'])
  })

  test('closed is final and releases everything, from wherever its user ends it', () => {
    const ways: ClientEvent['type'][][] = [
      [],
      ['connect'],
      ['connect', 'connection.ready'],
      ['connect', 'connection.ready', 'session.opened'],
      ['connect', 'connection.closed'],
    ]
    for (const way of ways) {
      const { state, actions } = after(...way, 'disconnect')
      expect(state).toBe('closed')
      expect(actions.at(-1)).toBe('release')
    }
  })
})

describe('giving up', () => {
  test('it closes at the last of its attempts, wherever in the attempt the link went', () => {
    expect(after('connect', 'connection.closed', 'connect', 'connection.closed').state).toBe('backingOff')
    const third = ['connection.ready', 'connection.closed'] as const
    expect(
      after('connect', 'connection.closed', 'connect', 'connection.closed', 'connect', ...third),
    ).toMatchObject({ state: 'closed', failures: 3 })
  })

  test('an answered Hello forgets the failures, an Ack alone does not', () => {
    expect(after('connect', 'connection.closed', 'connect', 'connection.ready').failures).toBe(1)
    expect(
      after('connect', 'connection.closed', 'connect', 'connection.ready', 'session.opened').failures,
    ).toBe(0)
  })

  test('with attemptsMax null it never does', () => {
    const actor = createActor(clientMachine, { input: { ...input, attemptsMax: null } }).start()
    for (let round = 0; round < 1_000; round += 1) {
      actor.send({ type: 'connect' })
      actor.send({ type: 'connection.closed' })
    }
    expect(actor.getSnapshot()).toMatchObject({ value: 'backingOff', context: { failures: 1_000 } })
    actor.stop()
  })

  test('a server that is not ours closes it at once, before and after Hello', () => {
    expect(after('connect', 'server.refused').state).toBe('closed')
    expect(after('connect', 'connection.ready', 'server.refused').state).toBe('closed')
  })

  test('an attempt that nobody waits for is hung up, and can be made again', () => {
    expect(after('connect', 'abandon')).toMatchObject({ state: 'offline', actions: ['dial', 'hangUp'] })
    expect(after('connect', 'connection.closed', 'abandon')).toMatchObject({ state: 'offline', failures: 0 })
    expect(after('connect', 'abandon', 'connect').state).toEqual({ connecting: 'dialling' })
  })
})

test('every state and every transition says what it is', () => {
  const nodes = nodesOf(clientMachine.root)
  expect(nodes.length).toBe(8)
  const silent = nodes.flatMap((node) => [
    ...(node.description === undefined ? [node.id] : []),
    ...[...node.transitions.values()]
      .flat()
      .filter((one) => one.description === undefined)
      .map((one) => `${node.id} ${one.eventType}`),
  ])
  expect(silent).toEqual([])
})
