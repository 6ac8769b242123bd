/** The library: plans, runs, scenarios, traces, reports. */

export * from './draw.ts'
export * from './errors.ts'
export * from './difference.ts'
export * from './fault-classes/index.ts'
export * from './guard/audit.ts'
export * from './guard/pool.ts'
export * from './guard/rehearse.ts'
export * from './guard/rerun.ts'
export type { Pass, PassTask } from './guard/passes.ts'
export type { Limits } from './guard/watch.ts'
export * from './matrix/campaign.ts'
export * from './matrix/cells.ts'
export * from './matrix/matrix.ts'
export * from './matrix/table-file.ts'
export * from './plan.ts'
export * from './run.ts'
export * from './scenarios/index.ts'
export * from './sequences/index.ts'
export * from './settle.ts'
export * from './judge-trace.ts'
export * from './outcome.ts'
export * from './plan-file.ts'
export * from './replay.ts'
export * from './trace-file.ts'
export type { Remark } from './remarks.ts'
export { withTraps } from './traps.ts'
export * from './version.ts'
export * from './report/index.ts'
export * from './request.ts'
export { checkers } from '#checkers'
export type { PromiseName, Verdict, VerdictName } from '#checkers'
export { LocksimBug, SimulationError } from '#sim'
export type { TraceEvent } from '#sim'
// What a lock of one's own is written with.
export { all, clock, monotonic, note, post, race, receive, sleep, spawn, stop } from '#sim'
export type { FactEvent, Mailbox, Origin, Process, Reply, Task } from '#sim'
export {
  algorithms,
  count,
  defineAlgorithm,
  defineProtocol,
  duration,
  flag,
  isProtocol,
  oneOf,
} from '#algorithms'
export type {
  Algorithm,
  AnyAlgorithm,
  Claim,
  Client,
  Coordinator,
  Gives,
  Grant,
  Protocol,
  ReleaseOutcome,
} from '#algorithms'
