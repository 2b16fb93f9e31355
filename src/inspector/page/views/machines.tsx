/** Every machine with its population: how many stand where, how often each edge is taken, what never was. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { JSX, RefObject } from 'preact'
import { go } from '../app.tsx'
import type { Lens, MachineIndex } from '../model.ts'
import { stateOfActor } from '../model.ts'
import { get } from '../session.ts'
import { useStore } from '../store.ts'
import { Chart } from './chart.tsx'
import { compact, plain, rate, shortId } from './figures.ts'

/** The size of an element, as it changes. */
export function useRoom(): [RefObject<HTMLDivElement | null>, { width: number; height: number }] {
  const element = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState({ width: 0, height: 0 })
  useLayoutEffect(() => {
    if (element.current === null) return undefined
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setRoom({ width: entry.contentRect.width, height: entry.contentRect.height })
    })
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return [element, room]
}

export function Machines({ chosen }: { chosen: string }): JSX.Element {
  const { lens } = useStore()
  const [element, room] = useRoom()
  const [selected, setSelected] = useState<string>()
  const index = lens.machines.find(({ machine }) => machine.key === chosen) ?? preferred(lens)
  const figures = index === undefined ? undefined : lens.figures(index.machine.key)
  return (
    <div class="machines">
      <MachineTabs
        lens={lens}
        chosen={index?.machine.key ?? ''}
        select={(key) => go('Machines', ...key.split('/'))}
      />
      <div class="stage" ref={element}>
        {index === undefined || figures === undefined || room.width === 0 ? (
          <p class="empty">No machine has been told of yet.</p>
        ) : (
          <Chart
            index={index}
            figures={figures}
            room={room}
            selected={selected}
            select={(state) => setSelected(state === selected ? undefined : state)}
          />
        )}
        {index === undefined || selected === undefined ? null : (
          <ActorsIn
            key={selected}
            index={index}
            state={selected}
            lens={lens}
            close={() => setSelected(undefined)}
          />
        )}
      </div>
      <Legend />
    </div>
  )
}

/** The connections' is the liveliest. */
function preferred(lens: Lens): MachineIndex | undefined {
  return lens.machines.find(({ machine }) => machine.key === 'callboard/connection') ?? lens.machines[0]
}

export function MachineTabs(props: {
  lens: Lens
  chosen: string
  select: (key: string) => void
}): JSX.Element {
  const { lens, chosen, select } = props
  return (
    <div class="tabs" role="tablist" aria-label="Machines">
      {lens.machines.map((index) => {
        const { key, namespace, chart } = index.machine
        const figures = lens.figures(key)
        const living = index.leafStates.reduce(
          (sum, { type }, place) => sum + (type === 'final' ? 0 : (figures.leaves[place] ?? 0)),
          0,
        )
        const perSecond = figures.rates.reduce((sum, one) => sum + one, 0)
        return (
          <button
            key={key}
            type="button"
            role="tab"
            aria-selected={key === chosen}
            onClick={() => select(key)}
          >
            {namespace === 'callboard' ? null : <span class="namespace">{plain(namespace, 40)}</span>}
            <strong>{plain(chart.name, 60)}</strong>
            <span class="count">{compact(living)}</span>
            <span class="faint">{perSecond > 0 ? rate(perSecond) : ''}</span>
          </button>
        )
      })}
    </div>
  )
}

function Legend(): JSX.Element {
  return (
    <p class="legend">
      <span class="key never">never taken</span>
      <span class="key cold">taken before</span>
      <span class="key heat1">now and then</span>
      <span class="key heat2">often</span>
      <span class="key heat4">very often</span>
      <span class="faint">Choose a state to see who stands in it.</span>
    </p>
  )
}

interface ActorRow {
  readonly id: string
  readonly state: string
}

function ActorsIn(props: { index: MachineIndex; state: string; lens: Lens; close: () => void }): JSX.Element {
  const { index, state, lens, close } = props
  const { key } = index.machine
  const actors = useActors(lens, key, state)
  return (
    <aside class="drawer" aria-label={`Actors in ${state}`}>
      <h2>
        {plain(state)}
        <button type="button" class="quiet" aria-label="Close" onClick={close}>
          ×
        </button>
      </h2>
      {actors.length === 0 ? <p class="empty">Nobody stands here now.</p> : null}
      <ul>
        {actors.map(({ id }) => (
          <li key={id}>
            <a href={`#Actor/${[...key.split('/'), id].map(encodeURIComponent).join('/')}`} title={plain(id)}>
              {plain(shortId(id))}
            </a>
          </li>
        ))}
      </ul>
    </aside>
  )
}

/** Those that stand in a state: of the daemon, or as a recording knows it. */
export function useActors(lens: Lens, key: string, state: string): readonly ActorRow[] {
  const [listed, setListed] = useState<readonly ActorRow[]>([])
  useLayoutEffect(() => {
    if (!lens.live || key === '') return undefined
    let gone = false
    const ask = async (): Promise<void> => {
      const found = await get(`/api/actors?${new URLSearchParams({ machine: key, state }).toString()}`).catch(
        () => undefined,
      )
      const actors = found?.['actors']
      if (!gone && Array.isArray(actors)) setListed(actors)
    }
    void ask()
    const timer = setInterval(() => void ask(), 1_000)
    return () => {
      gone = true
      clearInterval(timer)
    }
  }, [lens.live, key, state])
  if (lens.live) return listed
  const ids = new Set(
    lens.happenings.flatMap((one) => (one.kind === 'move' && one.machine === key ? [one.actor] : [])),
  )
  return [...ids].flatMap((id) => {
    const stands = stateOfActor(lens.happenings, key, id)
    return stands === undefined || (state !== '' && stands !== state) ? [] : [{ id, state: stands }]
  })
}
