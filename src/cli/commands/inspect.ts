/**
 * `callboard inspect`: the address of the page that shows the daemon's machines; `inspect recording.jsonl` shows a
 * recording of it with no daemon.
 */
import { Command } from 'commander'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { openRecording } from '../../inspector/offline.ts'
import { openInBrowser } from '../browser.ts'
import { withConnection } from '../connection.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { pageRecording } from '../page-recording.ts'
import { StopSignals } from '../stop-signals.ts'
import type { Invocation } from '../invocation.ts'

interface InspectOptions {
  readonly control?: boolean
  readonly open?: boolean
}

const help = `
The page is served by the daemon itself, on 127.0.0.1 and a random port, once it
was asked for. Who has the address may look, with --control also act: it is as
good as the socket.

Examples:
  callboard inspect                     print the address
  callboard inspect --control --open    open it in the browser
  callboard inspect recording.jsonl     what a page has exported, without daemon`

export function inspectCommand(): Command {
  return withSharedOptions(new Command('inspect'))
    .summary('show the machines of the daemon in a browser')
    .description(
      'Print the address of a page that shows what the daemon’s machines do, or show a recording of it.',
    )
    .argument('[recording]', 'a file that the page has exported')
    .option('--control', 'the address that may also act: answer, send, cancel, resume, close')
    .option('--open', 'open it in the browser')
    .addHelpText('after', help)
    .action(async (recording: string | undefined, options: InspectOptions, command: Command) => {
      const invocation = invocationOf(command)
      await (recording === undefined ? inspect(invocation, options) : replay(invocation, recording, options))
    })
}

async function inspect(
  invocation: Invocation,
  { control = false, open = false }: InspectOptions,
): Promise<void> {
  const url = await withConnection(invocation, {}, async ({ client }) =>
    urlOf(await client.request({ commandName: 'OpenInspector', data: { control } })),
  )
  await told(invocation, url)
  if (open) await openInBrowser(invocation, url)
}

function urlOf(result: unknown): string {
  const url = typeof result === 'object' && result !== null && 'url' in result ? result.url : undefined
  if (typeof url === 'string') return url
  throw new Failure('the daemon’s answer could not be read.', exitCodes.failure)
}

/** Serves until Ctrl-C. */
async function replay(invocation: Invocation, file: string, { open = false }: InspectOptions): Promise<void> {
  const path = resolve(invocation.cwd, file)
  const served = await openRecording(pageRecording(path))
  if (!served.ok) throw new Failure(`${file}: ${served.why}.`)
  using _server = served
  using signals = new StopSignals()
  if (served.cut !== undefined) invocation.output.say(`${file}: ${served.cut}.`)
  await told(invocation, served.url)
  if (open) await openInBrowser(invocation, served.url)
  invocation.output.say('Ctrl-C ends the page.')
  await once(signals.asked, 'abort')
}

async function told({ output, json }: Invocation, url: string): Promise<void> {
  if (json) await output.document({ url })
  else await output.line(url)
}
