/**
 * `callboard claim <task>`: holds a task, so that nobody else can steer it. A lease belongs to a session, and the
 * session to this process: the command holds the task until Ctrl-C, and says what happens to it meanwhile.
 */
import { Command, InvalidArgumentError } from 'commander'
import { withConnection } from '../connection.ts'
import { EventPrinter } from '../event-printer.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { advice, invocationOf, withSharedOptions } from '../invocation.ts'
import { StopSignals } from '../stop-signals.ts'
import { resolveTaskId, shortId, shortIdLength } from '../task-id.ts'
import { duration } from './serve.ts'
import { CallboardError } from '../../client/callboard-error.ts'
import { limits } from '../../limits.ts'
import { askKinds } from '../../wire/events.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'
import type { LeaseTerms } from '../../client/callboard-client.ts'
import type { EventMessage } from '../../wire/envelope.ts'
import type { AskKind } from '../../wire/events.ts'

interface ClaimOptions {
  readonly ttl?: number
  readonly steal?: boolean
  readonly approve?: Approval
}

export type Approval = 'all' | AskKind[]

const help = `
Examples:
  callboard claim 3f2a                    hold it until Ctrl-C
  callboard claim 3f2a --ttl 10m          for ten minutes at most
  callboard claim 3f2a --approve approval and let it do what it asks to do

While it is held, others' commands on it are refused; watching is free. It is
released at Ctrl-C, and some seconds after this process is gone.`

export function claimCommand(): Command {
  return withSharedOptions(new Command('claim'))
    .summary('hold a task, so that nobody else steers it')
    .description('Hold a task until Ctrl-C, so that nobody else can steer it.')
    .argument('<task>', 'its id, or a unique beginning or end of it')
    .option('--ttl <time>', 'how long at most, such as 30s, 10m or 2h', (value) =>
      duration(value, limits.leaseTtlMsMax),
    )
    .option('--steal', 'take it from whoever holds it')
    .option('--approve <kinds>', `allow what it asks: all, or ${askKinds.join(', ')} (comma)`, approval)
    .addHelpText('after', help)
    .action(async (typed: string, options: ClaimOptions, command: Command) => {
      const invocation = invocationOf(command)
      using signals = new StopSignals()
      await withConnection(invocation, { signal: signals.asked }, (connection) =>
        claim(invocation, connection, typed, options, signals.asked),
      )
    })
}

async function claim(
  invocation: Invocation,
  { client }: Connection,
  typed: string,
  options: ClaimOptions,
  asked: AbortSignal,
): Promise<void> {
  const { output, json } = invocation
  const known = await client.listTasks()
  const taskId = resolveTaskId(typed, known, advice(invocation, 'ps --all'))
  const stop = new AbortController()
  const events = client.events({ tasks: [taskId], signal: stop.signal })
  await events.subscribed
  const holder = await client.claimTask(taskId, termsOf(options))
  if (json) await output.document({ taskId, holder })
  else output.say(`holding ${shortId(taskId)} until Ctrl-C.`)
  const release = (): void => {
    client
      .releaseTask(taskId)
      .catch(() => undefined)
      .finally(() => stop.abort())
  }
  if (asked.aborted) release()
  else asked.addEventListener('abort', release, { once: true })
  const printer = new EventPrinter(output, false, shortIdLength(known.map((task) => task.id)))
  try {
    for await (const item of events) {
      if (!json && isTold(item)) await printer.print(item)
      if (item.type === 'TaskEvent' && isLost(item, client.clientId)) break
    }
  } catch (error) {
    if (!(error instanceof CallboardError) || error.code !== 'aborted') throw error
  }
}

const told: ReadonlySet<string> = new Set(['askOpened', 'askResolved', 'leaseChanged', 'taskUnfocused'])

function isTold(item: { readonly type: string; readonly data: object }): item is EventMessage {
  return 'eventName' in item.data && typeof item.data.eventName === 'string' && told.has(item.data.eventName)
}

/** Throws Failure where somebody took it. */
function isLost({ data }: EventMessage, clientId: string | undefined): boolean {
  if (data.eventName !== 'leaseChanged') return false
  const { holder, why } = data.payload[1]
  if (why === 'stolen' && holder !== undefined && holder.clientId !== clientId) {
    const who = holder.client ?? holder.clientId
    throw new Failure(`${who} has taken the task over: --steal takes it back.`, exitCodes.failure)
  }
  return holder === undefined
}

function termsOf({ ttl, steal, approve }: ClaimOptions): LeaseTerms {
  return {
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
    ...(steal === undefined ? {} : { steal }),
    ...(approve === undefined ? {} : { approve }),
  }
}

function approval(value: string): Approval {
  if (value === 'all') return value
  return value.split(',').map((name) => {
    const kind = askKinds.find((one) => one === name.trim())
    if (kind === undefined) throw new InvalidArgumentError(`Give all, or some of ${askKinds.join(', ')}.`)
    return kind
  })
}
