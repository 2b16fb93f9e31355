/** What the page asks under /api/, beside its stream: lists, one task's events, a recording, and commands. */
import { isRecord } from './chart-document.ts'
import type { Inspector } from './inspector.ts'
import type { ApiAnswer, ApiRequest } from './page-server.ts'
import { writeRecording } from './recording.ts'
import { countPages } from './task-pages.ts'

/** What a page may have done to the daemon. */
const commands: ReadonlySet<unknown> = new Set([
  'SendMessage',
  'CancelTask',
  'ResumeTask',
  'CloseTask',
  'RespondToAsk',
  'ClaimTask',
  'ReleaseTask',
])

/** Undefined: there is nothing there. */
export async function answerApi(inspector: Inspector, request: ApiRequest): Promise<ApiAnswer | undefined> {
  const { sight } = inspector
  switch (request.path) {
    case '/api/status':
      return json({ mode: 'live', daemon: sight.identity, right: request.right, meters: inspector.meters() })
    case '/api/events':
      return inspector.stream(request.query, request.lastEventId)
    case '/api/counts':
      return json({ counts: inspector.counts() })
    case '/api/clients':
      return json({ clients: sight.clients(), now: sight.now() })
    case '/api/tasks':
      return json({ tasks: sight.tasks(), now: sight.now() })
    case '/api/task-events':
      return taskEvents(inspector, request.query)
    case '/api/task-pages':
      return taskPages(inspector, request.query)
    case '/api/actors':
      return json({
        actors: actors(inspector, request.query.get('machine') ?? '', request.query.get('state') ?? ''),
      })
    case '/api/recording':
      return json({ text: writeRecording(inspector.recording()) })
    case '/api/command':
      return command(inspector, request)
    case '/api/close':
      return close(inspector, request)
    default:
      return undefined
  }
}

function json(value: unknown, status = 200): ApiAnswer {
  return { status, json: value }
}

function taskEvents({ sight, limits }: Inspector, query: URLSearchParams): ApiAnswer {
  const { eventsOfPage } = limits
  const countMax = Math.min(eventsOfPage, numberOf(query, 'count') ?? eventsOfPage)
  const task = query.get('task') ?? undefined
  return json({
    events: sight.events({ task, after: numberOf(query, 'after') ?? 0, countMax, frames: true }),
  })
}

function taskPages({ sight, limits }: Inspector, query: URLSearchParams): ApiAnswer {
  const known = { through: numberOf(query, 'through') ?? 0, count: numberOf(query, 'count') ?? 0 }
  return json({ ...countPages(sight, query.get('task') ?? '', known, limits) })
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Some of a machine's actors, newest first; of those in `state`, or all. */
function actors(
  { sight, foreign, limits }: Inspector,
  key: string,
  state: string,
): { id: string; state: string }[] {
  const own = sight.tally.machines.find(({ name }) => `callboard/${name}` === key)
  const found: { id: string; state: string }[] = []
  const ids =
    own === undefined ? (foreign.get(key)?.actors.keys().toArray() ?? []) : own.living().keys().toArray()
  for (const id of ids.toReversed()) {
    if (found.length >= limits.actorsListedMax) break
    const stands =
      own === undefined ? (foreign.get(key)?.actors.get(id)?.state ?? '') : (own.stateOf(id) ?? '')
    if (state === '' || stands === state) found.push({ id, state: stands })
  }
  return found
}

async function command({ sight }: Inspector, { right, body }: ApiRequest): Promise<ApiAnswer> {
  if (right !== 'control' || !isRecord(body)) return json({ error: 'POST a command.' }, 405)
  if (!commands.has(body['commandName'])) return json({ error: 'The page does not do that.' }, 400)
  return json(await sight.command(body))
}

function close({ sight }: Inspector, { right, body }: ApiRequest): ApiAnswer {
  if (right !== 'control' || !isRecord(body)) return json({ error: 'POST a clientId.' }, 405)
  const { clientId } = body
  return json({ ok: typeof clientId === 'string' && sight.close(clientId) })
}
