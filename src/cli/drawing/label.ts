/** The words on an arrow or in a state, the same in every drawing: `event [guard] / actions`. */
import type { ChartAction, ChartState, ChartTransition } from '../../inspector/chart.ts'

/** `lag.rose`, `after ackTimeout / destroyLink`. */
export function transitionLabel(transition: ChartTransition): string {
  const guard = transition.guard === null ? '' : ` [${transition.guard}]`
  const actions = transition.actions.length === 0 ? '' : ` / ${actionsLabel(transition.actions)}`
  return `${triggerLabel(transition)}${guard}${actions}`
}

/** What a transition waits for. */
export function triggerLabel({ kind, event }: ChartTransition): string {
  return kind === 'after' ? `after ${event}` : event
}

/** `noteReason(local), endLink`: parameters by their values. */
export function actionsLabel(actions: readonly ChartAction[]): string {
  return actions.map(actionLabel).join(', ')
}

function actionLabel({ name, params }: ChartAction): string {
  if (params === undefined) return name
  const values = Object.values(params).map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value),
  )
  return `${name}(${values.join(', ')})`
}

/** What stands in a state: its description, what it does on entry and exit, what it answers without being left. */
export function innerLines(state: ChartState): string[] {
  return [state.description, ...effectLabels(state), ...stayingLabels(state)].filter((line) => line !== '')
}

/** `entry / attach`, `exit / detach`. */
export function effectLabels(state: ChartState): string[] {
  return [
    ...(state.entry.length === 0 ? [] : [`entry / ${actionsLabel(state.entry)}`]),
    ...(state.exit.length === 0 ? [] : [`exit / ${actionsLabel(state.exit)}`]),
  ]
}

/** `kill / killRun`, `cancel is ignored`. */
function stayingLabels(state: ChartState): string[] {
  return state.transitions
    .filter((one) => one.target === null)
    .map((one) => (one.actions.length === 0 ? `${triggerLabel(one)} is ignored` : transitionLabel(one)))
}
