/** The simulated world, as algorithms, checkers and runs see it. */

export * from './kernel/index.ts'
export * from './services/index.ts'
export * from './world/index.ts'
export * from './faults/index.ts'
