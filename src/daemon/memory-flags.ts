/**
 * How the daemon's heap grows. To be called once, first thing in its process.
 */
import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's young generation at its first size. It would grow to 3 × 16 MiB under load and stay there: measured over
 * 5,000 idle links it took 29 kB of resident memory a link instead of 12, and after a task's 270 MB of output 330 MB
 * instead of 220, at no saving of CPU time.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
