/** Going back in time: a slider over what was recorded, export of it as a file, and opening such a file. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { JSX } from 'preact'
import { get } from './session.ts'
import { useStore } from './store.ts'
import type { Store } from './store.ts'
import { clock, span } from './views/figures.ts'

const playEveryMs = 60

export function Timebar(): JSX.Element {
  const store = useStore()
  const { travel } = store
  return (
    <footer class={`timebar ${travel === undefined ? '' : 'travelling'}`} aria-label="Time travel">
      {travel === undefined ? (
        <button type="button" disabled={store.link !== 'live'} onClick={() => void store.travelNow()}>
          Pause and go back
        </button>
      ) : (
        <Slider store={store} />
      )}
      <span class="room" />
      <Export store={store} />
      <Import store={store} />
    </footer>
  )
}

function Slider({ store }: { store: Store }): JSX.Element {
  const { travel } = store
  const [playing, setPlaying] = useState(false)
  useEffect(() => {
    if (!playing) return undefined
    const timer = setInterval(() => {
      const now = store.travel
      if (now === undefined || now.place >= now.recording.happenings.length) setPlaying(false)
      else store.goTo(now.place + 1)
    }, playEveryMs)
    return () => clearInterval(timer)
  }, [playing])
  if (travel === undefined) return <span />
  const { recording, place } = travel
  const last = recording.happenings.length
  const at = recording.happenings[Math.max(0, place - 1)]?.at ?? recording.recordedAt
  return (
    <>
      {store.link === 'recording' ? null : (
        <button type="button" class="primary" onClick={() => store.backToNow()}>
          ● Live
        </button>
      )}
      <button
        type="button"
        aria-label="One step back"
        disabled={place === 0}
        onClick={() => store.goTo(place - 1)}
      >
        ◂
      </button>
      <button type="button" aria-label={playing ? 'Stop' : 'Play'} onClick={() => setPlaying(!playing)}>
        {playing ? '■' : '▶'}
      </button>
      <button
        type="button"
        aria-label="One step on"
        disabled={place === last}
        onClick={() => store.goTo(place + 1)}
      >
        ▸
      </button>
      <input
        type="range"
        aria-label="Moment"
        aria-valuetext={clock(at)}
        min="0"
        max={last}
        value={place}
        onInput={(event) => store.goTo(Number(event.currentTarget.value))}
      />
      <output>
        {clock(at)}{' '}
        <span class="faint">{`${place} of ${last}, ${span(recording.recordedAt - at)} before its end`}</span>
      </output>
    </>
  )
}

function Export({ store }: { store: Store }): JSX.Element | null {
  if (store.link !== 'live') return null
  const save = async (): Promise<void> => {
    const { text } = await get('/api/recording')
    const url = URL.createObjectURL(new Blob([String(text)], { type: 'application/jsonl' }))
    const link = document.createElement('a')
    link.href = url
    link.download = `callboard-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.jsonl`
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 1_000)
  }
  return (
    <button type="button" onClick={() => void save()}>
      Export
    </button>
  )
}

function Import({ store }: { store: Store }): JSX.Element {
  const input = useRef<HTMLInputElement>(null)
  const chosen = async (from: HTMLInputElement): Promise<void> => {
    const text = await from.files?.[0]?.text()
    // Else the same file, changed meanwhile, could not be chosen again.
    from.value = ''
    if (text !== undefined) store.openRecording(text, undefined)
  }
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".jsonl"
        class="hidden"
        tabIndex={-1}
        aria-label="Recording"
        onChange={(event) => {
          void chosen(event.currentTarget)
        }}
      />
      <button type="button" onClick={() => input.current?.click()}>
        Open…
      </button>
    </>
  )
}
