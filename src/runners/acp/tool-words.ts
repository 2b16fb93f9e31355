/**
 * How a tool call of an agent is told: under which ask or say, with which text, and under which tool's name it counts.
 * The shapes are those of Roo Code's own messages, so that its clients show them as they show theirs.
 */
import { limits as defaults } from '../../limits.ts'
import { isAbsolute, relative } from 'node:path'
import { isJsonObject } from '../../wire/json-object.ts'
import { cutText, objectAt, objectsAt, textAt } from './fields.ts'
import { patchOf } from './patch.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import type { TaskMessage } from '../../wire/events.ts'

/** What is known of a tool call: the fields of the agent's updates, the newest of each. */
export type ToolFields = JsonObject

export interface ToolWords {
  /** What its message is. */
  readonly as: { readonly type: 'ask'; readonly ask: NonNullable<TaskMessage['ask']> } | typeof saidTool
  readonly text: string
  /** Under which name its attempts and failures count. */
  readonly tool: string
}

const saidTool = { type: 'say', say: 'tool' } as const

interface Kind {
  /** The name in Roo Code's own JSON. */
  readonly shown: string
  readonly counted: string
}

const kinds: Readonly<Record<string, Kind>> = {
  read: { shown: 'readFile', counted: 'read_file' },
  edit: { shown: 'editedExistingFile', counted: 'apply_diff' },
  delete: { shown: 'deleteFile', counted: 'delete_file' },
  move: { shown: 'moveFile', counted: 'move_file' },
  search: { shown: 'searchFiles', counted: 'search_files' },
  execute: { shown: 'executeCommand', counted: 'execute_command' },
  think: { shown: 'think', counted: 'think' },
  fetch: { shown: 'fetch', counted: 'fetch' },
  switch_mode: { shown: 'switchMode', counted: 'switch_mode' },
}
const otherKind: Kind = { shown: 'other', counted: 'custom_tool' }
const newFile: Kind = { shown: 'newFileCreated', counted: 'write_to_file' }

/** Kinds that touch the user's files: shown as Roo Code shows what it may want approved. */
const askedKinds: ReadonlySet<string> = new Set(['read', 'edit', 'delete', 'move', 'search'])

/** `isAsked`: somebody is asked whether it may be done. `charsMax` bounds each text in it. */
export function toolWords(call: ToolFields, cwd: string, charsMax: number, isAsked: boolean): ToolWords {
  const kindName = textAt(call, 'kind') ?? 'other'
  const mcp = mcpTool(call)
  if (mcp !== undefined) {
    const text = JSON.stringify({ ...mcp, arguments: cutText(mcp.arguments, charsMax) })
    return { as: { type: 'ask', ask: 'use_mcp_server' }, text, tool: 'use_mcp_tool' }
  }
  if (kindName === 'execute') {
    const text = cutText(commandOf(call), charsMax)
    return { as: { type: 'ask', ask: 'command' }, text, tool: 'execute_command' }
  }
  const kind = kindOf(call, kindName)
  const isAsk = isAsked || askedKinds.has(kindName)
  return {
    as: isAsk ? { type: 'ask', ask: 'tool' } : saidTool,
    text: JSON.stringify({ tool: kind.shown, ...described(call, cwd, charsMax) }),
    tool: kind.counted,
  }
}

/** What the tool gave, as text. */
export function outputOf(call: ToolFields, charsMax: number): string {
  const blocks = (objectsAt(call, 'content', defaults.agentListMax) ?? []).filter(
    (one) => one['type'] === 'content',
  )
  const texts = blocks
    .map((one) => textAt(objectAt(one, 'content'), 'text') ?? '')
    .filter((text) => text !== '')
  if (texts.length > 0) return cutText(texts.join('\n'), charsMax)
  const { rawOutput } = call
  if (rawOutput === undefined || rawOutput === null) return ''
  return cutText(typeof rawOutput === 'string' ? rawOutput : JSON.stringify(rawOutput), charsMax)
}

/** What a person is told of it in one line. */
export function titleOf(call: ToolFields): string {
  return cutText(textAt(call, 'title') ?? textAt(call, 'kind') ?? 'a tool', defaults.agentWordsCharsMax)
}

function kindOf(call: ToolFields, name: string): Kind {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (name !== 'edit' || kind === undefined) return kind ?? otherKind
  const diff = diffsOf(call)[0]
  return diff !== undefined && textAt(diff, 'oldText') === undefined ? newFile : kind
}

function described(call: ToolFields, cwd: string, charsMax: number): Record<string, unknown> {
  const path = pathOf(call)
  const diffs = diffsOf(call)
  const patch = diffs
    .map((one) =>
      patchOf(
        shownPath(textAt(one, 'path') ?? '', cwd),
        textAt(one, 'oldText'),
        textAt(one, 'newText') ?? '',
        charsMax,
      ),
    )
    .join('')
  const output = outputOf(call, charsMax)
  return {
    ...(path === undefined ? {} : { path: shownPath(path, cwd) }),
    title: titleOf(call),
    ...(patch === '' ? {} : { content: cutText(patch, charsMax), diff: cutText(patch, charsMax) }),
    ...(patch === '' && output !== '' ? { content: output } : {}),
    ...(textAt(call, 'status') === undefined ? {} : { status: textAt(call, 'status') }),
  }
}

function diffsOf(call: ToolFields): JsonObject[] {
  return (objectsAt(call, 'content', defaults.agentChangesMax) ?? []).filter((one) => one['type'] === 'diff')
}

function pathOf(call: ToolFields): string | undefined {
  const input = objectAt(call, 'rawInput')
  const [location] = objectsAt(call, 'locations', 1) ?? []
  const found =
    (location === undefined ? undefined : textAt(location, 'path')) ??
    textAt(diffsOf(call)[0] ?? {}, 'path') ??
    textAt(input, 'path') ??
    textAt(input, 'file_path')
  return found === undefined ? undefined : cutText(found, defaults.agentPathCharsMax)
}

/** As Roo Code shows it: from the task's directory where it lies inside. */
function shownPath(path: string, cwd: string): string {
  const inside = isAbsolute(path) ? relative(cwd, path) : path
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside
}

function commandOf(call: ToolFields): string {
  const { command } = objectAt(call, 'rawInput')
  if (typeof command === 'string' && command !== '') return command
  if (Array.isArray(command)) return command.filter((word) => typeof word === 'string').join(' ')
  return titleOf(call)
}

/** The tool of an MCP server, where the agent's own words say that it is one. */
function mcpTool(
  call: ToolFields,
): { type: 'use_mcp_tool'; serverName: string; toolName: string; arguments: string } | undefined {
  const own = textAt(objectAt(objectAt(call, '_meta'), 'claudeCode'), 'toolName')
  const named = /^mcp__(.+?)__(.+)$/.exec(textAt(call, 'name') ?? own ?? textAt(call, 'title') ?? '')
  const input = objectAt(call, 'rawInput')
  const server = named?.[1] ?? textAt(input, 'server')
  const tool = named?.[2] ?? textAt(input, 'tool')
  if (server === undefined || tool === undefined) return undefined
  const given = named === null && isJsonObject(input['arguments']) ? input['arguments'] : input
  return {
    type: 'use_mcp_tool',
    serverName: cutText(server, defaults.agentNameCharsMax),
    toolName: cutText(tool, defaults.agentNameCharsMax),
    arguments: JSON.stringify(given),
  }
}
