/** The plan: one JSON document that determines a run completely. */

import { faults as faultKinds } from '#sim'
import type { AnyFaultPlan } from '#sim'
import * as v from 'valibot'
import { InputError } from './errors.ts'
import { explainIssue } from './issues.ts'

/** The version of the document. A change that makes old plans mean something else gets a new number. */
export const PLAN_FORMAT = 'locksim-plan/1'

/** What the store can check. */
export const FENCING = ['off', 'writes', 'all', 'compare'] as const

const ms = v.pipe(
  v.number('a number of ms'),
  v.finite('a finite number of ms'),
  v.minValue(0, 'a number of ms, 0 or more'),
)
const signedMs = v.pipe(v.number('a number of ms'), v.finite('a finite number of ms'))
const whole = (minimum: number, maximum: number) =>
  v.pipe(
    v.number('a whole number'),
    v.integer('a whole number'),
    v.minValue(minimum, `a whole number from ${minimum} to ${maximum}`),
    v.maxValue(maximum, `a whole number from ${minimum} to ${maximum}`),
  )
const setting = v.union([v.number(), v.boolean(), v.string()], 'a number, true, false or a word')

const fault = v.variant(
  'kind',
  Object.values(faultKinds).map(({ schema }) => schema) as never,
  `an object whose "kind" is one of ${Object.keys(faultKinds).join(', ')}`,
) as unknown as v.GenericSchema<AnyFaultPlan>

const planSchema = v.strictObject({
  format: v.literal(PLAN_FORMAT, `"${PLAN_FORMAT}"`),
  /** Name of the lock. */
  algorithm: v.pipe(v.string('the name of a lock'), v.nonEmpty('the name of a lock')),
  /** Parameters of the lock that differ from its defaults. */
  parameters: v.optional(v.record(v.string(), setting), {}),
  /** Where the plan came from, if from a scenario. Changes nothing. */
  scenario: v.optional(v.string('the name of a scenario')),
  /** Row of the collection of published fault sequences that it came from, if from one. Changes nothing. */
  sequence: v.optional(v.string('the row of a sequence')),
  /** Whether the faults were drawn at random: one that never strikes is then no mistake of anybody's. */
  drawn: v.optional(v.boolean('true or false'), false),
  seed: v.optional(
    v.pipe(
      v.number('a whole number'),
      v.safeInteger('a whole number'),
      v.minValue(0, 'a whole number, 0 or more'),
    ),
    0,
  ),
  clients: v.optional(whole(1, 10_000), 2),
  /** How many servers the lock runs on, where it is free to choose. */
  servers: v.optional(whole(1, 101)),
  /** How often each client takes the lock. */
  rounds: v.optional(whole(1, 1_000_000), 1),
  workload: v.optional(
    v.strictObject({
      /** When each client begins; the last value goes for the rest. */
      startMs: v.optional(
        v.pipe(v.array(ms, 'a list of ms'), v.minLength(1, 'a list of at least one number of ms')),
        [0],
      ),
      /** Between reading the store and writing it. */
      workMs: v.optional(ms, 100),
      /** Between releasing and asking again. */
      thinkMs: v.optional(ms, 50),
      /** Between a refusal and the next attempt, plus as much again at random. */
      retryMs: v.optional(ms, 100),
      /** Whether clients look at their clock and at what they were told before they write. */
      careful: v.optional(v.boolean('true or false'), false),
      /** Whether each client takes the lock once more inside its section, and releases that before it goes on. */
      nested: v.optional(v.boolean('true or false'), false),
      /** How long a client waits for the store. */
      storeTimeoutMs: v.optional(ms, 30_000),
    }),
    {},
  ),
  network: v.optional(
    v.strictObject({
      /** One-way latency, drawn evenly. */
      latencyMs: v.optional(
        v.pipe(
          v.strictObject({ minMs: ms, maxMs: ms }),
          v.check(({ minMs, maxMs }) => maxMs >= minMs, 'a range in which maxMs is at least minMs'),
        ),
        { minMs: 0.5, maxMs: 1.5 },
      ),
      /** How long a server takes to notice a silent client: Linux tries for 7,200 s + 9 × 75 s (tcp(7)). */
      keepaliveMs: v.optional(ms, 7_875_000),
    }),
    {},
  ),
  store: v.optional(
    v.strictObject({
      /** What it checks: tokens of writes, of reads too, or that nobody wrote since. What the lock says if left out. */
      fencing: v.optional(v.picklist(FENCING, '"off", "writes", "all" or "compare"')),
    }),
    {},
  ),
  /** Options of services, by service, e.g. { "redis": { "persistence": "always" } }. */
  services: v.optional(v.record(v.string(), v.record(v.string(), setting)), {}),
  /** Clocks that do not start exact, by node. */
  clocks: v.optional(
    v.record(
      v.string(),
      v.strictObject({
        offsetMs: v.optional(signedMs, 0),
        driftPpm: v.optional(
          v.pipe(v.number('parts per million'), v.minValue(-900_000, 'at least -900000 ppm')),
          0,
        ),
      }),
    ),
    {},
  ),
  faults: v.optional(v.array(fault, 'a list of faults'), []),
  /** The run ends here at the latest. */
  horizonMs: v.optional(ms, 180_000),
  /** Within what time somebody must get the lock once nothing stands in the way. */
  progressWithinMs: v.optional(ms, 60_000),
  /** The run ends after so many events at the latest. */
  eventsMax: v.optional(whole(1, 1_000_000_000), 5_000_000),
})

/** A plan with every default filled in. */
export type Plan = v.InferOutput<typeof planSchema>
/** A plan as a person writes it: what is left out has a default. */
export type PlanInput = v.InferInput<typeof planSchema>

/**
 * Reads a plan.
 *
 * @throws InputError naming each field that is wrong, what was found and what would be right
 */
export const parsePlan = (input: unknown): Plan => {
  refuseReserved(input)
  const result = v.safeParse(planSchema, input)
  if (result.success) return result.output
  throw new InputError(
    [
      'the plan is not valid:',
      ...result.issues.slice(0, 10).map((issue) => `  ${explainIssue(issue, 'the plan')}`),
    ].join('\n'),
  )
}

/** Names that mean something to JavaScript itself. The schema library drops them without a word. */
const RESERVED = ['__proto__', 'constructor', 'prototype']

const refuseReserved = (input: unknown): void => {
  if (typeof input !== 'object' || input === null) return
  for (const [field, value] of Object.entries(input)) {
    if (typeof value !== 'object' || value === null) continue
    const found = RESERVED.find((name) => Object.hasOwn(value, name))
    if (found !== undefined) {
      throw new InputError(`the plan is not valid:\n  ${field}.${found}: there is no such field`)
    }
  }
}
