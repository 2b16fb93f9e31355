/**
 * Tool names and their use over the published versions. A real client drops a whole frame for one unknown tool name,
 * and tools come from anywhere (MCP, extensions), so they are mapped on the way out.
 */
import type { ToolUsage } from '../events.ts'

/** `toolNames` of `@roo-code/types` 1.115.0. */
export const rooToolNames: ReadonlySet<string> = new Set([
  'execute_command',
  'read_file',
  'read_command_output',
  'write_to_file',
  'apply_diff',
  'edit',
  'search_and_replace',
  'search_replace',
  'edit_file',
  'apply_patch',
  'search_files',
  'list_files',
  'use_mcp_tool',
  'access_mcp_resource',
  'ask_followup_question',
  'attempt_completion',
  'switch_mode',
  'new_task',
  'codebase_search',
  'update_todo_list',
  'run_slash_command',
  'skill',
  'generate_image',
  'custom_tool',
])

/** The names that both 1.63.0 and 1.89.0 know. */
export const roo189ToolNames: ReadonlySet<string> = new Set([
  'execute_command',
  'read_file',
  'write_to_file',
  'apply_diff',
  'insert_content',
  'search_and_replace',
  'search_files',
  'list_files',
  'list_code_definition_names',
  'browser_action',
  'use_mcp_tool',
  'access_mcp_resource',
  'ask_followup_question',
  'attempt_completion',
  'switch_mode',
  'new_task',
  'fetch_instructions',
  'codebase_search',
  'update_todo_list',
  'generate_image',
])

const olderNames: ReadonlyMap<string, string> = new Map([
  ['read_command_output', 'execute_command'],
  ['edit', 'search_and_replace'],
  ['search_replace', 'search_and_replace'],
  ['edit_file', 'search_and_replace'],
  ['apply_patch', 'apply_diff'],
])

/** The name that 1.115 clients know. */
export function rooToolName(name: string): string {
  return rooToolNames.has(name) ? name : 'custom_tool'
}

/** The same or the nearest name that older clients know; undefined where there is none. */
export function roo189ToolName(name: string): string | undefined {
  return roo189ToolNames.has(name) ? name : olderNames.get(name)
}

/** `usage` under the names that `rename` gives: those that become one are added up, those without one left out. */
export function renameTools(usage: ToolUsage, rename: (name: string) => string | undefined): ToolUsage {
  const names = Object.keys(usage)
  if (names.every((name) => rename(name) === name)) return usage
  const renamed: ToolUsage = {}
  for (const name of names) {
    const as = rename(name)
    const one = usage[name]
    if (as === undefined || one === undefined) continue
    const sum = renamed[as] ?? { attempts: 0, failures: 0 }
    renamed[as] = { attempts: sum.attempts + one.attempts, failures: sum.failures + one.failures }
  }
  return renamed
}
