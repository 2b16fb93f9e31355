import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startDaemonProcess } from '../daemon/daemon-process.ts'
import { playTranscript } from './transcript.ts'

test.concurrent.each(['legacy', 'native'])('a daemon says the %s transcript byte for byte', async (name) => {
  await using daemon = await startDaemonProcess()
  await playTranscript(name, daemon.socketPath)
  // What was written last has been said, and nobody was told of a fault.
  expect(daemon.log).not.toContain('"level":60')
})

test.concurrent('a daemon says the seed transcript byte for byte on a lines+seed listener', async () => {
  await using daemon = await startDaemonProcess({ args: ['--listen', 'lines+seed:{dir}/seed.sock'] })
  await playTranscript('seed', join(daemon.place.dir, 'seed.sock'))
  expect(daemon.log).not.toContain('"level":60')
})
