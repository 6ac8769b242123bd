/** The registry of sequences: one line a section. */

import { algorithmNamed } from '../settle.ts'
import { didYouMean, InputError } from '../errors.ts'
import { parsePlan, PLAN_FORMAT } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { planScenario, scenarioNamed } from '../scenarios/index.ts'
import { a01 } from './a01-primary-key-insert.ts'
import { a02 } from './a02-sweeper.ts'
import { a03 } from './a03-reentrant.ts'
import { a04 } from './a04-blocking.ts'
import { a05 } from './a05-queue.ts'
import { a06 } from './a06-two-way-sync.ts'
import { a07 } from './a07-version.ts'
import { a08 } from './a08-for-update.ts'
import { a09 } from './a09-setnx-expire.ts'
import { a10 } from './a10-setnx-getset.ts'
import { a11 } from './a11-redis-lock-util.ts'
import { a12 } from './a12-redlock-told.ts'
import { a13 } from './a13-watchdog.ts'
import { a14 } from './a14-zookeeper-ephemeral.ts'
import { a15 } from './a15-zookeeper-sequential.ts'
import { a16 } from './a16-distributed-lock.ts'
import { a17 } from './a17-consul.ts'
import { a18 } from './a18-redis-queues.ts'
import { a19 } from './a19-two-phase-commit.ts'
import { a20 } from './a20-three-phase-commit.ts'
import { b01 } from './b01-set-nx-px.ts'
import { b02 } from './b02-redlock.ts'
import { b03 } from './b03-npm-packages.ts'
import { b04a, b04b, b04c, b04d } from './b04-redisson.ts'
import { b05 } from './b05-curator.ts'
import { b06 } from './b06-zookeeper-recipe.ts'
import { b07 } from './b07-etcd.ts'
import { b08 } from './b08-chubby.ts'
import { b09 } from './b09-consul.ts'
import { b10 } from './b10-dynamodb.ts'
import { b11 } from './b11-postgres.ts'
import { b12 } from './b12-mysql.ts'
import { b13 } from './b13-shedlock.ts'
import { b14 } from './b14-spring.ts'
import { b15 } from './b15-kubernetes.ts'
import { b16 } from './b16-fenced-lock.ts'
import { b16Memcached } from './b16-memcached.ts'
import { isShown } from './sequence.ts'
import type { SequencePlan, SequenceSection, ShownSequence } from './sequence.ts'

export type { Sequence, SequenceSection, Shows, ShownSequence } from './sequence.ts'
export { isShown } from './sequence.ts'

/** Every section, in the order of the sources. */
// prettier-ignore
export const sections: readonly SequenceSection[] = [
  a01,
  a02,
  a03,
  a04,
  a05,
  a06,
  a07,
  a08,
  a09,
  a10,
  a11,
  a12,
  a13,
  a14,
  a15,
  a16,
  a17,
  a18,
  a19,
  a20,
  b01,
  b02,
  b03,
  b04a,
  b04b,
  b04c,
  b04d,
  b05,
  b06,
  b07,
  b08,
  b09,
  b10,
  b11,
  b12,
  b13,
  b14,
  b15,
  b16Memcached,
  b16,
]

/** What follows the row for the repaired form. */
const REPAIRED = '/repaired'

/** Names by which sequences can be run: rows, and rows with `/repaired`. */
export const sequenceNames = (): readonly string[] =>
  sections.flatMap(({ sequences }) =>
    sequences
      .filter(isShown)
      .flatMap(({ row, repaired }) => (repaired === undefined ? [row] : [row, row + REPAIRED])),
  )

/**
 * The sequence of this row, and whether its repaired form is meant.
 *
 * @throws InputError that names the nearest known row, or says why this one cannot be run
 */
export const sequenceNamed = (
  name: string,
): { readonly sequence: ShownSequence; readonly isRepaired: boolean } => {
  const isRepaired = name.endsWith(REPAIRED)
  const row = isRepaired ? name.slice(0, -REPAIRED.length) : name
  const all = sections.flatMap(({ sequences }) => sequences)
  const found = all.find((sequence) => sequence.row.toLowerCase() === row.toLowerCase())
  if (found === undefined) {
    throw new InputError(
      `there is no sequence "${name}"${didYouMean(row, sequenceNames())}; \`locksim list sequences\` shows them all`,
    )
  }
  if (!isShown(found)) throw new InputError(`${found.row} has no run: ${found.note}`)
  if (isRepaired && found.repaired === undefined) {
    throw new InputError(`${found.row} has no repaired form`)
  }
  return { sequence: found, isRepaired }
}

const built = (name: string, lock: string, plan: SequencePlan, seed: number): Plan => {
  const { scenario, parameters, ...rest } = plan
  const algorithm = algorithmNamed(lock)
  const given = parameters ?? {}
  if (scenario === undefined) {
    return parsePlan({
      format: PLAN_FORMAT,
      algorithm: algorithm.name,
      sequence: name,
      seed,
      parameters: given,
      ...rest,
    })
  }
  const base = planScenario(scenarioNamed(scenario), algorithm, seed, { parameters: given })
  if ('skip' in base) throw new InputError(`${lock} has no part in ${scenario}: ${base.skip}`)
  const { scenario: _scenario, ...planned } = base
  return parsePlan({ ...planned, sequence: name, ...rest })
}

/** Name of the lock that the sequence of this name is about. */
export const lockOfSequence = (name: string): string => {
  const { sequence, isRepaired } = sequenceNamed(name)
  return (isRepaired ? sequence.repaired?.lock : undefined) ?? sequence.lock
}

/** The plan of a sequence, or of its repaired form. */
export const planSequence = (sequence: ShownSequence, seed: number, isRepaired = false): Plan => {
  const { lock, plan, repaired } = sequence
  return isRepaired && repaired !== undefined
    ? built(sequence.row + REPAIRED, repaired.lock ?? lock, repaired.plan, seed)
    : built(sequence.row, lock, plan, seed)
}
