/**
 * What the daemon is measured against: a server of `node:net` and JSON.parse alone, which validates, numbers, keeps
 * and checks nothing. One variant writes every frame to every socket, the other one buffer per socket and turn.
 */
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { eventsPerCommand } from './load.ts'

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

/** As many events as the daemon makes of a task that cannot start, one of them with the text. */
function announce(text: string): void {
  for (let index = 0; index < eventsPerCommand; index++) {
    const payload = index === 0 ? ['a-task-id', text] : ['01a2034b-cc99-7b9e-b899-46a30eb17ef9']
    const data = { eventName: 'taskCreated', payload }
    const event = frame({
      type: 'TaskEvent',
      origin: 'server',
      seq: index,
      task: payload[0],
      at: Date.now(),
      data,
    })
    if (variant === 'coalescing') queue(event)
    else for (const socket of sockets) socket.write(event)
  }
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
