/** Weaker surroundings: clocks that are exact, settings and networks as they mostly are, work like everybody's. */

import type { AnyFaultPlan } from '#sim'
import type { Plan } from '../plan.ts'
import { DEFAULTS } from '../plan-defaults.ts'
import { rounderAbove, simplerNumbers } from './numbers.ts'
import { omitted, replaced } from './part.ts'
import type { Part } from './part.ts'

/** Clocks made exact: all, one, or in one respect. */
export const exacterClocks: Part = function* (plan) {
  const { clocks } = plan
  const nodes = Object.keys(clocks)
  if (nodes.length > 1) yield { ...plan, clocks: {} }
  for (const node of nodes) yield { ...plan, clocks: omitted(clocks, node) }
  for (const [node, clock] of Object.entries(clocks)) {
    for (const name of ['offsetMs', 'driftPpm'] as const) {
      for (const smaller of simplerNumbers(clock[name])) {
        yield { ...plan, clocks: { ...clocks, [node]: { ...clock, [name]: smaller } } }
      }
    }
  }
}

/** Settings of the lock, of its services and of the store back to what they are by default. */
export const fewerSettings: Part = function* (plan) {
  const { parameters, services, store } = plan
  const names = Object.keys(parameters)
  if (names.length > 1) yield { ...plan, parameters: {} }
  for (const name of names) yield { ...plan, parameters: omitted(parameters, name) }
  if (store.fencing !== undefined) yield { ...plan, store: {} }
  for (const [service, options] of Object.entries(services)) {
    yield { ...plan, services: omitted(services, service) }
    for (const name of Object.keys(options)) {
      yield { ...plan, services: { ...services, [service]: omitted(options, name) } }
    }
  }
  if (plan.horizonMs !== DEFAULTS.horizonMs) yield { ...plan, horizonMs: DEFAULTS.horizonMs }
}

/** As many events as it takes, where drawn plans are cut short. Late, as it makes every further try longer. */
export const usualBudget: Part = function* (plan) {
  if (plan.eventsMax !== DEFAULTS.eventsMax) yield { ...plan, eventsMax: DEFAULTS.eventsMax }
}

const withLatency = (plan: Plan, latencyMs: Plan['network']['latencyMs']): Plan => ({
  ...plan,
  network: { ...plan.network, latencyMs },
})

/** The network as it is by default, or calmer. */
export const calmerNetwork: Part = function* (plan) {
  const { latencyMs, keepaliveMs } = plan.network
  const byDefault = DEFAULTS.network
  yield withLatency(plan, byDefault.latencyMs)
  const { minMs, maxMs } = latencyMs
  for (const smaller of simplerNumbers(maxMs, { least: Math.ceil(minMs) })) {
    yield withLatency(plan, { minMs, maxMs: smaller })
  }
  for (const smaller of simplerNumbers(minMs)) {
    if (smaller <= maxMs) yield withLatency(plan, { minMs: smaller, maxMs })
  }
  if (keepaliveMs !== byDefault.keepaliveMs) {
    yield { ...plan, network: { ...plan.network, keepaliveMs: byDefault.keepaliveMs } }
  }
}

/** Nobody asks more often than this for the sake of a rounder number: that makes a long story, not a simple one. */
const RETRY_LEAST_MS = 50

const withWork = (plan: Plan, work: Partial<Plan['workload']>): Plan => ({
  ...plan,
  workload: { ...plan.workload, ...work },
})

/** How much longer faults are made for the sake of the usual work. */
const LONGER_COUNT = 3

const prolonged = (fault: AnyFaultPlan, by: number): AnyFaultPlan => {
  const { forMs, byMs } = fault as { readonly forMs?: number; readonly byMs?: number }
  const longer = (ms: number | undefined) =>
    ms === undefined ? ms : rounderAbove(ms, LONGER_COUNT)[by]
  return {
    ...fault,
    ...(forMs === undefined ? {} : { forMs: longer(forMs) }),
    ...(byMs === undefined ? {} : { byMs: longer(byMs) }),
  } as AnyFaultPlan
}

/** The usual work and network, even if what goes wrong has to last longer for it: that is less to say. */
export const usualForLonger: Part = function* (plan) {
  const { workload } = plan
  for (let by = 0; by < LONGER_COUNT; by++) {
    const longer = { ...plan, faults: plan.faults.map((fault) => prolonged(fault, by)) }
    yield withWork(longer, DEFAULTS.workload)
    for (const name of Object.keys(workload) as (keyof Plan['workload'])[]) {
      yield withWork(longer, { [name]: DEFAULTS.workload[name] })
    }
    yield withLatency(longer, DEFAULTS.network.latencyMs)
  }
}

/** Clients that do the usual work, at rounder times. */
export const plainerWork: Part = function* (plan) {
  const { workload } = plan
  const { careful, nested, startMs } = workload
  yield { ...plan, workload: DEFAULTS.workload }
  if (careful) yield withWork(plan, { careful: false })
  if (nested) yield withWork(plan, { nested: false })
  for (const name of ['workMs', 'thinkMs', 'retryMs', 'storeTimeoutMs'] as const) {
    const least = name === 'retryMs' ? Math.min(RETRY_LEAST_MS, workload[name]) : 0
    for (const smaller of simplerNumbers(workload[name], {
      simplest: DEFAULTS.workload[name],
      least,
    })) {
      yield withWork(plan, { [name]: smaller })
    }
  }
  yield withWork(plan, { startMs: [0] })
  const earliestMs = Math.min(...startMs)
  yield withWork(plan, { startMs: startMs.map((ms) => ms - earliestMs) })
  for (const index of startMs.keys()) {
    if (index > 0) yield withWork(plan, { startMs: startMs.slice(0, index) })
  }
  for (const [index, ms] of startMs.entries()) {
    for (const smaller of simplerNumbers(ms)) {
      yield withWork(plan, { startMs: replaced(startMs, index, smaller) })
    }
  }
}
