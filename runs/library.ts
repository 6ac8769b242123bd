/** `locksim`: what the package offers to programs. docs/library.md explains every name; what is not here may change any day. */

// To write a lock, or a commit protocol.
export { defineAlgorithm, defineProtocol } from './origin.ts'
export { count, duration, flag, isProtocol, oneOf } from '#algorithms'
export { all, clock, monotonic, note, post, race, receive, sleep, spawn, stop } from '#sim'
export type {
  Algorithm,
  AnyAlgorithm,
  Claim,
  Client,
  Coordinator,
  Fencing,
  Gives,
  Grant,
  Needs,
  Protocol,
  ReleaseOutcome,
} from '#algorithms'
export type { Mailbox, Origin, Process, Reply, Task } from '#sim'

// The locks that come along.
export { algorithms } from '#algorithms'
export { algorithmNamed } from './settle.ts'

// One's own, from the files that they are in.
export { loadAlgorithms } from './modules/load.ts'
export { referenceOf } from './modules/registry.ts'

// Plans, and where they come from.
export { parsePlan, PLAN_FORMAT } from './plan.ts'
export type { Plan, PlanInput } from './plan.ts'
export { readPlan, writePlan } from './plan-file.ts'
export { sparsePlan } from './shrink/sparse.ts'
export { drawClassPlan, drawPlan } from './draw.ts'
export { faultClasses, faultClassNamed } from './fault-classes/index.ts'
export type { FaultClass } from './fault-classes/index.ts'
export { defineScenario } from './scenarios/scenario.ts'
export { planScenario, scenarioNamed, scenarios } from './scenarios/index.ts'
export type { Overrides, Role, Scenario, ScenarioPlan } from './scenarios/index.ts'

// Runs.
export { run } from './run.ts'
export type { RunOptions, RunResult } from './run.ts'
export { outcomeOf } from './outcome.ts'
export type { Outcome } from './outcome.ts'
export { randomChoice, recordingChoice, replayingChoice } from '#sim'
export type { Choice, FactEvent, Recording, Stream, TraceEvent } from '#sim'

// Judges.
export { checkers, commitCheckers, defineChecker, lockCheckers } from '#checkers'
export type {
  Checker,
  Judgement,
  PromiseName,
  RunEnd,
  RunHeader,
  SharedHistory,
  Verdict,
  VerdictName,
  Witness,
} from '#checkers'

// To find and to shrink.
export { fuzz, fuzzHere, plansFor } from './fuzz/index.ts'
export type { Coverage, Found, FuzzRequest, FuzzResult, PlanOptions } from './fuzz/index.ts'
export { runCampaign } from './matrix/campaign.ts'
export type { CampaignResult } from './matrix/campaign.ts'
export { breaks, failsWhere, shrink } from './shrink/shrink.ts'
export type { Fails, ShrinkOptions, Shrunk } from './shrink/shrink.ts'
export { weakenings } from './shrink/weaken.ts'
export { necessaryFaults } from './shrink/necessary.ts'
export { causeOf } from './shrink/cause.ts'
export { auditDeterminism } from './guard/audit.ts'
export type { AuditRequest, Nondeterminism } from './guard/audit.ts'

// To keep what was found.
export { counterexampleOf } from './keep/counterexample.ts'
export type { Counterexample, NecessaryFault } from './keep/counterexample.ts'
export { readCounterexample, writeCounterexample } from './keep/file.ts'
export { recheck } from './keep/recheck.ts'
export type { Recheck } from './keep/recheck.ts'
export { check } from './keep/check.ts'
export type { CheckRequest, CheckResult } from './keep/check.ts'

// Traces.
export { openTrace, readTrace } from './trace-file.ts'
export type { Trace, TraceEnd, TraceWriter } from './trace-file.ts'
export { judgeTrace } from './judge-trace.ts'
export type { JudgedTrace } from './judge-trace.ts'
export { replay } from './replay.ts'
export type { Difference, Replay } from './replay.ts'

// To tell.
export { tell } from './tell.ts'
export type { TellOptions } from './tell.ts'
export { runJson } from './report/run-json.ts'
export { matrixOfLock } from './report/matrix-text.ts'
export { asciiGlyphs, plainPaint, plainStyle, unicodeGlyphs } from './report/style.ts'
export type { Style } from './report/style.ts'

// What can go wrong, and which locksim this is.
export { InputError } from './errors.ts'
export { LocksimBug, SimulationError } from '#sim'
export { VERSION } from './version.ts'
