import * as published from 'roo-types-1.115'
import type * as published163 from 'roo-types-1.63'
import type * as published189 from 'roo-types-1.89'
import { expect, expectTypeOf, test } from 'vitest'
import {
  IpcMessageType,
  IpcOrigin,
  RooCodeEventName,
  TaskCommandName,
} from '../../../src/wire/library/roo.ts'
import type { Ack, IpcMessage, TaskCommandToSend } from '../../../src/wire/library/roo.ts'
import { commandNames } from '../../../src/wire/commands.ts'
import { nativeEventNames, taskEventSchema } from '../../../src/wire/events.ts'

test('the constants hold what the published enums hold', () => {
  expect({ ...IpcMessageType }).toEqual({ ...published.IpcMessageType })
  expect({ ...IpcOrigin }).toEqual({ ...published.IpcOrigin })
  expect({ ...TaskCommandName }).toEqual({ ...published.TaskCommandName })
  expect({ ...RooCodeEventName }).toEqual({ ...published.RooCodeEventName })
})

test('every published command and event is one of ours', () => {
  expect(commandNames).toEqual(expect.arrayContaining(Object.values(TaskCommandName)))
  const ours = taskEventSchema.options.map((one) => one.shape.eventName.value)
  const travelling = ours.filter((name) => !nativeEventNames.has(name))
  expect(Object.values(RooCodeEventName)).toEqual(expect.arrayContaining(travelling))
})

test('what a program typed by the published packages sends is of our types as it is', () => {
  expectTypeOf<published.IpcMessage>().toExtend<IpcMessage>()
  expectTypeOf<published.TaskCommand>().toExtend<TaskCommandToSend>()
  expectTypeOf<published189.TaskCommand>().toExtend<TaskCommandToSend>()
  expectTypeOf<published163.TaskCommand>().toExtend<TaskCommandToSend>()
  expectTypeOf<published.RooCodeEventName>().toExtend<RooCodeEventName>()
  expectTypeOf<Ack>().toExtend<published.Ack>()
})
