/** Who is connected: what it speaks, where its cursor stands, how far it is behind. */
import { useState } from 'preact/hooks'
import type { JSX } from 'preact'
import { isRecord, post } from '../session.ts'
import { useStore } from '../store.ts'
import type { ClientRow } from '../../sight.ts'
import { bytes, plain, span } from './figures.ts'
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

export function Connections(): JSX.Element {
  const store = useStore()
  const [sort, setSort] = useState<Sort>('lag')
  const clients = usePolled(store.lens.live ? '/api/clients' : null, 'clients').filter(isClient)
  const shown = clients.toSorted(order[sort]).slice(0, rowsMax)
  const now = Date.now()
  if (!store.lens.live)
    return <p class="empty">Connections are not part of a recording; their machines are.</p>
  return (
    <div class="list">
      <div class="toolbar">
        <h2>{`${clients.length} connections`}</h2>
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
              <Row key={client.clientId} client={client} now={now} control={store.right === 'control'} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}

function Row({ client, now, control }: { client: ClientRow; now: number; control: boolean }): JSX.Element {
  const { clientId, name, version, framing, vocabulary, state, native } = client
  return (
    <tr>
      <td>
        <a href={`#Actor/callboard/connection/${encodeURIComponent(clientId)}`}>
          {name === undefined ? 'legacy' : plain(`${name} ${version ?? ''}`, 60)}
        </a>{' '}
        <code class="faint">{plain(clientId, 20)}</code>
      </td>
      <td>
        <span class={`connstate ${state.split('.').at(-1) ?? ''}`}>{state.split('.').at(-1)}</span>
      </td>
      <td>{`${framing}+${vocabulary}${native ? ', native' : ''}`}</td>
      <td class="number">{client.cursor}</td>
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
