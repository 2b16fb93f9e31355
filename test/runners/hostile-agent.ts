/**
 * An agent of our own, told by its first argument what to do wrong (or right). It speaks the protocol by hand, so that
 * it can also speak it badly. Its prompt's text is a JSON array of steps where the behaviour is `script`.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

type Json = Record<string, unknown>

const [behaviour = 'script', extra = '{}'] = process.argv.slice(2)
const options: Json = JSON.parse(extra)
let ids = 1_000
const waiting = new Map<unknown, (message: Json) => void>()
const turn = { cancelled: false }
/** Every request but initialize, for `report`. */
const seen: Json[] = []

function write(message: Json): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

function update(fields: Json, sessionId = 's1'): void {
  write({ method: 'session/update', params: { sessionId, update: fields } })
}

function say(text: string): void {
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } })
}

async function ask(method: string, params: Json): Promise<Json> {
  const id = (ids += 1)
  const { promise, resolve } = Promise.withResolvers<Json>()
  waiting.set(id, resolve)
  write({ id, method, params: { sessionId: 's1', ...params } })
  return await promise
}

const objects = (value: unknown): Json[] => (Array.isArray(value) ? value : [])

/** Does the steps of a prompt: each is an object with one key. */
async function play(steps: Json[]): Promise<string> {
  for (const step of steps) {
    if (typeof step['say'] === 'string') say(step['say'])
    if (typeof step['update'] === 'object') update({ ...step['update'] })
    if (typeof step['raw'] === 'string') process.stdout.write(step['raw'])
    if (typeof step['stderr'] === 'string') process.stderr.write(step['stderr'])
    if (typeof step['exit'] === 'number') process.exit(step['exit'])
    if (typeof step['stop'] === 'string') return step['stop']
    if (typeof step['wait'] === 'number')
      await new Promise((resolve) => setTimeout(resolve, Number(step['wait'])))
    if (step['untilCancel'] === true)
      while (!turn.cancelled) await new Promise((resolve) => setTimeout(resolve, 5))
    if (typeof step['ask'] === 'object') {
      const { method, ...params }: Json = { ...step['ask'] }
      const answer = await ask(String(method), params)
      say(`${JSON.stringify(answer['result'] ?? answer['error'])}\n`)
    }
    if (Array.isArray(step['askAll'])) {
      await Promise.all(
        objects(step['askAll']).map(async ({ method, ...params }) => await ask(String(method), params)),
      )
    }
    if (step['terminal'] !== undefined) await useTerminal(objects(step['terminal']))
    if (typeof step['flood'] === 'number') await flood(step['flood'], Number(step['size'] ?? 1_000))
    if (step['grandchild'] === true) grandchild()
  }
  return turn.cancelled ? 'cancelled' : 'end_turn'
}

async function useTerminal([params = {}]: Json[]): Promise<void> {
  const created = await ask('terminal/create', params)
  const terminalId = Object(created['result'])['terminalId']
  const exit = await ask('terminal/wait_for_exit', { terminalId })
  const output = await ask('terminal/output', { terminalId })
  say(JSON.stringify({ exit: exit['result'], output: output['result'] }))
  await ask('terminal/release', { terminalId })
}

async function flood(count: number, size: number): Promise<void> {
  const text = 'x'.repeat(size)
  const line = `${JSON.stringify({ jsonrpc: '2.0', method: 'session/update', params: { sessionId: 's1', update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } } } })}\n`
  const many = line.repeat(Math.max(1, Math.floor(65_536 / line.length)))
  for (let sent = 0; sent < count && !turn.cancelled; sent += many.length / line.length) {
    if (!process.stdout.write(many)) await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
}

/** Asks and asks, and never reads an answer. */
function askWithoutEnd(): void {
  process.stdin.pause()
  const params = { sessionId: 's1', path: `/${'x'.repeat(900)}` }
  const more = (): void => {
    ids += 1
    process.stdout.write(
      `${JSON.stringify({ jsonrpc: '2.0', id: ids, method: 'fs/read_text_file', params })}\n`,
      more,
    )
  }
  more()
}

function grandchild(): void {
  spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], {
    detached: true,
    stdio: 'ignore',
  }).unref()
}

async function serve(message: Json): Promise<void> {
  const { id, method } = message
  const params: Json = Object(message['params'])
  const answer = (result: unknown): void => write({ id, result })
  if (method !== 'initialize') seen.push({ method, ...params })
  const told = options[String(method)]
  if (told !== undefined && method !== 'session/prompt') {
    for (const one of objects(Object(told)['updates'])) update(one)
    if (Object(told)['error'] !== undefined) return write({ id, error: Object(told)['error'] })
    if (Object(told)['result'] !== undefined) return answer(Object(told)['result'])
  }
  switch (method) {
    case 'initialize':
      if (behaviour === 'mute') return
      return answer({
        protocolVersion: 1,
        agentCapabilities: options['can'] ?? {},
        authMethods: options['auth'] ?? [],
      })
    case 'authenticate':
      return behaviour === 'no-login' ? undefined : answer({})
    case 'session/new':
      if (behaviour === 'no-session') return
      return answer({ sessionId: 's1', asked: params })
    case 'session/prompt': {
      if (behaviour === 'reads-nothing') return askWithoutEnd()
      const error = options['session/prompt']
      if (error !== undefined) return write({ id, error })
      const texts = objects(params['prompt']).map((block) =>
        typeof block['text'] === 'string' ? block['text'] : '',
      )
      if (behaviour === 'report') {
        say(JSON.stringify(seen))
        return answer({ stopReason: 'end_turn' })
      }
      if (behaviour === 'echo') {
        say(JSON.stringify(params['prompt']))
        return answer({
          stopReason: 'end_turn',
          usage: { inputTokens: 3, outputTokens: 4, cachedReadTokens: 1 },
        })
      }
      const steps: unknown = JSON.parse(texts.at(-1) ?? '[]')
      return answer({ stopReason: await play(objects(steps)) })
    }
    case 'session/cancel':
      if (behaviour === 'ignores-cancel') return
      if (behaviour === 'asks-after-cancel') {
        const said = await ask('session/request_permission', permission)
        say(`after: ${JSON.stringify(said['result'])}`)
      }
      turn.cancelled = true
      return
    default:
      if (id !== undefined) answer({})
  }
}

const permission: Json = {
  toolCall: { toolCallId: 'late', title: 'Too late', kind: 'edit' },
  options: [
    { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
    { optionId: 'no', name: 'No', kind: 'reject_once' },
  ],
}

if (behaviour === 'ignores-cancel') process.on('SIGTERM', () => undefined)
if (behaviour === 'stderr-only') {
  process.stderr.write('I only ever complain\n'.repeat(10_000))
  setInterval(() => undefined, 1_000)
} else if (behaviour === 'garbage') {
  process.stdout.write('Welcome to the agent!\n'.repeat(Number(options['lines'] ?? 100_000)))
} else if (behaviour === 'long-line') {
  const piece = 'x'.repeat(65_536)
  const more = (): void => void process.stdout.write(piece, more)
  more()
} else if (behaviour === 'dies') {
  process.stderr.write('no configuration found\n')
  process.exit(3)
}
if (behaviour !== 'stderr-only')
  createInterface({ input: process.stdin }).on('line', (line) => {
    const message: Json = JSON.parse(line)
    if (message['method'] === undefined) waiting.get(message['id'])?.(message)
    else void serve(message)
  })
process.stdin.on('end', () => {
  if (behaviour !== 'ignores-cancel') process.exit(0)
})
