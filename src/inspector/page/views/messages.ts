/** What happened as messages from one party to another. */
import { statesFrom } from '../../chart.ts'
import type { Party } from '../../happenings.ts'
import type { Happening, Lens, Move } from '../model.ts'
import { eventName, isRefused } from './moves.ts'

export interface Message {
  readonly n: number
  readonly at: number
  readonly from: Party
  readonly to: Party
  readonly text: string
  /** Whose: a link or a task. */
  readonly about: string
  readonly frame: string
  readonly kind: 'command' | 'answer' | 'event' | 'machine'
  readonly refused: boolean
  /** Of an event, else 0. */
  readonly seq: number
}

export const parties: readonly Party[] = ['client', 'connection', 'broker', 'task', 'runner']
const messagesMax = 120

/** Who sends the events of each machine; what is not named here comes from the machine itself. */
const senders: Readonly<Record<string, Readonly<Record<string, Party>>>> = {
  connection: {
    'ack.flushed': 'client',
    'peer.ended': 'client',
    'link.closed': 'client',
    'framing.broken': 'client',
    'admission.granted': 'broker',
    'admission.refused': 'broker',
    'lag.rose': 'broker',
    'lag.fell': 'broker',
    'retention.passed': 'broker',
    drain: 'broker',
    close: 'broker',
  },
  broker: { 'tasks.settled': 'task' },
  task: {
    'slot.granted': 'broker',
    cancel: 'broker',
    kill: 'broker',
    close: 'broker',
    resume: 'broker',
    'run.started': 'runner',
    'run.completed': 'runner',
    'run.failed': 'runner',
    'run.interrupted': 'runner',
    'ask.opened': 'runner',
    'asks.answered': 'broker',
  },
}

/** Of what is said in one millisecond, the first. */
const rank: Readonly<Record<Message['kind'], number>> = { command: 0, machine: 1, answer: 2, event: 3 }

/** Of what is said and is no event, by who says it. */
const kinds: Readonly<Partial<Record<Party, Message['kind']>>> = { client: 'command', task: 'machine' }

function partyNamed(name: string): Party | undefined {
  return parties.find((party) => party === name)
}

function messageOf(one: Happening, lens: Lens): Message[] {
  if (one.kind === 'said') {
    const kind = one.seq > 0 ? 'event' : (kinds[one.by] ?? 'answer')
    const text = kind === 'event' ? `${one.name} #${one.seq}` : one.name
    const about = one.task === '' ? one.link : one.task
    return [
      {
        n: one.n,
        at: one.at,
        from: one.by,
        to: one.to,
        text,
        about,
        frame: one.frame,
        kind,
        refused: false,
        seq: one.seq,
      },
    ]
  }
  return moved(one, lens)
}

function moved(move: Move, lens: Lens): Message[] {
  const machine = move.machine.slice(move.machine.indexOf('/') + 1)
  const to = move.machine.startsWith('callboard/') ? partyNamed(machine) : undefined
  if (to === undefined) return []
  const from = senders[machine]?.[move.event] ?? to
  const frame = JSON.stringify({ event: move.event, from: move.from, to: move.to })
  const refused = isRefused(move)
  const common = { at: move.at, about: move.actor, frame, kind: 'machine', seq: 0 } as const
  const told = { ...common, n: move.n, from, to, text: eventName(move.event), refused }
  const effects = machine === 'task' && !refused ? effectsOf(move, lens) : []
  return [
    told,
    ...effects.map((text, index) => ({
      ...common,
      n: move.n + (index + 1) / 10,
      from: 'task' as const,
      to: 'runner' as const,
      text,
      refused: false,
    })),
  ]
}

/** What a task's machine has its runner do. */
const ofRunner: ReadonlySet<string> = new Set(['startRun', 'cancelRun', 'killRun'])

/** Of the edge that was taken and of the states that were entered by it. */
function effectsOf({ machine, from, to, edge, event }: Move, { machines }: Lens): string[] {
  const chart = machines.find((index) => index.machine.key === machine)?.machine.chart
  if (chart === undefined || to === null) return []
  const states = statesFrom(chart.root)
  const within = (id: string, outer: string): boolean => id === outer || id.startsWith(`${outer}.`)
  const entered = from === to ? [] : states.filter(({ id }) => within(to, id) && !within(from ?? '', id))
  const taken = edge === null ? undefined : states.flatMap(({ transitions }) => transitions)[edge]
  const names = [...(taken?.actions ?? []), ...entered.flatMap(({ entry }) => entry)].map(({ name }) => name)
  return [...names.filter((name) => ofRunner.has(name)), ...(event === 'asks.answered' ? ['answer'] : [])]
}

/** Those that contain `filter`, in their order, the newest of them at most. */
export function messagesOf(lens: Lens, filter: string, quiet: boolean): Message[] {
  const found: Message[] = []
  for (let at = lens.happenings.length - 1; at >= 0 && found.length < messagesMax; at--) {
    const one = lens.happenings[at]
    if (one === undefined) continue
    for (const message of messageOf(one, lens)) {
      const words = `${message.text} ${message.about} ${message.from} ${message.to}`.toLowerCase()
      if (quiet && message.refused) continue
      if (words.includes(filter.toLowerCase())) found.push(message)
    }
  }
  // Events are read a batch at a time: after what they led to.
  return found.toSorted((a, b) => a.at - b.at || rank[a.kind] - rank[b.kind] || a.n - b.n)
}
