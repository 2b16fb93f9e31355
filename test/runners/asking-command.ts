/** Commands that ask: what they asked, what they were answered, and what they printed. */
import { expect, vi } from 'vitest'
import { commandRunner } from '../../src/runners/command.ts'
import type { AskAnswer, RunAsk } from '../../src/runners/runner.ts'
import { accepted, refused } from '../../src/wire/rejection.ts'
import type { CallboardConfiguration } from '../../src/wire/commands.ts'
import { record, taskOf } from './recorded-run.ts'
import type { RecordedRun } from './recorded-run.ts'

export const lineMax = 2_000

const runner = commandRunner({
  limits: { cancelGraceMs: 500, outputCloseGraceMs: 100, messageUpdateMs: 5, askLineBytesMax: lineMax },
})

interface AskingRun extends RecordedRun {
  /** In the order of asking. */
  readonly asks: readonly RunAsk[]
  readonly withdrawn: readonly string[]
  /** The ask with this text, once it is there. */
  asked(text: string): Promise<RunAsk>
  answer(ask: RunAsk, answer: Omit<AskAnswer & { kind: 'answered' }, 'kind'>): void
}

/** `refusal`: what every ask is refused with. */
export function asking(
  command: readonly string[],
  more: CallboardConfiguration = {},
  refusal?: string,
): AskingRun {
  const asks: RunAsk[] = []
  const withdrawn: string[] = []
  const recorded = record(runner, taskOf({ command: [...command], ...more }), {
    asked(ask) {
      if (refusal !== undefined) return refused('limit_exceeded', refusal)
      asks.push(ask)
      return accepted(undefined)
    },
    withdrew: (key) => void withdrawn.push(key),
  })
  return {
    ...recorded,
    asks,
    withdrawn,
    asked: async (text) =>
      await vi.waitFor(
        () => {
          const found = asks.find((ask) => ask.text === text)
          if (found === undefined) throw new Error(`nothing asks ${text}`)
          return found
        },
        { interval: 5 },
      ),
    answer: (ask, answer) => recorded.run.answer(ask.key, { kind: 'answered', ...answer }),
  }
}

export const sh = (script: string, ...rest: [CallboardConfiguration?, string?]): AskingRun =>
  asking(['sh', '-c', script], ...rest)

export const node = (script: string, ...rest: [CallboardConfiguration?, string?]): AskingRun =>
  asking([process.execPath, '-e', script], ...rest)

/** Prints each answer that comes, and ends after so many. */
export const printing = (count: number): string => `
  const { Socket } = require('node:net')
  const channel = new Socket({ fd: Number(process.env.CALLBOARD_ASK_FD) })
  const ask = (value) => channel.write(JSON.stringify(value) + '\\n')
  let left = ${count}
  require('node:readline').createInterface({ input: channel }).on('line', (line) => {
    console.log(line)
    if (--left === 0) channel.destroy()
  });`

export const printed = (run: RecordedRun): string[] => run.bytes('stdout').toString().split('\n').slice(0, -1)

export async function prints(run: RecordedRun, count: number): Promise<void> {
  await vi.waitFor(() => expect(printed(run)).toHaveLength(count), { interval: 5 })
}
