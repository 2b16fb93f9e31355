/** Loaded into a daemon's process before its own code: leases wait for their clients for a moment only. */
import { limits } from '../../src/limits.ts'

Object.assign(limits, { leaseGraceMs: 300 })
