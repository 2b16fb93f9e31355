/** The daemon in figures. */
import type { JSX } from 'preact'
import type { Happening, Lens, LiveMeters, Move, Sample } from '../model.ts'
import { useStore } from '../store.ts'
import { eventName, fromTo, isRefused } from './moves.ts'
import { bytes, clock, compact, counted, plain, shortId, span } from './figures.ts'

export function Overview(): JSX.Element {
  const { meters, samples, daemon, lens } = useStore()
  if (!lens.live)
    return (
      <div class="overview">
        <p class="empty">
          {`A recording of callboard ${lens.daemon?.version ?? ''}: its machines, actors and messages are under Machines, Actor and Sequence.`}
        </p>
      </div>
    )
  if (meters === undefined) return <p class="empty">Waiting for the daemon…</p>
  const now = samples.at(-1)
  return (
    <div class="overview">
      <div class="tiles">
        <Tile
          name="Events"
          value={`${compact(now?.eventsPerSecond ?? 0)}/s`}
          of={samples}
          by="eventsPerSecond"
        />
        <Tile
          name="Deliveries"
          value={`${compact(now?.deliveriesPerSecond ?? 0)}/s`}
          of={samples}
          by="deliveriesPerSecond"
        />
        <Tile
          name="Transitions"
          value={`${compact(now?.movesPerSecond ?? 0)}/s`}
          of={samples}
          by="movesPerSecond"
        />
        <Tile
          name="Loop delay p99"
          value={`${meters.loopDelayP99Ms.toFixed(1)} ms`}
          of={samples}
          by="loopDelayP99Ms"
        />
        <Tile name="Heap" value={bytes(meters.heapUsedBytes)} of={samples} by="heapUsedBytes" />
      </div>
      <div class="columns">
        <TaskStates meters={meters} />
        <section class="facts" aria-label="Daemon">
          <h2>Daemon</h2>
          <dl>
            <Fact name="State" value={meters.state} />
            <Fact name="Up" value={span(meters.now - (daemon?.startedAt ?? meters.now))} />
            <Fact name="Version, pid" value={`${daemon?.version ?? ''}, ${daemon?.pid ?? ''}`} />
            <Fact name="Connections" value={`${meters.connections}, in ${counted(meters.lanes, 'lane')}`} />
            <Fact name="Pages like this" value={`${meters.pages}`} />
            <Fact name="Memory" value={bytes(meters.rssBytes)} />
          </dl>
        </section>
        <section class="facts" aria-label="Journal">
          <h2>Journal</h2>
          <dl>
            <Fact name="Events" value={`${meters.firstAvailable} to ${meters.head}`} />
            <Fact name="Durability" value={meters.durability} />
            <Fact name="Size" value={bytes(meters.journalBytes)} />
            <div>
              <dt>Hot tail</dt>
              <dd>
                <Bar kind="tail" part={meters.tailBytes / meters.tailBytesMax} />
                {` ${bytes(meters.tailBytes)} of ${bytes(meters.tailBytesMax)}`}
              </dd>
            </div>
          </dl>
        </section>
      </div>
      <Latest lens={lens} />
    </div>
  )
}

const latestMax = 12

function Latest({ lens }: { lens: Lens }): JSX.Element {
  const moves = latestOf(lens.happenings)
  return (
    <section class="facts latest" aria-label="Latest transitions">
      <h2>Latest transitions</h2>
      <table>
        <tbody>
          {moves.map((move) => (
            <tr key={move.n} class={isRefused(move) ? 'ghost' : ''}>
              <td class="faint">{clock(move.at)}</td>
              <td>{plain(move.machine.replace('callboard/', ''), 60)}</td>
              <td>
                <a
                  href={`#Actor/${[...move.machine.split('/'), move.actor].map(encodeURIComponent).join('/')}`}
                >
                  {plain(shortId(move.actor), 20)}
                </a>
              </td>
              <td>
                <code>{eventName(move.event)}</code>
              </td>
              <td>{fromTo(move)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {moves.length === 0 ? <p class="empty">None since somebody began to look.</p> : null}
    </section>
  )
}

/** Those of the broker are as many as the reads of sockets and runners: they would hide all others. */
function latestOf(happenings: readonly Happening[]): Move[] {
  const found: Move[] = []
  for (let at = happenings.length - 1; at >= 0 && found.length < latestMax; at--) {
    const one = happenings[at]
    if (one?.kind === 'move' && (one.machine !== 'callboard/broker' || one.from !== one.to)) found.push(one)
  }
  return found
}

/** Beside the number that it shows. */
function Bar({ kind, part }: { kind: string; part: number }): JSX.Element {
  return (
    <span class={`bar ${kind}`} aria-hidden="true">
      <i style={{ width: `${Math.min(100, part * 100).toFixed(1)}%` }} />
    </span>
  )
}

function Fact({ name, value }: { name: string; value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function Tile(props: {
  name: string
  value: string
  of: readonly Sample[]
  by: Exclude<keyof Sample, 'at'>
}): JSX.Element {
  const { name, value, of, by } = props
  return (
    <section class="tile" aria-label={name}>
      <h2>{name}</h2>
      <p class="big">{value}</p>
      <Spark values={of.map((sample) => sample[by])} />
    </section>
  )
}

const sparkPlaces = 89

function Spark({ values }: { values: readonly number[] }): JSX.Element {
  const max = Math.max(1e-9, ...values)
  const from = sparkPlaces - values.length + 1
  const points = values.map(
    (value, index) =>
      `${(((from + index) / sparkPlaces) * 200).toFixed(1)} ${(34 - (value / max) * 30).toFixed(1)}`,
  )
  const first = ((from / sparkPlaces) * 200).toFixed(1)
  return (
    <svg class="spark" viewBox="0 0 200 36" preserveAspectRatio="none" aria-hidden="true">
      <path class="area" d={points.length === 0 ? '' : `M${first} 36L${points.join('L')}L200 36z`} />
      <path class="line" d={points.length === 0 ? '' : `M${points.join('L')}`} />
    </svg>
  )
}

const states = [
  'queued',
  'starting',
  'running',
  'interactive',
  'completed',
  'aborted',
  'failed',
  'resumable',
  'closed',
]

function TaskStates({ meters }: { meters: LiveMeters }): JSX.Element {
  const max = Math.max(1, ...Object.values(meters.tasks))
  return (
    <section class="taskstates" aria-label="Tasks by state">
      <h2>Tasks</h2>
      <ul>
        {states.map((state) => {
          const count = meters.tasks[state] ?? 0
          return (
            <li key={state} class={count === 0 ? 'none' : ''}>
              <span class={`taskstate ${state}`}>{state}</span>
              <Bar kind={state} part={count / max} />
              <span class="number">{count}</span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
