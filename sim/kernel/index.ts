/** The kernel: event queue, virtual time, effects, processes, chance, trace. */

export * from './choice.ts'
export {
  all,
  clock,
  Effect,
  mark,
  monotonic,
  note,
  Op,
  opName,
  post,
  race,
  receive,
  sleep,
  spawn,
  stop,
} from './effect.ts'
export type { Part, Process } from './effect.ts'
export * from './errors.ts'
export * from './hash.ts'
export * from './kernel.ts'
export * from './mailbox.ts'
export * from './process.ts'
export * from './queue.ts'
export * from './reply.ts'
export * from './site.ts'
export * from './time.ts'
export * from './trace.ts'
