/** `callboard store verify`: looks through the whole journal, and says what is wrong with it. */
import { Command } from 'commander'
import { verifyJournal } from '../../store/verify.ts'
import type { Verdict } from '../../store/verify.ts'
import { printable } from '../../wire/printable.ts'
import { Failure } from '../failure.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { withJournal } from '../journal/opened-journal.ts'
import { Progress } from '../journal/progress.ts'

const help = `
It changes nothing. Where it finds damage: stop the daemon, save what can still
be read (callboard store export), and move the file away: a new one is made.`

export function storeVerifyCommand(): Command {
  return withSharedOptions(new Command('verify'))
    .summary('look for damage in the journal')
    .description(
      'Look through the whole journal for damage: its tables, its sequences, every event and task.',
    )
    .addHelpText('after', help)
    .action(async (_options: object, command: Command) => {
      const invocation = invocationOf(command)
      const { output, json } = invocation
      const verdict = await withJournal(invocation, (reader) => {
        const progress = new Progress('looked at')
        const found = verifyJournal(reader, (done, total) => progress.say(done, total))
        progress.end()
        return found
      })
      const problems = verdict.problems.map((problem) => printable(problem))
      if (json) await output.document({ ok: problems.length === 0, ...verdict, problems })
      else if (problems.length === 0) await output.line(soundText(verdict))
      if (problems.length > 0)
        throw new Failure(`the journal is damaged: ${counted(problems.length)}.`, 1, {
          ...(json ? {} : { detail: problems.map((problem) => `  ${problem}`).join('\n') }),
        })
    })
}

function counted(problems: number): string {
  return problems === 1 ? '1 problem' : `${problems} problems`
}

function soundText({ tasks, events }: Verdict): string {
  return `The journal is sound: ${tasks} tasks, ${events} events.`
}
