/** The machines that can be drawn, in the order in which they are best read. */
import { brokerMachine } from '../../../machines/broker.ts'
import { clientMachine } from '../../../machines/client.ts'
import { connectionMachine } from '../../../machines/connection.ts'
import { taskMachine } from '../../../machines/task.ts'
import { chartOf } from '../../inspector/chart.ts'
import type { Chart } from '../../inspector/chart.ts'

export const charts: readonly Chart[] = [
  chartOf(connectionMachine),
  chartOf(brokerMachine),
  chartOf(taskMachine),
  chartOf(clientMachine),
]
