/** Who said what to whom, newest at the bottom; a message's frame is shown when it is chosen. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { JSX } from 'preact'
import { useStore } from '../store.ts'
import type { Party } from '../../happenings.ts'
import { clock, plain, pretty, shortId } from './figures.ts'
import { isRecord } from '../session.ts'
import { messagesOf, parties } from './messages.ts'
import type { Message } from './messages.ts'
import { usePolled } from './polled.ts'

const [rowHeight, top] = [24, 8]
const [lanesWidth, lanesLeft] = [960, 150]
const laneGap = (lanesWidth - lanesLeft - 100) / (parties.length - 1)

function laneOf(party: Party): number {
  return lanesLeft + parties.indexOf(party) * laneGap
}

export function Sequence({ only }: { only: string }): JSX.Element {
  const { lens } = useStore()
  const [filter, setFilter] = useState(only)
  const [quiet, setQuiet] = useState(true)
  const [chosen, setChosen] = useState<Message>()
  const messages = messagesOf(lens, filter, quiet)
  const scroll = useRef<HTMLDivElement>(null)
  const following = useRef(true)
  const place = useRef({ top: 0, width: 0, height: 0 })
  useEffect(() => {
    const follow = (): void => {
      if (following.current && scroll.current !== null) toEnd(scroll.current)
    }
    follow()
    const observer = new ResizeObserver(follow)
    if (scroll.current !== null) observer.observe(scroll.current)
    return () => observer.disconnect()
  }, [messages.at(-1)?.n])
  return (
    <div class="list sequence">
      <div class="toolbar">
        <label>
          Only{' '}
          <input
            type="search"
            value={filter}
            placeholder="a task, connection or event"
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
        <label>
          <input
            type="checkbox"
            checked={quiet}
            onChange={(event) => setQuiet(event.currentTarget.checked)}
          />{' '}
          without what was not expected
        </label>
        <span class="faint">{`the last ${messages.length}`}</span>
      </div>
      <div class="split">
        <div
          class="scroll"
          tabIndex={0}
          role="region"
          aria-label="Messages"
          ref={scroll}
          onScroll={({ currentTarget: box }) => {
            // Rows that have come since it was scrolled do not count: it is left by going up alone. A box that was
            // resized is put higher by the browser.
            const { scrollTop: top, clientWidth: width, clientHeight: height } = box
            const isResized = width !== place.current.width || height !== place.current.height
            if (isAtEnd(box)) following.current = true
            else if (top < place.current.top && !isResized) following.current = false
            place.current = { top, width, height }
          }}
        >
          <Parties />
          <Lanes messages={messages} chosen={chosen?.n} choose={setChosen} />
        </div>
        {chosen === undefined ? null : (
          <aside class="frame" aria-label="Frame">
            <h2>
              {plain(chosen.text)}
              <button type="button" class="quiet" aria-label="Close" onClick={() => setChosen(undefined)}>
                ×
              </button>
            </h2>
            <p class="faint">{`${clock(chosen.at)}, ${chosen.from} → ${chosen.to}, ${plain(chosen.about)}`}</p>
            <pre class="json" tabIndex={0}>
              <Frame message={chosen} live={lens.live} />
            </pre>
          </aside>
        )}
      </div>
    </div>
  )
}

function isAtEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 2 * rowHeight
}

/** To the end, as far as the first row below the parties is a whole one. A row's text stands a little above it. */
function toEnd(box: HTMLElement): void {
  const scale = (box.lastElementChild?.getBoundingClientRect().width ?? lanesWidth) / lanesWidth
  const [row, before] = [rowHeight * scale, (top - 4) * scale]
  const end = box.scrollHeight - box.clientHeight
  box.scrollTo(0, end < before ? end : before + Math.floor((end - before) / row) * row)
}

/** An event's frame is asked for when it is looked at. */
function Frame({ message, live }: { message: Message; live: boolean }): JSX.Element {
  const asked = live && message.seq > 0
  const path = `/api/task-events?after=${message.seq - 1}&count=1`
  const [event] = usePolled(asked ? path : null, 'events', true)
  const frame = isRecord(event) && typeof event['frame'] === 'string' ? event['frame'] : message.frame
  return <>{pretty(frame)}</>
}

function Parties(): JSX.Element {
  return (
    <svg
      class="lanes parties"
      viewBox={`0 0 ${lanesWidth} 34`}
      width={lanesWidth}
      height="34"
      aria-hidden="true"
    >
      {parties.map((party) => (
        <g key={party}>
          <rect class="party" x={laneOf(party) - 44} y="5" width="88" height="23" rx="6" />
          <text class="party" x={laneOf(party)} y="21" text-anchor="middle">
            {party}
          </text>
        </g>
      ))}
    </svg>
  )
}

interface LanesProps {
  readonly messages: readonly Message[]
  readonly chosen: number | undefined
  readonly choose: (message: Message) => void
}

function Lanes({ messages, chosen, choose }: LanesProps): JSX.Element {
  // Room for what toEnd() stops short of.
  const height = top + messages.length * rowHeight + 16 + rowHeight
  return (
    <svg
      class="lanes"
      viewBox={`0 0 ${lanesWidth} ${height}`}
      width={lanesWidth}
      height={height}
      role="group"
      aria-label="Messages in their order"
    >
      <defs>
        {(['command', 'answer', 'event', 'machine', 'ghost'] as const).map((kind) => (
          <marker
            key={kind}
            id={`said-${kind}`}
            class={kind}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0L8 4L0 8z" />
          </marker>
        ))}
      </defs>
      {parties.map((party) => (
        <path key={party} class="life" d={`M${laneOf(party)} 0V${height}`} />
      ))}
      {messages.map((message, place) => (
        <Said
          key={message.n}
          message={message}
          y={top + place * rowHeight + 12}
          from={laneOf(message.from)}
          to={laneOf(message.to)}
          chosen={chosen === message.n}
          choose={choose}
        />
      ))}
    </svg>
  )
}

interface SaidProps {
  readonly message: Message
  readonly y: number
  readonly from: number
  readonly to: number
  readonly chosen: boolean
  readonly choose: (message: Message) => void
}

function Said({ message, y, from, to, chosen, choose }: SaidProps): JSX.Element {
  const kind = message.refused ? 'ghost' : message.kind
  const self = from === to
  const line = self ? `M${from} ${y - 4}h18v8h-16` : `M${from} ${y}L${to + (from < to ? -2 : 2)} ${y}`
  const text = plain(message.text, 34)
  const about = plain(shortId(message.about), 12)
  const act = (): void => choose(message)
  return (
    <g
      class={`said ${kind} ${chosen ? 'chosen' : ''}`}
      role="button"
      tabindex={0}
      aria-description={`${message.from} to ${message.to}`}
      onClick={act}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === ' ') act()
      }}
    >
      <rect class="hit" x="0" y={y - rowHeight / 2} width={lanesWidth} height={rowHeight} />
      <text class="time" x="8" y={y + 4}>
        {clock(message.at)}
      </text>
      <path d={line} marker-end={`url(#said-${kind})`} />
      <text
        class="label"
        x={self ? from + 24 : (from + to) / 2}
        y={self ? y + 4 : y - 4}
        text-anchor={self ? 'start' : 'middle'}
      >
        {text}
      </text>
      <text class="about" x={lanesWidth - 8} y={y + 4} text-anchor="end">
        {about}
      </text>
    </g>
  )
}
