/** The library: plans, runs, scenarios, traces, reports. */

export * from './draw.ts'
export * from './errors.ts'
export * from './plan.ts'
export * from './run.ts'
export * from './scenarios/index.ts'
export * from './settle.ts'
export * from './judge-trace.ts'
export * from './outcome.ts'
export * from './plan-file.ts'
export * from './replay.ts'
export * from './trace-file.ts'
export * from './version.ts'
