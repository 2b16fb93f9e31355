/** Tasks: who holds them, what they wait for, what they did; with the right to act also answering and steering. */
import { useState } from 'preact/hooks'
import type { JSX } from 'preact'
import type { LiveMeters } from '../model.ts'
import { isRecord, post } from '../session.ts'
import { useStore } from '../store.ts'
import { go } from '../app.tsx'
import { Asks } from './asks.tsx'
import { counted, plain, shortId, span } from './figures.ts'
import { usePolled } from './polled.ts'
import { Timeline } from './timeline.tsx'

export interface TaskRow {
  readonly id: string
  readonly state: string
  readonly text: string
  readonly createdAt: number
  readonly profile?: string
  readonly cwd?: string
  readonly resumable: boolean
  readonly queuePlace?: number
  readonly holder?: { readonly clientId: string; readonly client?: string }
  readonly exit?: { readonly code?: number; readonly signal?: string }
  readonly asks: readonly unknown[]
}

function isTask(value: unknown): value is TaskRow {
  return isRecord(value) && typeof value['id'] === 'string' && Array.isArray(value['asks'])
}

const rowsMax = 300

function inAll(meters: LiveMeters | undefined): number {
  return Object.values(meters?.tasks ?? {}).reduce((sum, count) => sum + count, 0)
}

export function Tasks({ chosen }: { chosen: string }): JSX.Element {
  const store = useStore()
  const [filter, setFilter] = useState('')
  const tasks = usePolled(store.lens.live ? '/api/tasks' : null, 'tasks').filter(isTask)
  if (!store.lens.live)
    return <p class="empty">Tasks are not part of a recording; their machines and messages are.</p>
  const wanted = filter.toLowerCase()
  const shown = tasks
    .toSorted((a, b) => b.createdAt - a.createdAt)
    .filter(({ id, text, state }) => `${id} ${text} ${state}`.toLowerCase().includes(wanted))
    .slice(0, rowsMax)
  const task = tasks.find(({ id }) => id === chosen) ?? shown[0]
  return (
    <div class="list tasks">
      <div class="toolbar">
        <h2>{counted(Math.max(tasks.length, inAll(store.meters)), 'task')}</h2>
        <label>
          Only{' '}
          <input
            type="search"
            value={filter}
            placeholder="id, text or state"
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
      </div>
      <div class="split">
        <ul class="tasklist scroll" aria-label="Tasks">
          {shown.map((one) => (
            <li key={one.id}>
              <button type="button" aria-pressed={one.id === task?.id} onClick={() => go('Tasks', one.id)}>
                <span class={`taskstate ${one.state}`}>{one.state}</span>
                {one.queuePlace === undefined ? null : <span class="faint">{`#${one.queuePlace}`}</span>}
                {one.holder === undefined ? null : <span class="held">held</span>}
                {one.asks.length === 0 ? null : <span class="asking">{`asks ${one.asks.length}`}</span>}
                <span class="text">{plain(one.text, 80) || <i>no text</i>}</span>
                <code class="faint">{plain(shortId(one.id))}</code>
              </button>
            </li>
          ))}
        </ul>
        {task === undefined ? (
          <p class="empty">No task yet.</p>
        ) : (
          <Detail key={task.id} task={task} control={store.right === 'control'} />
        )}
      </div>
    </div>
  )
}

function Detail({ task, control }: { task: TaskRow; control: boolean }): JSX.Element {
  const [problem, setProblem] = useState('')
  const act = async (command: object): Promise<void> => {
    try {
      const answer = await post('/api/command', command)
      const { error } = answer
      setProblem(
        answer['ok'] === true || !isRecord(error)
          ? ''
          : `${String(error['code'])}: ${String(error['message'])}`,
      )
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <section class="detail" aria-label="Task">
      <h2>
        <span class={`taskstate ${task.state}`}>{task.state}</span> {plain(task.text, 120)}
      </h2>
      <p class="about">
        <code>{plain(task.id)}</code>
        {task.profile === undefined ? null : ` · ${plain(task.profile)}`}
        {task.cwd === undefined ? null : ` · ${plain(task.cwd)}`}
        {` · ${span(Date.now() - task.createdAt)} ago`}
        {task.queuePlace === undefined ? null : ` · place ${task.queuePlace} in the queue`}
        {task.holder === undefined ? null : ` · held by ${plain(task.holder.client ?? task.holder.clientId)}`}
        {task.exit === undefined ? null : ` · exit ${task.exit.code ?? task.exit.signal ?? ''}`}
        {' · '}
        <a href={`#Actor/callboard/task/${encodeURIComponent(task.id)}`}>its machine</a>
        {' · '}
        <a href={`#Sequence/${encodeURIComponent(task.id)}`}>its messages</a>
      </p>
      {control ? <Steering task={task} act={act} /> : null}
      <Asks asks={task.asks} control={control} act={act} />
      {problem === '' ? null : (
        <p class="problem" role="alert">
          {plain(problem)}
        </p>
      )}
      <Timeline task={task.id} />
    </section>
  )
}

const settled: ReadonlySet<string> = new Set(['completed', 'aborted', 'failed', 'resumable', 'closed'])

function Steering({ task, act }: { task: TaskRow; act: (command: object) => Promise<void> }): JSX.Element {
  const [text, setText] = useState('')
  const ended = settled.has(task.state)
  return (
    <form
      class="steering"
      onSubmit={(event) => {
        event.preventDefault()
        void act({ commandName: 'SendMessage', data: { taskId: task.id, text } }).then(() => setText(''))
      }}
    >
      <input
        aria-label="Message"
        value={text}
        placeholder="say something to it"
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" disabled={text === ''}>
        Send
      </button>
      <button
        type="button"
        disabled={ended}
        onClick={() => void act({ commandName: 'CancelTask', data: task.id })}
      >
        Cancel
      </button>
      <button
        type="button"
        disabled={!ended || !task.resumable}
        onClick={() => void act({ commandName: 'ResumeTask', data: task.id })}
      >
        Resume
      </button>
    </form>
  )
}
