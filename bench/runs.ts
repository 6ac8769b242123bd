/** Whole runs: Redlock with every judge, simulated time, and one lock with more and more clients. */

import { parsePlan, run, withTraps } from '#runs'
import type { Plan, PlanInput } from '#runs'
import { seedOfRun } from '#sim'

const planOf = (input: Omit<PlanInput, 'format'>): Plan =>
  parsePlan({ format: 'locksim-plan/1', ...input })

/** Three clients that want the lock three times each, on five masters. */
const redlockWith = (workload: PlanInput['workload']): Plan =>
  planOf({ algorithm: 'redlock', clients: 3, rounds: 3, servers: 5, workload })

/** The usual question to a campaign; some 400 events. */
const usual = redlockWith({ workMs: 40, thinkMs: 50, retryMs: 100 })

/**
 * The same with the times of a job scheduler: a second of work, a second until the next job, so that the lock
 * is wanted all the time. Nothing is left out of the run: time that passes without an event costs nothing.
 */
const scheduler = redlockWith({ workMs: 1_000, thinkMs: 1_000, retryMs: 1_000 })

let seeds = 0
const next = (plan: Plan): Plan => ({ ...plan, seed: seedOfRun('bench', seeds++) })

/** Does `count` usual runs as a campaign does, with the traps set once; the number of their events. */
export const redlockRuns = (count: number): number => {
  let events = 0
  withTraps(() => {
    for (let index = 0; index < count; index++) events += run(next(usual)).events
  })
  return events
}

/** Does `count` runs of the scheduler; the seconds that passed in them. */
export const schedulerSeconds = (count: number): number => {
  let simulatedMs = 0
  for (let index = 0; index < count; index++) simulatedMs += run(next(scheduler)).endedAtMs
  return simulatedMs / 1_000
}

/** `events` events of `clients` clients that compete for one lock on one server; set-up and judges included. */
export const crowd = (clients: number, events: number): number =>
  run(
    next(
      planOf({
        algorithm: 'redis-set-px',
        clients,
        rounds: 1_000_000,
        workload: { workMs: 10, thinkMs: 10, retryMs: 100 },
        horizonMs: 1e12,
        eventsMax: events,
      }),
    ),
  ).events
