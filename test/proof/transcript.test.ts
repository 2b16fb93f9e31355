import { expect, test } from 'vitest'
import { startDaemonProcess } from '../daemon/daemon-process.ts'
import { playTranscript } from './transcript.ts'

test.concurrent.each(['legacy', 'native'])('a daemon says the %s transcript byte for byte', async (name) => {
  await using daemon = await startDaemonProcess()
  await playTranscript(name, daemon.socketPath)
  // What was written last has been said, and nobody was told of a fault.
  expect(daemon.log).not.toContain('"level":60')
})
