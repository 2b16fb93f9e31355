/** The original design document's two usage examples, run against each other and against a daemon's seed listener. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { SeedIpcClient } from '../../src/client/seed-ipc-client.ts'
import { SeedIpcServer } from '../../src/server/seed-ipc-server.ts'
import type { TaskCommand, TaskEvent } from '../../src/wire/library/seed.ts'
import { startDaemonProcess } from '../daemon/daemon-process.ts'
import { RawLink } from '../daemon/raw-link.ts'
import { eventually, keptClient, keptServer, pathIn } from './library-pair.ts'

const library = resolve(import.meta.dirname, '../../src/package/seed.ts')
// Not under vitest's own temporary directories: the examples are programs of their own.
const directory = mkdtempSync(join(tmpdir(), 'callboard-'))
beforeAll(() => writeFileSync(join(directory, 'package.json'), '{"type":"module"}'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/**
 * "Server Setup (Extension Side)". Changed: the package's name, the missing imports and constants, `async`, the three
 * functions supplied, the file's path, and a completion, which the client's half waits for.
 */
function serverExample(pathFile: string): string {
  return `
import { IpcServer, IpcMessageType, IpcOrigin } from ${JSON.stringify(library)}
import * as fs from "node:fs/promises"
import * as os from "os"
import * as path from "path"

let started = 0
const startNewTask = async (data) => { console.log("starting", JSON.stringify(data)); return "task-" + ++started }
const cancelTask = async (taskId) => console.log("cancelling", taskId)
const resumeTask = async (taskId) => console.log("resuming", taskId)

// Create socket path
const socketPath = path.join(os.tmpdir(), \`roo-code-\${Date.now()}.sock\`)

// Initialize server
const server = new IpcServer(socketPath, console.log)

// Handle task commands
server.on("TaskCommand", async (clientId, command) => {
    switch (command.commandName) {
        case "StartNewTask":
            const taskId = await startNewTask(command.data)
            server.send(clientId, {
                type: IpcMessageType.TaskEvent,
                origin: IpcOrigin.Server,
                data: { type: "TaskStarted", taskId, timestamp: Date.now() }
            })
            server.broadcast({
                type: IpcMessageType.TaskEvent,
                origin: IpcOrigin.Server,
                data: { type: "TaskCompleted", taskId, timestamp: Date.now() }
            })
            break

        case "CancelTask":
            await cancelTask(command.data)
            break

        case "ResumeTask":
            await resumeTask(command.data)
            break
    }
})

// Start listening
server.listen()

// Store socket path for clients to discover
await fs.writeFile(${JSON.stringify(pathFile)}, socketPath)

process.on("SIGTERM", () => server.close())
`
}

/** "Client Usage (Testing Tool)". Changed: the package's name, the file's path, and for a daemon the configuration. */
function clientExample(pathFile: string, configuration = ''): string {
  return `
import { IpcClient } from ${JSON.stringify(library)}
import * as fs from "fs/promises"

// Discover socket path
const socketPath = await fs.readFile(${JSON.stringify(pathFile)}, "utf8")

// Connect to server
const client = new IpcClient(socketPath, console.log)

// Wait for ready
await new Promise((resolve) => {
    client.on("Ack", (data) => {
        console.log(\`Connected with client ID: \${data.clientId}\`)
        resolve()
    })
})

// Listen to task events
client.on("TaskEvent", (event) => {
    console.log("Task event:", event)
})

// Start a new task
client.sendCommand({
    commandName: "StartNewTask",
    data: {
        text: "Refactor this function to use async/await",
        images: [],
        newTab: false,${configuration}
    }
})

// Wait for completion
await new Promise((resolve) => {
    client.on("TaskEvent", (event) => {
        if (event.type === "TaskCompleted") {
            resolve()
        }
    })
})

// Cleanup
client.disconnect()
`
}

interface Program {
  readonly exited: Promise<number | NodeJS.Signals | null>
  output(): string
  end(): void
}

function run(name: string, source: string): Program {
  const file = join(directory, `${name}.ts`)
  writeFileSync(file, source)
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: directory },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const exited = new Promise<number | NodeJS.Signals | null>((settle) => {
    child.on('close', (code, signal) => settle(signal ?? code))
  })
  return { exited, output: () => output, end: () => void child.kill('SIGTERM') }
}

