/** How many stand in each state of a machine, and how often each edge is taken: what the daemon's page is told. */
import type { CallboardClient } from '../client/callboard-client.ts'
import { Failure } from './failure.ts'

export interface LiveCounts {
  readonly key: string
  readonly leaves: readonly number[]
  readonly edges: readonly number[]
  readonly refused: number
}

/** Asks now. */
export type CountsOf = (machine: string) => Promise<LiveCounts>

/** By way of the page's server, which is opened for it. Throws Failure where the daemon does not know the machine. */
export async function liveCounts(client: CallboardClient): Promise<CountsOf> {
  const result = await client.request({ commandName: 'OpenInspector' })
  const url = new URL(isRecord(result) ? String(result['url']) : '')
  const authorization = `Bearer ${url.hash.replace('#token=', '')}`
  return async (machine) => {
    const response = await fetch(new URL('/api/counts', url), { headers: { authorization } })
    const body: unknown = await response.json()
    const counts = isRecord(body) && Array.isArray(body['counts']) ? body['counts'].filter(isCounts) : []
    const found = counts.find(({ key }) => key === `callboard/${machine}`)
    if (found === undefined) throw new Failure(`the daemon does not say how its ${machine}s stand.`)
    return found
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isCounts(value: unknown): value is LiveCounts {
  return isRecord(value) && Array.isArray(value['leaves']) && Array.isArray(value['edges'])
}
