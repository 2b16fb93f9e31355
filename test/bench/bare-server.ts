/**
 * What the daemon is measured against: a server of `node:net` and JSON.parse alone, which validates, numbers, keeps
 * and checks nothing. One variant writes every frame to every socket, the other one buffer per socket and turn.
 */
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { errorChars } from './load.ts'

const [path = '', variant] = process.argv.slice(2)
const sockets = new Set<Socket>()
let pending: Buffer[] = []

function frame(message: unknown): Buffer {
  return Buffer.from(`${JSON.stringify({ type: 'message', data: message })}\f`)
}

interface Command {
  readonly requestId?: string
  readonly data: { readonly commandName: string; readonly data?: { readonly text: string } }
}

const task = '01a2034b-cc99-7b9e-b899-46a30eb17ef9'
const error = 'x'.repeat(errorChars)

/** The same events, byte for byte in length, as the daemon makes of a task that cannot start. */
function announce(text: string): void {
  const say = (name: string, said: string) => [
    { taskId: task, action: 'created', message: { ts: Date.now(), type: 'say', say: name, text: said } },
  ]
  tell('taskCreated', [task])
  tell('taskFocused', [task])
  tell('message', say('text', text))
  tell('message', say('error', error))
  tell('taskAborted', [task])
}

let sequence = 0

function tell(eventName: string, payload: unknown): void {
  const data = { eventName, payload }
  const at = Date.now()
  const event = frame({
    type: 'TaskEvent',
    origin: 'server',
    seq: ++sequence,
    task,
    at,
    by: '0123456789ab',
    data,
  })
  if (variant === 'coalescing') queue(event)
  else for (const socket of sockets) socket.write(event)
}

function queue(event: Buffer): void {
  if (pending.length === 0) setImmediate(flush)
  pending.push(event)
}

function flush(): void {
  const bytes = Buffer.concat(pending)
  pending = []
  for (const socket of sockets) socket.write(bytes)
}

function receive(socket: Socket, text: string): void {
  const outer: { readonly data: Command } = JSON.parse(text)
  const { requestId, data: command } = outer.data
  if (command.commandName === 'StartNewTask') announce(command.data?.text ?? '')
  else socket.write(frame({ type: 'Reply', origin: 'server', requestId, data: { ok: true, result: {} } }))
}

createServer((socket) => {
  sockets.add(socket)
  socket.setEncoding('utf8')
  socket.write(frame({ type: 'Ack', origin: 'server', data: { clientId: 'c', pid: process.pid, ppid: 1 } }))
  let rest = ''
  socket.on('data', (chunk: string) => {
    const frames = (rest + chunk).split('\f')
    rest = frames.pop() ?? ''
    for (const one of frames) receive(socket, one)
  })
  socket.on('error', () => {})
  socket.on('close', () => sockets.delete(socket))
}).listen(path)
