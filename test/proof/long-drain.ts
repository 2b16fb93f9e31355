/**
 * Loaded into a daemon before its own code: a link that drains is left after a minute, not after a second, in which a
 * busy machine may not come to look at it. No config offers that bound.
 */
import { limits } from '../../src/limits.ts'

Object.assign(limits, { linkDrainMs: 60_000 })
