/** Frames that a daemon must refuse and live: what each is, and the code that its refusal is logged with. */

export interface BadFrame {
  readonly name: string
  readonly bytes: string | Uint8Array
  readonly code: 'invalid_frame' | 'invalid_command' | 'unauthorized'
}

/** Names that an event emitter, a machine or a plain object gives a meaning of its own. */
export const reservedNames: readonly string[] = [
  ...['connect', 'start', 'error', 'close', 'end', 'data', 'drain', 'disconnect', 'destroy', 'listening'],
  ...['socket.disconnected', 'newListener', 'removeListener', 'uncaughtException', '*', ''],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'then'],
  ...['xstate.init', 'xstate.stop', 'xstate.done.actor.x', 'xstate.error.actor.x'],
  ...['drain', 'force', 'link.closed', 'framing.broken', 'tasks.settled', 'listeners.bound'],
]

/** One JSON value in node-ipc framing. */
function frame(value: unknown): string {
  return `${JSON.stringify(value)}\f`
}

function message(data: unknown): string {
  return frame({ type: 'message', data })
}

function taskCommand(data: unknown): string {
  return message({ type: 'TaskCommand', origin: 'client', data })
}

/** A command's whole frame; `more` goes beside its `clientId`. */
export function command(commandName: string, data?: unknown, more: object = {}): string {
  const said = data === undefined ? { commandName } : { commandName, data }
  return message({ type: 'TaskCommand', origin: 'client', ...more, data: said })
}

const notObjects: readonly BadFrame[] = [
  'null',
  'true',
  '0',
  '""',
  '[]',
  '[[]]',
  '[{}]',
  '{',
  '}',
  '{}x',
  'x',
]
  .concat(['{"type":"message"', '{"type":"message","data":{}', "{'type':'message'}", '{"type":"message",}'])
  .map((text): BadFrame => ({ name: `the text ${text}`, bytes: `${text}\f`, code: 'invalid_frame' }))

const outerTypes: readonly BadFrame[] = reservedNames.flatMap((type): BadFrame[] => [
  { name: `outer type ${type}`, bytes: frame({ type, data: { type: 'Ack' } }), code: 'invalid_frame' },
])

const wrongOuters: readonly BadFrame[] = [
  {},
  { data: {} },
  { type: null },
  { type: 1 },
  { type: [] },
  { type: {} },
  { type: ['message'], data: {} },
  { type: 'message' },
  { type: 'message', data: null },
  { type: 'message', data: [] },
  { type: 'message', data: 'TaskCommand' },
  { type: 'message', data: { type: 'message' } },
].map((value): BadFrame => {
  const text = JSON.stringify(value)
  return { name: `the envelope ${text}`, bytes: `${text}\f`, code: 'invalid_frame' }
})

const innerTypes: readonly BadFrame[] = [
  ...['Connect', 'Disconnect', 'Ack', 'TaskEvent', 'Reply', 'Gap', 'taskcommand'],
  ...reservedNames,
].map((type): BadFrame => ({
  name: `message type ${type}`,
  bytes: message({ type, origin: 'client', data: {} }),
  code: 'invalid_frame',
}))

const commandNames: readonly BadFrame[] = [...reservedNames, 'StartNewTasc', 'shutdown'].map(
  (commandName): BadFrame => ({
    name: `command ${commandName}`,
    bytes: taskCommand({ commandName, data: {} }),
    code: 'invalid_command',
  }),
)

const commandShapes: readonly BadFrame[] = [
  undefined,
  null,
  [],
  'StartNewTask',
  {},
  { commandName: null },
  { commandName: ['StartNewTask'] },
  { commandName: { toString: 'StartNewTask' } },
  { commandName: 'StartNewTask', data: null },
  { commandName: 'StartNewTask', data: [] },
  { commandName: 'StartNewTask', data: { text: {} } },
  { commandName: 'StartNewTask', data: { configuration: [] } },
  { commandName: 'StartNewTask', data: { images: { length: 1_000_000 } } },
  { commandName: 'CancelTask', data: {} },
  { commandName: 'Subscribe', data: { after: -1 } },
  { commandName: 'Subscribe', data: { events: Array.from({ length: 65 }, () => '*') } },
  { commandName: 'Shutdown', data: { deadlineMs: 1e308 } },
].map((data): BadFrame => ({
  name: `the command ${JSON.stringify(data)?.slice(0, 60)}`,
  bytes: taskCommand(data),
  code: 'invalid_command',
}))

const wrongMessages: readonly BadFrame[] = [
  { type: 'TaskCommand', data: { commandName: 'GetModes' } },
  { type: 'TaskCommand', origin: 'server', data: { commandName: 'GetModes' } },
  { type: 'TaskCommand', origin: 'client', clientId: {}, data: { commandName: 'GetModes' } },
  { type: 'TaskCommand', origin: 'client', requestId: '', data: { commandName: 'GetModes' } },
  { type: 'TaskCommand', origin: 'client', requestId: 'x'.repeat(65), data: { commandName: 'GetModes' } },
  { type: 'TaskCommand', origin: 'client', requestId: ['x'], data: { commandName: 'GetModes' } },
  { type: 'Hello', origin: 'client' },
  { type: 'Hello', origin: 'client', data: { protocol: 'x', client: { name: 'x', version: '' } } },
  {
    type: 'Hello',
    origin: 'client',
    data: { protocol: 1, client: { name: 'x'.repeat(1_000), version: '' } },
  },
].map((value): BadFrame => ({
  name: `the message ${JSON.stringify(value).slice(0, 90)}`,
  bytes: message(value),
  code: 'invalid_frame',
}))

const deepConfiguration = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`

const deep: readonly BadFrame[] = [
  { name: '5,000 arrays', bytes: `${'['.repeat(5_000)}${']'.repeat(5_000)}\f`, code: 'invalid_frame' },
  {
    name: '5,000 arrays in a message',
    bytes: `{"type":"message","data":${'['.repeat(5_000)}${']'.repeat(5_000)}}\f`,
    code: 'invalid_frame',
  },
  { name: '10 kB of opening braces', bytes: `${'{"a":'.repeat(2_000)}\f`, code: 'invalid_frame' },
  {
    name: 'a valid configuration 50,000 deep',
    bytes: `{"type":"message","data":{"type":"TaskCommand","origin":"client","data":{"commandName":"StartNewTask","data":{"text":"","configuration":${deepConfiguration}}}}}\f`,
    code: 'invalid_frame',
  },
]

const bytes: readonly BadFrame[] = [
  {
    name: 'bytes that are no UTF-8',
    bytes: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d, 0x0c]),
    code: 'invalid_frame',
  },
  { name: 'NUL bytes', bytes: Buffer.from([0, 0, 0, 0x0c]), code: 'invalid_frame' },
  { name: 'a byte order mark', bytes: `\uFEFF${message({ type: 'Ack' })}`, code: 'invalid_frame' },
  {
    name: 'a type said twice',
    bytes: '{"type":"message","data":{},"type":"connect"}\f',
    code: 'invalid_frame',
  },
  {
    name: 'escape sequences for a terminal',
    bytes: message({ type: '\u001b]0;owned\u0007\u001b[2J\u202e\n{"level":60,"msg":"forged"}' }),
    code: 'invalid_frame',
  },
]

export const badFrames: readonly BadFrame[] = [
  ...notObjects,
  ...outerTypes,
  ...wrongOuters,
  ...innerTypes,
  ...commandNames,
  ...commandShapes,
  ...wrongMessages,
  ...deep,
  ...bytes,
]
