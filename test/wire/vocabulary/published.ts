/**
 * The published schemas of real clients, by version, behind one type: their own zod and its types differ.
 */
import * as v115 from 'roo-types-1.115'
import * as v163 from 'roo-types-1.63'
import * as v189 from 'roo-types-1.89'

export interface Published {
  readonly version: string
  readonly says: readonly string[]
  readonly asks: readonly string[]
  readonly tools: readonly string[]
  readonly events: readonly string[]
  readonly commands: readonly string[]
  /** The message as a real client reads it; throws where it would drop the frame. */
  parse(message: unknown): unknown
}

export const published163: Published = {
  version: '1.63.0',
  says: v163.clineSays,
  asks: v163.clineAsks,
  tools: v163.toolNames,
  events: v163.taskEventSchema.options.map((one) => one.shape.eventName.value),
  commands: Object.values(v163.TaskCommandName),
  parse: (message) => v163.ipcMessageSchema.parse(message),
}

export const published189: Published = {
  version: '1.89.0',
  says: v189.clineSays,
  asks: v189.clineAsks,
  tools: v189.toolNames,
  events: v189.taskEventSchema.options.map((one) => one.shape.eventName.value),
  commands: Object.values(v189.TaskCommandName),
  parse: (message) => v189.ipcMessageSchema.parse(message),
}

export const published115: Published = {
  version: '1.115.0',
  says: v115.clineSays,
  asks: v115.clineAsks,
  tools: v115.toolNames,
  events: v115.taskEventSchema.options.map((one) => one.shape.eventName.value),
  commands: Object.values(v115.TaskCommandName),
  parse: (message) => v115.ipcMessageSchema.parse(message),
}
