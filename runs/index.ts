/** The library: plans, runs, scenarios, traces, reports. */

export * from './draw.ts'
export * from './errors.ts'
export * from './plan.ts'
export * from './run.ts'
export * from './scenarios/index.ts'
export * from './settle.ts'
