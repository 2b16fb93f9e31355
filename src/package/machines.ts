/**
 * What `import … from 'callboard/machines'` gives: the four statecharts, pure and without effects. It only exports what
 * others hold, and nothing here imports it: a package's entry is one file.
 */
export { brokerMachine } from '../../machines/broker.ts'
export { clientMachine } from '../../machines/client.ts'
export { connectionMachine } from '../../machines/connection.ts'
export { taskMachine } from '../../machines/task.ts'
