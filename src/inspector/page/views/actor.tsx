/** One actor: where it stands, what it did, what can happen next, what it waits for, what it holds. */
import { useEffect, useState } from 'preact/hooks'
import type { JSX } from 'preact'
import { go } from '../app.tsx'
import type { ActorView, Lens, MachineIndex, Move } from '../model.ts'
import { useStore } from '../store.ts'
import { Chart } from './chart.tsx'
import type { Lit } from './lit.ts'
import { clock, plain, pretty, shortId, span } from './figures.ts'
import { eventName, fromTo, isRefused } from './moves.ts'
import { MachineTabs, useActors, useRoom } from './machines.tsx'

const historyMax = 200

export function Actor({ machine, id }: { machine: string; id: string }): JSX.Element {
  const store = useStore()
  const { lens } = store
  const index = lens.machines.find((one) => one.machine.key === machine) ?? lens.machines.at(-1)
  const key = index?.machine.key ?? ''
  const actors = useActors(lens, key, '')
  const chosen = id === '' ? (actors[0]?.id ?? '') : id
  useEffect(() => {
    store.watch(lens.live ? key : '', lens.live ? chosen : '')
    return () => store.watch('', '')
  }, [key, chosen, lens.live])
  const moves = lens.happenings.filter(
    (one): one is Move => one.kind === 'move' && one.machine === key && one.actor === chosen,
  )
  const view = store.actor?.id === chosen && lens.live ? store.actor : undefined
  const states = view?.states ?? statesOf(moves, actors.find((one) => one.id === chosen)?.state)
  const [element, room] = useRoom()
  return (
    <div class="actor">
      <MachineTabs lens={lens} chosen={key} select={(one) => go('Actor', ...one.split('/'))} />
      <div class="choice">
        <label>
          Actor{' '}
          <select
            value={chosen}
            onChange={(event) => go('Actor', ...key.split('/'), event.currentTarget.value)}
          >
            {actors.some((one) => one.id === chosen) ? null : (
              <option value={chosen}>{plain(shortId(chosen))}</option>
            )}
            {actors.map((one) => (
              <option key={one.id} value={one.id}>
                {plain(`${shortId(one.id)} — ${one.state.slice(one.state.indexOf('.') + 1)}`)}
              </option>
            ))}
          </select>
        </label>
        {view !== undefined && !view.alive ? (
          <span class="ended">ended: this is how it was last seen</span>
        ) : null}
        <span class="states">
          {states.map((state) => (
            <b key={state} class="state">
              {plain(state.slice(state.indexOf('.') + 1))}
            </b>
          ))}
        </span>
      </div>
      <div class="stage" ref={element}>
        {index === undefined || room.width === 0 ? null : (
          <Chart
            index={index}
            figures={lens.figures(key)}
            room={room}
            lit={litOf(index, states, moves, view)}
          />
        )}
      </div>
      <div class="panels">
        <History moves={moves} view={view} />
        <div class="side">
          <Next view={view} index={index} states={states} lens={lens} />
          <Context view={view} live={lens.live} />
        </div>
      </div>
    </div>
  )
}

function statesOf(moves: readonly Move[], known: string | undefined): readonly string[] {
  const last = moves.at(-1)
  const state = last === undefined ? known : (last.to ?? last.from)
  return state === null || state === undefined ? [] : state.split(' ')
}

function litOf(
  index: MachineIndex,
  states: readonly string[],
  moves: readonly Move[],
  view: ActorView | undefined,
): Lit {
  const last = moves.at(-1)
  const taken = moves.findLast(({ edge }) => edge !== null)
  const alive = view?.alive ?? last?.to !== null
  const next = index.edges.flatMap(({ source }, place) =>
    alive && states.some((id) => id === source.id || id.startsWith(`${source.id}.`)) ? [place] : [],
  )
  return {
    states,
    next: new Set(next),
    last: taken?.edge === null || taken === undefined ? undefined : { edge: taken.edge, n: taken.n },
    refusedIn: last !== undefined && isRefused(last) ? (last.from ?? undefined) : undefined,
  }
}

