/** What the daemon's stream tells, by its shape. */
import type { ActorView, Identity, LiveMeters } from './model.ts'
import { isRecord } from './session.ts'

export interface CountChanges {
  readonly key: string
  readonly leaves: readonly (readonly [number, number])[]
  readonly edges: readonly (readonly [number, number])[]
  readonly refused: number
}

// The daemon and its page are one program of one version: what its stream says is taken at its word.
export function asArray<T>(value: unknown): T[] {
  return Array.isArray(value) ? value : []
}

export function asMeters(value: unknown): LiveMeters {
  if (!isMeters(value)) throw new Error('the daemon’s figures could not be read')
  return value
}

function isMeters(value: unknown): value is LiveMeters {
  return isRecord(value) && typeof value['head'] === 'number'
}

export function asActor(value: unknown): ActorView | undefined {
  return isActor(value) ? value : undefined
}

function isActor(value: unknown): value is ActorView {
  return isRecord(value) && Array.isArray(value['states']) && Array.isArray(value['next'])
}

export function isIdentity(value: unknown): value is Identity {
  return isRecord(value) && typeof value['epoch'] === 'string'
}
