/**
 * The environment of a command: little of the daemon's own, the task's over it, and what ties the process to its task.
 * CALLBOARD_TASK is also the mark by which process-tree.ts finds descendants, so a task's `env` cannot change it.
 */
import type { RunnerTask } from './runner.ts'

/** The variable that carries the task's id into every process of its run. */
export const taskVariable = 'CALLBOARD_TASK'

/** What a command needs to find its way; all else of the daemon's environment may be a secret of somebody else. */
const inherited: ReadonlySet<string> = new Set(
  (
    'PATH HOME USER LOGNAME SHELL LANG TZ TMPDIR XDG_RUNTIME_DIR TERM ' +
    'SystemRoot SystemDrive ComSpec PATHEXT USERPROFILE APPDATA LOCALAPPDATA TEMP TMP'
  ).split(' '),
)

/** Would make a Roo Code that runs inside a task open its own server at the daemon's expense. */
const neverGiven = 'ROO_CODE_IPC_SOCKET_PATH'

/** Names and values for the command of `task`, from the daemon's environment `base` and the task's `env`. */
export function runEnvironment(task: RunnerTask, base: NodeJS.ProcessEnv): Record<string, string> {
  const environment = new Map<string, string>()
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && (inherited.has(name) || name.startsWith('LC_'))) environment.set(name, value)
  }
  for (const [name, value] of Object.entries(task.callboard.env ?? {})) environment.set(name, value)
  environment.delete(neverGiven)
  environment.set(taskVariable, task.id)
  environment.set('CALLBOARD_SOCKET', task.socketPath)
  return Object.fromEntries(environment)
}