function History({ moves, view }: { moves: readonly Move[]; view: ActorView | undefined }): JSX.Element {
  const shown = moves.slice(-historyMax).toReversed()
  return (
    <section class="history" aria-label="History">
      <h2>History</h2>
      <div class="scroll" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th class="number">#</th>
              <th>time</th>
              <th class="number">Δ</th>
              <th>event</th>
              <th>from → to</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((move, place) => (
              <HistoryRow
                key={move.n}
                move={move}
                before={shown[place + 1]}
                payload={payloadOf(view, move)}
              />
            ))}
          </tbody>
        </table>
        {shown.length === 0 ? <p class="empty">Nothing since the page began to look.</p> : null}
      </div>
    </section>
  )
}

function payloadOf(view: ActorView | undefined, { at, event }: Move): string | undefined {
  return view?.payloads.findLast((one) => one.event === event && Math.abs(one.at - at) < 20)?.json
}

function HistoryRow(props: {
  move: Move
  before: Move | undefined
  payload: string | undefined
}): JSX.Element {
  const { move, before, payload } = props
  return (
    <tr class={isRefused(move) ? 'ghost' : ''}>
      <td class="number">{move.n}</td>
      <td>{clock(move.at)}</td>
      <td class="number">{before === undefined ? '' : span(move.at - before.at)}</td>
      <td title={payload === undefined ? undefined : plain(payload, 1_000)}>
        <code>{eventName(move.event)}</code>
      </td>
      <td>{fromTo(move)}</td>
    </tr>
  )
}

interface NextProps {
  readonly view: ActorView | undefined
  readonly index: MachineIndex | undefined
  readonly states: readonly string[]
  readonly lens: Lens
}

function Next({ view, index, states, lens }: NextProps): JSX.Element {
  const next = view?.next ?? expected(index, states)
  return (
    <section aria-label="What can happen next">
      <h2>What can happen next</h2>
      <ul class="next">
        {(view?.timers ?? []).map((timer) => (
          <Timer
            key={timer.event}
            event={timer.event}
            endsAt={timer.endsAt}
            delayMs={timer.delayMs}
            now={lens.now}
          />
        ))}
        {next
          .filter(({ event }) => !event.startsWith('xstate.after.'))
          .map(({ event, target, guard }, place) => (
            <li key={`${event} ${place}`}>
              <code>{plain(event, 80)}</code>
              {guard === null ? null : <span class="guard">[{plain(guard, 60)}]</span>}
              <span class="faint">
                {target === null ? 'stays' : `→ ${plain(target.slice(target.indexOf('.') + 1))}`}
              </span>
            </li>
          ))}
      </ul>
      {next.length === 0 ? <p class="empty">Nothing any more.</p> : null}
    </section>
  )
}

/** Where nobody asked the actor itself: what its chart says of its states. */
function expected(index: MachineIndex | undefined, states: readonly string[]): ActorView['next'] {
  return (index?.edges ?? [])
    .filter(({ source }) => states.some((id) => id === source.id || id.startsWith(`${source.id}.`)))
    .map(({ event, source, target }) => ({ event, source: source.id, target, guard: null }))
}

function Timer(props: { event: string; endsAt: number; delayMs: number; now: number }): JSX.Element {
  const { event, endsAt, delayMs } = props
  const [now, setNow] = useState(props.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100)
    return () => clearInterval(timer)
  }, [])
  return (
    <li class="timer">
      <code>{eventName(event)}</code>
      <progress max={delayMs} value={Math.max(0, endsAt - now)} aria-label={eventName(event)} />
      <span class="number">{span(endsAt - now)}</span>
    </li>
  )
}

function Context({ view, live }: { view: ActorView | undefined; live: boolean }): JSX.Element {
  const none = live ? '…' : 'not recorded'
  return (
    <section aria-label="Context">
      <h2>Context</h2>
      <pre class="json" tabIndex={0}>
        {view === undefined ? none : pretty(view.context)}
      </pre>
    </section>
  )
}
