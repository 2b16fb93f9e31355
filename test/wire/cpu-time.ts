/** Time that this thread computes, in milliseconds: what other programs take of the machine does not count. */
export function cpuMs(run: () => void): number {
  const before = process.threadCpuUsage()
  run()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1_000
}

/** The least of several runs: a collection of garbage falls into some of them. At least 1: below it caches decide. */
export function leastCpuMs(run: () => void): number {
  return Math.max(1, Math.min(...Array.from({ length: 5 }, () => cpuMs(run))))
}