describe('the usage examples', () => {
  test('run against each other, and both end by themselves', async () => {
    const pathFile = join(directory, 'roo-code-socket-path')
    const server = run('server', serverExample(pathFile))
    await eventually(() => expect(existsSync(pathFile), server.output()).toBe(true))
    const client = run('client', clientExample(pathFile))
    expect(await client.exited, client.output()).toBe(0)
    expect(client.output()).toMatch(/Connected with client ID: [0-9a-f]{12}\n/)
    expect(client.output()).toMatch(/Task event: \{ type: 'TaskStarted', taskId: 'task-1', timestamp: \d+ \}/)
    expect(client.output()).toMatch(
      /Task event: \{ type: 'TaskCompleted', taskId: 'task-1', timestamp: \d+ \}/,
    )
    expect(server.output()).toContain('"text":"Refactor this function to use async/await"')
    await eventually(() => expect(server.output()).toContain('client disconnected'))
    server.end()
    expect(await server.exited).toBe(0)
  })

  test('the client’s runs against a node-ipc+seed listener of a daemon', async () => {
    await using daemon = await startDaemonProcess({
      args: ['--listen', 'node-ipc+seed:{dir}/seed.sock'],
    })
    const pathFile = join(directory, 'daemon-socket-path')
    writeFileSync(pathFile, join(daemon.place.dir, 'seed.sock'))
    const configuration = `
        configuration: { callboard: { command: ["echo", "refactored"], cwd: "/" } },`
    const client = run('daemon-client', clientExample(pathFile, configuration))
    expect(await client.exited, client.output()).toBe(0)
    const types = client.output().matchAll(/type: '(Task\w+|Message)'/g)
    expect([...new Set([...types].map((found) => found[1]))]).toEqual([
      'Message',
      'TaskStarted',
      'TaskCompleted',
    ])
    expect(client.output()).toContain("text: 'refactored\\n'")
  })
})

describe('the classes in these shapes', () => {
  function seedPair(path: string): {
    server: SeedIpcServer
    client: SeedIpcClient
    commands: TaskCommand[]
    events: TaskEvent[]
    log: string[]
  } {
    const log: string[] = []
    const server = new SeedIpcServer(path, (...args) => log.push(args.join(' ')))
    const commands: TaskCommand[] = []
    const events: TaskEvent[] = []
    server.on('TaskCommand', (_, command) => commands.push(command))
    server.listen()
    const client = new SeedIpcClient(path, (...args) => log.push(args.join(' ')))
    client.on('TaskEvent', (event) => events.push(event))
    onTestFinished(async () => {
      client.disconnect()
      await server.close()
    })
    return { server, client, commands, events, log }
  }

  test('every command and every event arrive as they were sent', async () => {
    const { server, client, commands, events } = seedPair(pathIn(directory))
    await eventually(() => expect(client.isReady).toBe(true))
    client.sendCommand({ commandName: 'StartNewTask', data: { text: 'a', newTab: true } })
    for (const commandName of ['CancelTask', 'CloseTask', 'ResumeTask'] as const)
      client.sendCommand({ commandName, data: 't1' })
    client.sendTaskMessage('more')
    client.deleteQueuedMessage('m1')
    await eventually(() => expect(commands).toHaveLength(6))
    expect(commands).toEqual([
      { commandName: 'StartNewTask', data: { configuration: {}, text: 'a', newTab: true } },
      { commandName: 'CancelTask', data: 't1' },
      { commandName: 'CloseTask', data: 't1' },
      { commandName: 'ResumeTask', data: 't1' },
      { commandName: 'SendMessage', data: { text: 'more' } },
      { commandName: 'DeleteQueuedMessage', data: 'm1' },
    ])
    const said: TaskEvent[] = [
      { type: 'TaskStarted', taskId: 't1', timestamp: 1 },
      { type: 'Message', taskId: 't1', message: { ts: 2, type: 'say', say: 'text', text: 'hi' } },
      { type: 'TaskAborted', taskId: 't1', timestamp: 3 },
      { type: 'TaskCompleted', taskId: 't1', timestamp: 4 },
    ]
    for (const data of said) server.broadcast({ type: 'TaskEvent', origin: 'Server', data })
    await eventually(() => expect(events).toHaveLength(4))
    expect(events).toEqual(said)
  })

  test('CancelTask without a task’s id is refused: here it has one', async () => {
    const path = pathIn(directory)
    const { client, commands, log } = seedPair(path)
    await eventually(() => expect(client.isReady).toBe(true))
    await using link = await RawLink.open(path)
    link.command('CancelTask', undefined, { origin: 'Client' })
    link.command('CancelTask', 't1', { origin: 'Client' })
    await eventually(() => expect(commands).toHaveLength(1))
    expect(log.filter((line) => line.includes('frame refused'))).toHaveLength(1)
  })

  test('the other vocabulary’s client and server are named in the log', async () => {
    const seedPath = pathIn(directory)
    const { log } = seedPair(seedPath)
    const roo = keptClient(seedPath)
    await eventually(() => expect(roo.log.at(-1)).toMatch(/message not understood/))
    await using link = await RawLink.open(seedPath)
    link.command('CancelTask', 't1')
    await eventually(() => expect(log.at(-1)).toContain('looks like the vocabulary roo'))
    const rooPath = pathIn(directory)
    keptServer(rooPath).server.listen()
    const heard: string[] = []
    const seed = new SeedIpcClient(rooPath, (...args) => heard.push(args.join(' ')))
    onTestFinished(() => seed.disconnect())
    await eventually(() => expect(heard.at(-1)).toContain('looks like the vocabulary roo'))
    expect(seed).toMatchObject({ isConnected: true, isReady: false })
  })
})
