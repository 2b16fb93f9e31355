/** A daemon with agents for profiles, and clients of it: ones that know nothing of us (node-ipc 12.0.0), and ours. */
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { exampleAgentCommand } from '../runners/acp-run.ts'
import { published115 } from '../wire/vocabulary/published.ts'
import { startDaemonProcess } from './daemon-process.ts'
import { RooClient } from './roo-client.ts'
import { eventually } from './task-events.ts'
import type { DaemonProcess } from './daemon-process.ts'

const hostile = join(import.meta.dirname, '../runners/hostile-agent.ts')
export const ours = (behaviour: string, told: object = {}): object => ({
  runner: 'acp',
  command: [process.execPath, hostile, behaviour, JSON.stringify(told)],
  exclusive: 'none',
})
const example = { runner: 'acp', command: exampleAgentCommand, exclusive: 'none' }
const modes = { currentModeId: 'ask', availableModes: [{ id: 'ask', name: 'Ask first' }] }
const models = { currentModelId: 'm1', availableModels: [{ modelId: 'm1', name: 'Model 1' }] }

export const config = {
  defaultProfile: 'script',
  limits: { cancelGraceMs: 500 },
  profiles: {
    example,
    'example-allow': { ...example, legacyAsks: 'allow' },
    'example-deny': { ...example, legacyAsks: 'deny' },
    script: ours('script'),
    offers: ours('script', { 'session/new': { result: { sessionId: 's1', modes, models } } }),
    loads: ours('script', { can: { loadSession: true } }),
    ignores: ours('ignores-cancel'),
    login: ours('script', { 'session/prompt': { code: -32_000, message: 'Authentication required' } }),
  },
}

/** What legacy clients are told of a task that starts, of one that completes, and of one that is aborted. */
export const beginning = ['taskCreated', 'taskFocused', 'say:text', 'taskTokenUsageUpdated', 'taskStarted']
export const completed = [
  'say:completion_result',
  'taskTokenUsageUpdated',
  'taskCompleted',
  'ask:completion_result',
  'taskIdle',
]
export const aborted = ['taskAborted', 'taskResumable']

export interface AgentDaemon {
  readonly daemon: DaemonProcess
  readonly legacy: () => Promise<RooClient>
  readonly native: () => Promise<CallboardClient>
}

/** To be called once by a test file: the daemon lives as long as its tests, a client as long as the test that opens it. */
export function agentDaemon(): AgentDaemon {
  let daemon: DaemonProcess | undefined
  const clients: RooClient[] = []
  const natives: CallboardClient[] = []
  beforeAll(async () => {
    daemon = await startDaemonProcess({ config })
  })
  afterAll(async () => await daemon?.[Symbol.asyncDispose]())
  afterEach(async () => {
    const refused = clients.flatMap((client) => client.refused)
    for (const client of clients.splice(0)) client.disconnect()
    for (const client of natives.splice(0)) await client.close()
    expect(refused, 'frames that the published schema does not take').toEqual([])
  })
  const started = (): DaemonProcess => {
    if (daemon === undefined) throw new Error('a test has begun before its daemon')
    return daemon
  }
  return {
    get daemon() {
      return started()
    },
    async legacy() {
      const client = await RooClient.open(started().socketPath, published115)
      clients.push(client)
      return client
    },
    async native() {
      const { socketPath } = started()
      const client = new CallboardClient({ socketPath, name: 'test', version: '1' })
      natives.push(client)
      await client.connect()
      return client
    },
  }
}

export async function openAsk(client: CallboardClient, task: string): Promise<string> {
  return await eventually(async () => {
    const [ask] = (await client.getTask(task)).asks
    if (ask === undefined) throw new Error('nothing is asked')
    return ask.id
  })
}
