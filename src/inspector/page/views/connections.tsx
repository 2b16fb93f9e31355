/** Who is connected: what it speaks, where its cursor stands, how far it is behind. */
import { useRef, useState } from 'preact/hooks'
import type { JSX } from 'preact'
import { isRecord, post } from '../session.ts'
import { useStore } from '../store.ts'
import type { ClientRow } from '../../sight.ts'
import { bytes, counted, plain, rate, span } from './figures.ts'
import { usePolled } from './polled.ts'

const rowsMax = 500
const sorts = ['lag', 'age', 'refused', 'name'] as const
type Sort = (typeof sorts)[number]

function isClient(value: unknown): value is ClientRow {
  return isRecord(value) && typeof value['clientId'] === 'string' && typeof value['lagBytes'] === 'number'
}

const order: Readonly<Record<Sort, (a: ClientRow, b: ClientRow) => number>> = {
  lag: (a, b) => b.lagBytes - a.lagBytes || a.since - b.since,
  age: (a, b) => a.since - b.since,
  refused: (a, b) => b.refusedFrames - a.refusedFrames,
  name: (a, b) => (a.name ?? '~').localeCompare(b.name ?? '~'),
}

/** What moved in a second, as it was between the last two answers. */
interface Rates {
  readonly events: number
  readonly out: number
  readonly in: number
}

interface Seen {
  readonly at: number
  readonly client: ClientRow
}

/** Of each connection, between this answer and an earlier one. */
function useRates(clients: readonly ClientRow[]): ReadonlyMap<string, Rates> {
  const seen = useRef(new Map<string, Seen>())
  const rates = useRef(new Map<string, Rates>())
  const now = performance.now()
  for (const client of clients) {
    const before = seen.current.get(client.clientId)
    // It is drawn more often than it is asked.
    if (before?.client !== client) {
      seen.current.set(client.clientId, { at: now, client })
      if (before !== undefined) rates.current.set(client.clientId, ratesOf(before, { at: now, client }))
    }
  }
  const known = new Set(clients.map(({ clientId }) => clientId))
  for (const id of seen.current.keys()) {
    if (known.has(id)) continue
    seen.current.delete(id)
    rates.current.delete(id)
  }
  return rates.current
}

function ratesOf(before: Seen, now: Seen): Rates {
  const per = (of: (client: ClientRow) => number): number =>
    (Math.max(0, of(now.client) - of(before.client)) / (now.at - before.at)) * 1_000
  return {
    events: per(({ cursor }) => cursor),
    out: per(({ bytesOut }) => bytesOut ?? 0),
    in: per(({ bytesIn }) => bytesIn ?? 0),
  }
}

export function Connections(): JSX.Element {
  const store = useStore()
  const [sort, setSort] = useState<Sort>('lag')
  const clients = usePolled(store.lens.live ? '/api/clients' : null, 'clients').filter(isClient)
  const shown = clients.toSorted(order[sort]).slice(0, rowsMax)
  const rates = useRates(clients)
  const now = Date.now()
  if (!store.lens.live)
    return <p class="empty">Connections are not part of a recording; their machines are.</p>
  return (
    <div class="list">
      <div class="toolbar">
        <h2>{counted(clients.length, 'connection')}</h2>
        <label>
          Sort by{' '}
          <select
            value={sort}
            onChange={(event) => setSort(sorts.find((one) => one === event.currentTarget.value) ?? 'lag')}
          >
            {sorts.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Connections">
        <table>
          <thead>
            <tr>
              <th>client</th>
              <th>state</th>
              <th>speaks</th>
              <th class="number">cursor</th>
              <th class="number">moves by</th>
              <th class="number">to it</th>
              <th class="number">from it</th>
              <th class="number">lag</th>
              <th class="number">answers waiting</th>
              <th class="number">refused</th>
              <th class="number">connected</th>
              <th>hears</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {shown.map((client) => (
              <Row
                key={client.clientId}
                client={client}
                rates={rates.get(client.clientId)}
                now={now}
                control={store.right === 'control'}
              />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}

interface RowProps {
  readonly client: ClientRow
  readonly rates: Rates | undefined
  readonly now: number
  readonly control: boolean
}

function Row({ client, rates, now, control }: RowProps): JSX.Element {
  const { clientId, name, version, framing, vocabulary, state, native, congestedSince } = client
  return (
    <tr>
      <td class="who">
        <a
          title={name === undefined ? undefined : plain(`${name} ${version ?? ''}`, 300)}
          href={`#Actor/callboard/connection/${encodeURIComponent(clientId)}`}
        >
          {name === undefined ? 'legacy' : plain(`${name} ${version ?? ''}`, 60)}
        </a>{' '}
        <code class="faint">{plain(clientId, 20)}</code>
      </td>
      <td>
        <span class={`connstate ${state.split('.').at(-1) ?? ''}`}>{state.split('.').at(-1)}</span>
        {congestedSince === undefined ? null : (
          <span class="faint">{` for ${span(now - congestedSince)}`}</span>
        )}
      </td>
      <td>{`${framing}+${vocabulary}${native ? ', native' : ''}`}</td>
      <td class="number">{client.cursor}</td>
      <td class="number">{(rates?.events ?? 0) === 0 ? '–' : rate(rates?.events ?? 0)}</td>
      <td class="number">{perSecond(rates?.out)}</td>
      <td class="number">{perSecond(rates?.in)}</td>
      <td class="number">
        {client.lagBytes === 0 ? '–' : `${client.lagEvents} · ${bytes(client.lagBytes)}`}
      </td>
      <td class="number">{client.outboxBytes === 0 ? '–' : bytes(client.outboxBytes)}</td>
      <td class={`number ${client.refusedFrames > 0 ? 'bad' : ''}`}>
        {client.refusedFrames === 0 ? '–' : client.refusedFrames}
      </td>
      <td class="number">{span(now - client.since)}</td>
      <td>{client.subscription === '*' ? 'everything' : plain(client.subscription, 40)}</td>
      <td>
        {control ? (
          <button type="button" class="small" onClick={() => void post('/api/close', { clientId })}>
            Close
          </button>
        ) : null}
      </td>
    </tr>
  )
}

function perSecond(count: number | undefined): string {
  return count === undefined || count < 1 ? '–' : `${bytes(Math.round(count))}/s`
}
