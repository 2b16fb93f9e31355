/** A list of the daemon, asked for every second while it is looked at. */
import { useEffect, useState } from 'preact/hooks'
import { get } from '../session.ts'

const everyMs = 1_000

/** What was last answered under `name`; asked anew when `path` changes, else every second unless `once`. Null: ask nothing. */
export function usePolled(path: string | null, name: string, once = false): readonly unknown[] {
  const [answer, setAnswer] = useState<{ path: string | null; list: readonly unknown[] }>({
    path: null,
    list: [],
  })
  useEffect(() => {
    if (path === null) return undefined
    let gone = false
    const ask = async (): Promise<void> => {
      // That nobody answers is said by the link's state.
      const found = await get(path).catch(() => undefined)
      const list = found?.[name]
      if (!gone && Array.isArray(list)) setAnswer({ path, list })
    }
    void ask()
    const timer = once ? undefined : setInterval(() => void ask(), everyMs)
    return () => {
      gone = true
      clearInterval(timer)
    }
  }, [path, name, once])
  return answer.path === path ? answer.list : []
}
