/**
 * What `import … from 'callboard/inspect'` gives: any XState 5 program's actors on the page of the running daemon. It
 * only exports what others hold, and nothing here imports it: a package's entry is one file.
 */
export { inspectTo } from '../inspector/inspect-to.ts'
export type { InspectTo, InspectToOptions } from '../inspector/inspect-to.ts'
