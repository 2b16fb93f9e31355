/**
 * The orders of events that PROTOCOL.md promises, as one regular expression over a task's whole history: a letter for
 * each event. It knows nothing of the machine.
 */

const letters: Readonly<Record<string, string>> = {
  taskCreated: 'C',
  taskFocused: 'F',
  'say:text': 'T',
  taskQueued: 'W',
  queuedMessagesUpdated: 'Q',
  taskTokenUsageUpdated: 'U',
  taskStarted: 'S',
  'say:command_output': 'o',
  'say:user_feedback': 'm',
  'ask:followup': 'f',
  'ask:command': 'f',
  askOpened: 'O',
  taskInteractive: 'V',
  askResolved: 'r',
  taskAskResponded: 'p',
  taskActive: 'a',
  taskExited: 'X',
  'say:completion_result': 'R',
  taskCompleted: 'D',
  'ask:completion_result': 'K',
  taskIdle: 'I',
  'say:error': 'E',
  taskAborted: 'A',
  taskResumable: 'B',
  taskUnfocused: 'N',
}

/** It completed; it failed while it ran; it was cancelled or closed. */
const end = 'X?RUDKI|X?EAB?|X?AB?'
/** What is asked, and how that ended: a client that knows no asks hears less of it. */
const asked = 'fO?V?|rm?p?a?|mpa?|pa?|a'
/** A run that says first that it started, or one that never does; it may have waited for its slot. */
const run = `W?Q*(?:USQ?(?:[omQ]|${asked})*(?:${end})|EAB?|X?AB?)`
const history = new RegExp(`^CFT${run}(?:N?F${run})*N?$`)

/** A history as letters; `?` is an event that no order has. */
export function lettersOf(told: readonly string[]): string {
  return told.map((word) => letters[word] ?? '?').join('')
}

/** Whether a task that is settled or closed was told in a promised order. */
export function isOrdered(told: readonly string[]): boolean {
  return history.test(lettersOf(told))
}
