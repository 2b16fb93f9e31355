/** The first thing that a client is told. */
import type { Ack } from '../wire/envelope.ts'
import { protocolVersion } from '../wire/envelope.ts'
import type { BrokerParts } from './broker-parts.ts'

export function ackFor({ identity, journal }: BrokerParts, clientId: string): Ack {
  return {
    type: 'Ack',
    origin: 'server',
    data: {
      clientId,
      pid: identity.pid,
      ppid: identity.ppid,
      protocol: { name: 'callboard', version: protocolVersion },
      epoch: journal.epoch,
      head: journal.head,
    },
  }
}
