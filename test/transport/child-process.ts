/** A child process of a test, for what only another process can show: a dead owner, a held lock. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Runs a module's source in a Node of its own and gives it once it has printed `wanted`. */
export async function spawnUntil(
  source: string,
  args: readonly string[],
  wanted: string,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source, '--', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const chunk of child.stdout) {
    printed += String(chunk)
    if (printed.includes(wanted)) return child
  }
  throw new Error(`the child printed ${JSON.stringify(printed)} and ended`)
}

/** Ends the child as nothing can prevent, and waits until it is gone. */
export async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
