/**
 * Colours, where somebody can see them: FORCE_COLOR (not `0`) says yes, NO_COLOR (not empty) says no, in this order as
 * in Node; without either a terminal decides.
 */
import { styleText } from 'node:util'
import type { Env } from '../../daemon/home.ts'
import type { TaskState } from '../../wire/commands.ts'

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta' | 'gray' | 'bold'

const stateColours: Readonly<Record<TaskState, Colour>> = {
  queued: 'gray',
  starting: 'blue',
  running: 'blue',
  interactive: 'yellow',
  completed: 'green',
  aborted: 'magenta',
  failed: 'red',
  resumable: 'yellow',
  closed: 'gray',
}

export class Paint {
  readonly enabled: boolean

  constructor(terminal: boolean, env: Env) {
    this.enabled = wanted(terminal, env)
  }

  in(colour: Colour, text: string): string {
    return this.enabled ? styleText(colour, text, { validateStream: false }) : text
  }

  /** `text` in the colour of a task's state. */
  state(state: TaskState, text: string = state): string {
    return this.in(stateColours[state], text)
  }
}

function wanted(terminal: boolean, env: Env): boolean {
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  if ((env['NO_COLOR'] ?? '') !== '') return false
  return terminal && env['TERM'] !== 'dumb'
}
