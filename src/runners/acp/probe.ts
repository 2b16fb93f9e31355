/** Starts an agent, asks it what it is, and ends it: no session is opened and nothing is sent to a model. */
import { randomUUID } from 'node:crypto'
import { limits as defaults } from '../../limits.ts'
import { systemClock, waitFor } from '../clock.ts'
import { notStarted } from '../command-result.ts'
import { runEnvironment } from '../environment.ts'
import { processTable } from '../process-table.ts'
import { AgentCalls } from './agent-calls.ts'
import { AgentProcess } from './agent-process.ts'
import { initialize } from './agent-session.ts'
import { AgentStream } from './agent-stream.ts'
import { died, withLastWords } from './failure.ts'
import { objectAt, objectsAt, textAt } from './fields.ts'
import type { Limits } from '../../limits.ts'
import type { JsonObject } from '../../wire/json-object.ts'

const aliveMs = 60_000

export interface ProbeOptions {
  readonly command: readonly string[]
  readonly cwd: string
  /** Variables over the few that every task gets. */
  readonly env: Readonly<Record<string, string>>
  /** Ours, for the agent to know. */
  readonly version: string
  readonly limits?: Partial<Limits>
}

export type Probed =
  | {
      readonly ok: true
      readonly name?: string
      readonly version?: string
      /** Ids of its ways to log in. */
      readonly authMethods: readonly string[]
      /** What it can beyond the least: `load`, `resume`, `image`. */
      readonly can: readonly string[]
    }
  | { readonly ok: false; readonly why: string }

/** Never rejects; no process is left when it resolves. */
export async function probeAgent(options: ProbeOptions): Promise<Probed> {
  // The runners' timers keep nobody alive, and the one who asks has nothing else to do.
  const alive = setInterval(() => undefined, aliveMs)
  try {
    return await probed(options)
  } finally {
    clearInterval(alive)
  }
}

async function probed(options: ProbeOptions): Promise<Probed> {
  const limits: Limits = { ...defaults, ...options.limits }
  let agent: AgentProcess
  try {
    agent = started(options, limits)
    await agent.spawned
  } catch (error) {
    return { ok: false, why: notStarted(options.command[0] ?? '', error, limits.loggedTextCharsMax).text }
  }
  const lost = Promise.withResolvers<never>()
  const stream = new AgentStream(agent.stdin, agent.stdout, {
    limits,
    clock: systemClock,
    told: () => undefined,
    readAll: () => undefined,
    broken: (why) => lost.reject(new Error(`The agent does not keep to the protocol: ${why}.`)),
  })
  stream.begin()
  const calls = await AgentCalls.over(stream.stream, {}, systemClock)
  try {
    const ended = dead(agent, stream, limits)
    const answered = initialize(calls, options.version, limits.agentInitializeMs)
    return described(await Promise.race([answered, ended, lost.promise]))
  } catch (error) {
    const why = error instanceof Error ? error : new Error(String(error))
    return { ok: false, why: withLastWords(why, agent.stderr, stream.garbage) }
  } finally {
    stream.stop()
    calls.close()
    agent.stdin.end()
    await Promise.race([agent.exit, waitFor(systemClock, limits.agentExitMs)])
    await agent.end().left
    agent.stdout.destroy()
  }
}

function started({ command, cwd, env }: ProbeOptions, limits: Limits): AgentProcess {
  const taskId = `probe-${randomUUID()}`
  const task = {
    id: taskId,
    text: '',
    images: [],
    configuration: {},
    callboard: { env: { ...env } },
    socketPath: '',
  }
  const environment = runEnvironment(task, process.env)
  return new AgentProcess({
    limits,
    clock: systemClock,
    table: processTable,
    taskId,
    command,
    cwd,
    environment,
  })
}

async function dead(agent: AgentProcess, stream: AgentStream, limits: Limits): Promise<never> {
  const exit = await agent.exit
  await stream.drained(limits.outputCloseGraceMs)
  throw died(exit, 'before it answered')
}

function described(answer: JsonObject): Probed {
  const info = objectAt(answer, 'agentInfo')
  const can = objectAt(answer, 'agentCapabilities')
  const [name, version] = [textAt(info, 'title') ?? textAt(info, 'name'), textAt(info, 'version')]
  return {
    ok: true,
    ...(name === undefined ? {} : { name: name.slice(0, defaults.agentNameCharsMax) }),
    ...(version === undefined ? {} : { version: version.slice(0, defaults.agentNameCharsMax) }),
    authMethods: (objectsAt(answer, 'authMethods', defaults.agentOffersMax) ?? []).map(
      (one) => textAt(one, 'id') ?? '',
    ),
    can: [
      ...(can['loadSession'] === true ? ['load'] : []),
      ...(objectAt(can, 'sessionCapabilities')['resume'] === undefined ? [] : ['resume']),
      ...(objectAt(can, 'promptCapabilities')['image'] === true ? ['image'] : []),
    ],
  }
}
