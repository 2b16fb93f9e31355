/** The frame around the views: tabs, how the link stands, theme, and the bar for going back in time. */
import { useEffect, useState } from 'preact/hooks'
import type { JSX } from 'preact'
import { useStore } from './store.ts'
import type { LinkState, Store } from './store.ts'
import { Timebar } from './timebar.tsx'
import { Actor } from './views/actor.tsx'
import { Connections } from './views/connections.tsx'
import { Machines } from './views/machines.tsx'
import { Overview } from './views/overview.tsx'
import { Sequence } from './views/sequence.tsx'
import { Tasks } from './views/tasks.tsx'

const views = ['Overview', 'Machines', 'Actor', 'Sequence', 'Tasks', 'Connections'] as const
type ViewName = (typeof views)[number]

/** Which view, and what it shows: `#Actor/callboard/task/018f…`. In the address, so that back and reload work. */
export interface Route {
  readonly view: ViewName
  readonly rest: readonly string[]
}

function routeOf(hash: string): Route {
  const [name, ...rest] = hash.replace(/^#/, '').split('/').map(decoded)
  const view = views.find((one) => one === name)
  return { view: view ?? 'Overview', rest: view === undefined ? [] : rest }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

export function go(view: ViewName, ...rest: readonly string[]): void {
  location.hash = [view, ...rest].map(encodeURIComponent).join('/')
}

export function App(): JSX.Element {
  const store = useStore()
  const [route, setRoute] = useState(() => routeOf(location.hash))
  useEffect(() => {
    const changed = (): void => setRoute(routeOf(location.hash))
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  if (store.link === 'denied') return <Denied why={store.why} />
  return (
    <>
      <header class="top">
        <h1>
          <img src="/icon.svg" alt="" width="20" height="20" />
          Callboard
        </h1>
        <nav aria-label="Views">
          {views.map((name) => (
            <a key={name} href={`#${name}`} aria-current={route.view === name ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <Link state={store.link} store={store} />
        <ThemeButton />
      </header>
      <Problem store={store} />
      <main id={`view-${route.view}`}>
        <View route={route} />
      </main>
      <Timebar />
    </>
  )
}

function View({ route }: { route: Route }): JSX.Element {
  switch (route.view) {
    case 'Overview':
      return <Overview />
    case 'Machines':
      return <Machines chosen={route.rest.slice(0, 2).join('/')} />
    case 'Actor':
      return <Actor machine={route.rest.slice(0, 2).join('/')} id={route.rest.slice(2).join('/')} />
    case 'Sequence':
      return <Sequence only={route.rest[0] ?? ''} />
    case 'Tasks':
      return <Tasks chosen={route.rest[0] ?? ''} />
    case 'Connections':
      return <Connections />
  }
}

const linkWords: Readonly<Record<LinkState, string>> = {
  opening: 'connecting',
  live: 'live',
  lost: 'no daemon',
  denied: 'refused',
  recording: 'recording',
}

function Link({ state, store }: { state: LinkState; store: Store }): JSX.Element {
  const word = state === 'live' && store.travel !== undefined ? 'paused' : linkWords[state]
  return (
    <p class={`link ${word.replace(' ', '-')}`} role="status">
      <span class="dot" aria-hidden="true" />
      {word}
      {store.right === 'control' && state === 'live' ? <span class="right">control</span> : null}
    </p>
  )
}

function Problem({ store }: { store: Store }): JSX.Element | null {
  if (store.link === 'lost')
    return (
      <p class="problem" role="alert">
        {store.why} A daemon that was started anew has another address and token:{' '}
        <code>callboard inspect --open</code> shows it.
      </p>
    )
  const { cut } = store.travel ?? {}
  const why = store.why === '' && cut !== undefined ? `This recording is incomplete: ${cut}.` : store.why
  return why === '' ? null : (
    <p class="problem" role="alert">
      {why}
    </p>
  )
}

function Denied({ why }: { why: string }): JSX.Element {
  return (
    <main class="denied">
      <h1>This address does not open the page.</h1>
      <p>{why}</p>
      <p>
        A token is good for one start of the daemon. Ask for a new address:{' '}
        <code>callboard inspect --open</code>
      </p>
    </main>
  )
}

function ThemeButton(): JSX.Element {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
  const [theme, setTheme] = useState(document.documentElement.dataset['theme'] ?? (dark ? 'dark' : 'light'))
  const other = theme === 'dark' ? 'light' : 'dark'
  return (
    <button
      type="button"
      class="quiet"
      aria-label={`${other} colours`}
      title={`${other} colours`}
      onClick={() => {
        document.documentElement.dataset['theme'] = other
        localStorage.setItem('callboard-theme', other)
        setTheme(other)
      }}
    >
      {theme === 'dark' ? '☀' : '☾'}
    </button>
  )
}
