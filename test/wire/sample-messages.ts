/**
 * One event of every kind and messages around them, for the tests of the wire layer.
 */
import type { EventMessage } from '../../src/wire/envelope.ts'
import type { TaskEvent } from '../../src/wire/events.ts'

export const id = '018f0000-0000-7000-8000-000000000001'
const child = '018f0000-0000-7000-8000-000000000002'
export const usage = { totalTokensIn: 3, totalTokensOut: 5, totalCost: 0.01, contextTokens: 8 }
const tools = { execute_command: { attempts: 2, failures: 1 }, my_tool: { attempts: 1, failures: 0 } }

export const sampleEvents: readonly TaskEvent[] = [
  { eventName: 'taskCreated', payload: [id] },
  { eventName: 'taskStarted', payload: [id] },
  { eventName: 'taskCompleted', payload: [id, usage, tools, { isSubtask: false }] },
  { eventName: 'taskAborted', payload: [id] },
  { eventName: 'taskFocused', payload: [id] },
  { eventName: 'taskUnfocused', payload: [id] },
  { eventName: 'taskActive', payload: [id] },
  { eventName: 'taskInteractive', payload: [id] },
  { eventName: 'taskResumable', payload: [id] },
  { eventName: 'taskIdle', payload: [id] },
  { eventName: 'taskPaused', payload: [id] },
  { eventName: 'taskUnpaused', payload: [id] },
  { eventName: 'taskSpawned', payload: [id, child] },
  { eventName: 'taskDelegated', payload: [id, child] },
  { eventName: 'taskDelegationCompleted', payload: [id, child, 'done'] },
  { eventName: 'taskDelegationResumed', payload: [id, child] },
  {
    eventName: 'message',
    payload: [
      {
        taskId: id,
        action: 'created',
        message: {
          ts: 7,
          type: 'say',
          say: 'command_output',
          text: 'é\u2028\f',
          stream: 'stdout',
          bytes: 'AA==',
        },
      },
    ],
  },
  { eventName: 'taskModeSwitched', payload: [id, 'code'] },
  { eventName: 'taskAskResponded', payload: [id] },
  { eventName: 'queuedMessagesUpdated', payload: [id, [{ timestamp: 1, id: 'm', text: 'next' }]] },
  { eventName: 'taskToolFailed', payload: [id, 'my_tool', 'no such file'] },
  { eventName: 'taskTokenUsageUpdated', payload: [id, usage, tools] },
  { eventName: 'commandsResponse', payload: [[{ name: 'init', source: 'built-in', description: 'd' }]] },
  { eventName: 'modesResponse', payload: [[{ slug: 'code', name: 'Code' }]] },
  { eventName: 'modelsResponse', payload: [{ m: { contextWindow: 1, supportsPromptCache: false } }] },
  { eventName: 'taskExited', payload: [id, { code: 1 }] },
  { eventName: 'agentUpdated', payload: [id, { sessionUpdate: 'mood', mood: { is: ['good', 1] } }] },
  {
    eventName: 'askOpened',
    payload: [
      id,
      {
        id: 'a1',
        task: id,
        kind: 'form',
        text: 'Which one?',
        options: [{ id: 'y', label: 'Yes', meaning: 'allow' }],
        fields: [
          {
            name: 'size',
            label: 'Size',
            type: 'choice',
            options: [{ id: 's', label: 'small' }],
            required: true,
          },
        ],
        askedAt: 17,
        deadline: 99,
      },
    ],
  },
  {
    eventName: 'askResolved',
    payload: [
      id,
      {
        id: 'a1',
        outcome: 'answered',
        option: 'y',
        text: 'go on',
        values: { size: 's', count: 2, really: true },
        by: 'efa6e2fb772e',
        client: 'my-tool',
        automatic: true,
      },
    ],
  },
  {
    eventName: 'leaseChanged',
    payload: [
      id,
      {
        why: 'stolen',
        holder: { clientId: 'efa6e2fb772e', client: 'my-tool', until: 99 },
        from: { clientId: 'a3f7b9c2d1e4' },
      },
    ],
  },
  { eventName: 'taskQueued', payload: [id, { place: 3, priority: -2 }] },
  {
    eventName: 'clientsChanged',
    payload: [
      {
        joined: [{ clientId: 'efa6e2fb772e', name: 'my-tool', version: '1.0.0', role: 'client' }],
        left: [{ clientId: 'a3f7b9c2d1e4', name: 'other', version: '2', role: 'observer' }],
      },
    ],
  },
  { eventName: 'daemonDraining', payload: [{ deadlineMs: 10_000 }] },
]

/** An event with every field of the envelope. */
export function eventMessage(data: TaskEvent): EventMessage {
  return {
    type: 'TaskEvent',
    origin: 'server',
    seq: 9,
    task: id,
    at: 17,
    by: 'efa6e2fb772e',
    causedBy: 'r',
    data,
  }
}

export function say(
  message: Extract<TaskEvent, { eventName: 'message' }>['payload'][0]['message'],
): TaskEvent {
  return { eventName: 'message', payload: [{ taskId: id, action: 'updated', message }] }
}
