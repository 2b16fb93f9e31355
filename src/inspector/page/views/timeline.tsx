/** What a task did, event by event: a page of them at a time, the newest followed as they come. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { JSX } from 'preact'
import type { EventRow } from '../../sight.ts'
import { get, isRecord } from '../session.ts'
import { clock, plain, pretty } from './figures.ts'
import { usePolled } from './polled.ts'

interface Pages {
  readonly starts: readonly number[]
  readonly count: number
  readonly through: number
}

const none: Pages = { starts: [], count: 0, through: 0 }
const everyMs = 1_000
const eventsOfPage = 500

function isEvent(value: unknown): value is EventRow {
  return isRecord(value) && typeof value['seq'] === 'number' && typeof value['frame'] === 'string'
}

/** Where its pages begin, counted on as more come. */
function usePages(task: string): Pages {
  const [pages, setPages] = useState(none)
  useEffect(() => {
    let gone = false
    let known = none
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async (): Promise<void> => {
      const query = new URLSearchParams({ task, through: `${known.through}`, count: `${known.count}` })
      const found = await get(`/api/task-pages?${query.toString()}`).catch(() => undefined)
      if (gone) return
      const { starts, count, through, more } = found ?? {}
      if (Array.isArray(starts) && typeof count === 'number' && typeof through === 'number') {
        known = { starts: [...known.starts, ...starts], count, through }
        if (more !== true) setPages(known)
      }
      timer = setTimeout(() => void ask(), more === true ? 0 : everyMs)
    }
    void ask()
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [task])
  return pages
}

export function Timeline({ task }: { task: string }): JSX.Element {
  const [filter, setFilter] = useState('')
  const [open, setOpen] = useState<number>()
  /** Undefined: the newest, whichever that is. */
  const [chosen, setChosen] = useState<number>()
  const pages = usePages(task)
  const last = Math.max(0, pages.starts.length - 1)
  const page = Math.min(chosen ?? last, last)
  const after = pages.starts[page]
  const query = new URLSearchParams({ task, after: `${after ?? 0}` })
  const path = after === undefined ? null : `/api/task-events?${query.toString()}`
  const events = usePolled(path, 'events', page < last).filter(isEvent)
  const wanted = filter.toLowerCase()
  const shown = events.filter(
    ({ name, frame }) => name.toLowerCase().includes(wanted) || frame.toLowerCase().includes(wanted),
  )
  const list = useRef<HTMLOListElement>(null)
  const atEnd = useRef(true)
  useEffect(() => {
    if (chosen === undefined && atEnd.current) list.current?.scrollTo(0, list.current.scrollHeight)
  }, [shown.at(-1)?.seq, chosen])
  const goTo = (to: number): void => {
    atEnd.current = true
    setChosen(to >= last ? undefined : Math.max(0, to))
    list.current?.scrollTo(0, 0)
  }
  return (
    <>
      <div class="toolbar">
        <h3>Events</h3>
        <Pager page={page} last={last} count={pages.count} following={chosen === undefined} goTo={goTo} />
        <label>
          {last === 0 ? 'Only ' : `Only of these ${events.length} `}
          <input
            type="search"
            value={filter}
            placeholder="a name or a text"
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
      </div>
      <ol
        class="timeline scroll"
        aria-label="Events"
        ref={list}
        onScroll={({ currentTarget: box }) => {
          atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 60
        }}
      >
        {shown.map((event) => (
          <li key={event.seq}>
            <button
              type="button"
              aria-expanded={open === event.seq}
              onClick={() => setOpen(open === event.seq ? undefined : event.seq)}
            >
              <span class="number">{event.seq}</span>
              <span class="faint">{clock(event.at)}</span>
              <code>{plain(event.name)}</code>
              <span class="text">{plain(textOf(event.frame), 140)}</span>
              {event.by === undefined ? null : <span class="by">{plain(event.by)}</span>}
            </button>
            {open === event.seq ? <pre class="json">{pretty(event.frame)}</pre> : null}
          </li>
        ))}
        {shown.length === 0 ? (
          <li class="empty">{noneShown(wanted !== '', last > 0, pages === none || pages.count > 0)}</li>
        ) : null}
      </ol>
    </>
  )
}

/** Those that are counted but not shown are on their way. */
function noneShown(filtered: boolean, paged: boolean, coming: boolean): string {
  if (!filtered) return coming ? '…' : 'Nothing yet.'
  return paged ? 'None on this page; there may be some on others.' : 'None of these.'
}

interface PagerProps {
  readonly page: number
  readonly last: number
  readonly count: number
  readonly following: boolean
  readonly goTo: (page: number) => void
}

function Pager({ page, last, count, following, goTo }: PagerProps): JSX.Element {
  const from = page * eventsOfPage + 1
  const through = Math.min(count, (page + 1) * eventsOfPage)
  if (last === 0) return <span class="faint">{`${count} in all`}</span>
  return (
    <span class="pager" role="group" aria-label="Pages">
      <button type="button" class="small" disabled={page === 0} onClick={() => goTo(0)}>
        Oldest
      </button>
      <button type="button" class="small" disabled={page === 0} onClick={() => goTo(page - 1)}>
        Older
      </button>
      <span class="place">{`${from}–${through} of ${count}`}</span>
      <button type="button" class="small" disabled={page === last} onClick={() => goTo(page + 1)}>
        Newer
      </button>
      <button type="button" class="small" aria-pressed={following} onClick={() => goTo(last)}>
        Newest
      </button>
    </span>
  )
}

/** What stands in a message, at a glance. */
function textOf(frame: string): string {
  const found = /"text":"((?:[^"\\]|\\.)*)/.exec(frame.slice(0, 2_000))?.[1] ?? ''
  return found.replaceAll(String.raw`\n`, ' ').replaceAll(String.raw`\"`, '"')
}
