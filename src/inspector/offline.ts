/** A recording of the page, shown with no daemon: the same page, whose only answer is what the file holds. */
import { inspectorLimits } from './limits.ts'
import { PageServer } from './page-server.ts'
import { readRecording, writeRecording } from './recording.ts'

export interface OpenRecording extends Disposable {
  readonly ok: true
  readonly url: string
  /** What is wrong with the file's end; what came before it is shown. */
  readonly cut: string | undefined
}

/** Serves the recording in `text` until it is disposed of. Refused, with why, where it is none. */
export async function openRecording(
  text: string,
): Promise<OpenRecording | { readonly ok: false; readonly why: string }> {
  const read = readRecording(text)
  if (!read.ok) return read
  const { recording, cut } = read
  const whole = writeRecording(recording)
  const server = new PageServer({
    keepsAlive: true,
    limits: inspectorLimits,
    failed: () => undefined,
    answer: ({ path, right }) => {
      if (path === '/api/status')
        return { status: 200, json: { mode: 'recording', daemon: recording.daemon, right, cut: cut ?? null } }
      if (path === '/api/recording') return { status: 200, json: { text: whole } }
      return undefined
    },
  })
  await server.listen()
  return { ok: true, url: server.url('view'), cut, [Symbol.dispose]: () => server[Symbol.dispose]() }
}
