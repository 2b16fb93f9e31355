/** A chart with counts on one screen of a terminal: where it is too long for that, what was taken in a line each. */
import { statesFrom } from '../../inspector/chart.ts'
import type { Chart, ChartState, ChartTransition } from '../../inspector/chart.ts'
import { asciiOf } from './ascii.ts'
import type { AsciiLook, ChartCounts } from './ascii.ts'
import { triggerLabel } from './label.ts'
import { wrapped } from './wrap.ts'

export interface ScreenLook extends AsciiLook {
  readonly counts: ChartCounts
  readonly columns: number
  /** Of the terminal. */
  readonly lines: number
  /** How often each was taken, in the order of the chart. */
  readonly taken: readonly number[]
}

/** At most `lines` less one lines: the last is the cursor's. */
export function screenOf(chart: Chart, look: ScreenLook): string {
  const whole = asciiOf(chart, look)
  const room = look.lines - 1
  if (whole.split('\n').length - 1 <= room) return whole
  const head = [look.paint.in('bold', chart.name), ...stateLines(chart.root, '', look)]
  const edges = statesFrom(chart.root).flatMap((source) =>
    source.transitions.map((transition) => ({ source, transition })),
  )
  const taken = edges
    .map((edge, index) => ({ ...edge, times: look.taken[index] ?? 0 }))
    .toSorted((a, b) => b.times - a.times)
  const known = taken.filter(({ times }) => times > 0)
  const names = new Set(known.map(({ transition }) => triggerLabel(transition)))
  const never = taken.map(({ transition }) => triggerLabel(transition)).filter((name) => !names.has(name))
  const untaken =
    never.length === 0 ? [] : wrapped(`never taken: ${[...new Set(never)].join(', ')}`, look.columns)
  const body = [
    ...head,
    '',
    ...takenLines(known, look),
    ...untaken.map((line) => look.paint.in('gray', line)),
  ]
  return `${(body.length <= room ? body : [...body.slice(0, room - 1), '…']).join('\n')}\n`
}

function stateLines(state: ChartState, before: string, look: ScreenLook): string[] {
  return state.states.flatMap((child) => {
    const count = (look.counts.state(child) ?? '').trim()
    const name = `${before}${child.name}${child.type === 'final' ? ' (final)' : ''}`
    const line = `  ${name.padEnd(28)}${look.paint.in(count === '0' ? 'gray' : 'cyan', count.padStart(8))}`
    return [line, ...stateLines(child, `${before}  `, look)]
  })
}

function takenLines(
  edges: readonly { readonly source: ChartState; readonly transition: ChartTransition }[],
  look: ScreenLook,
): string[] {
  return edges.map(({ source, transition }) => {
    const from = source.id.slice(source.id.indexOf('.') + 1)
    const to = transition.target === null ? '' : ` -> ${transition.target.split('.').at(-1) ?? ''}`
    const text = `  ${source.id.includes('.') ? `${from}: ` : ''}${triggerLabel(transition)}${to}`
    const count = (look.counts.transition(transition) ?? '').replace('taken ', '')
    const room = Math.max(20, Math.min(look.columns, 100) - count.length - 1)
    const cut = text.length <= room ? text.padEnd(room) : `${text.slice(0, room - 1)}…`
    return `${cut} ${look.paint.in('cyan', count)}`
  })
}
