/**
 * A program of its own with an IpcServer, for what only another process can show: its memory. `StartNewTask` is
 * answered by an event of that text; text `flood <n>` broadcasts n MiB in frames of 8 KiB, and then answers;
 * `GetModes` tells resident memory, after collecting garbage.
 */
import { IpcServer } from '../../src/package/callboard.ts'
import type { IpcMessage } from '../../src/package/callboard.ts'

const server = new IpcServer(process.argv[2] ?? '', () => {})

function started(text: string): IpcMessage {
  return { type: 'TaskEvent', origin: 'server', data: { eventName: 'taskStarted', payload: [text] } }
}

async function flood(mebibytes: number): Promise<void> {
  const filler = 'x'.repeat(8 * 1024)
  for (let sent = 0; sent < mebibytes * 128; sent++) {
    server.broadcast(started(filler))
    if (sent % 64 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}

async function answer(clientId: string, text: string): Promise<void> {
  const [name, amount] = text.split(' ')
  if (name === 'flood') await flood(Number(amount))
  server.send(clientId, started(text))
}

server.on('TaskCommand', (clientId, command) => {
  if (command.commandName === 'StartNewTask') void answer(clientId, command.data.text)
  if (command.commandName !== 'GetModes') return
  globalThis.gc?.()
  const modes = [{ slug: 'rss', name: String(process.memoryUsage.rss()) }]
  server.send(clientId, {
    type: 'TaskEvent',
    origin: 'server',
    data: { eventName: 'modesResponse', payload: [modes] },
  })
})
server.on('listening', () => console.log('listening'))
server.listen()
