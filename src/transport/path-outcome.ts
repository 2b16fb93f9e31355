/**
 * The outcome of preparing a path. A refusal is a value: `taken` means that another daemon has it and trying later can
 * help (exit 75), `misconfigured` that somebody must change something first (exit 78). The message is one sentence or
 * two that say what to do.
 */
export type PathOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: PathRefusal; readonly message: string }

export type PathRefusal = 'taken' | 'misconfigured'

export function pathReady<T>(value: T): PathOutcome<T> {
  return { ok: true, value }
}

export function pathRefused<T = never>(reason: PathRefusal, message: string): PathOutcome<T> {
  return { ok: false, reason, message }
}
