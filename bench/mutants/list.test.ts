/** The mutants: each is one piece of the source, and a probe that exists. Whether it is killed, `npm run mutants` tells. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { algorithms } from '#algorithms'
import {
  algorithmNamed,
  checkers,
  faultClassNamed,
  parsePlan,
  PLAN_FORMAT,
  scenarioNamed,
} from '#runs'
import { occurrences, promisesOf } from './kill.ts'
import { families } from './list.ts'
import type { AnyMutant, Mutant } from './mutant.ts'

const ROOT = join(import.meta.dirname, '../..')
const MUTANTS_MIN = 150
const EQUIVALENT_MAX = 5

const mutants = families.flatMap((family) => family.mutants)
const isProbed = (mutant: AnyMutant): mutant is Mutant => 'probe' in mutant
const named = mutants.map((mutant) => [`${mutant.file}: ${mutant.fault}`, mutant] as const)
const files = new Set(mutants.map(({ file }) => file))

/** Looks up everything that a mutant names, as the run would. Throws for a name that is not there. */
const prepare = (mutant: AnyMutant): void => {
  if (!isProbed(mutant)) {
    if (mutant.equivalent.length < 20) throw new Error('the reason is no sentence')
    return
  }
  const { probe } = mutant
  if ('sequence' in probe) {
    if (promisesOf(probe).length === 0) throw new Error('the sequence shows nothing')
    return
  }
  const { name } = algorithmNamed(probe.lock)
  if (!checkers.some(({ promise }) => promise === probe.promise)) {
    throw new Error(`nobody judges ${probe.promise}`)
  }
  if ('under' in probe) faultClassNamed(probe.under)
  else if ('scenario' in probe) scenarioNamed(probe.scenario)
  else parsePlan({ format: PLAN_FORMAT, algorithm: name, seed: 0, ...probe.plan })
}

describe.each(named)('%s', (_name, mutant) => {
  it('is one piece of one line, and something else instead', () => {
    const source = readFileSync(join(ROOT, mutant.file), 'utf8')
    expect(occurrences(source, mutant)).toBe(1)
    expect(mutant.find).not.toContain('\n')
    expect(mutant.replace).not.toBe(mutant.find)
  })

  it('has a probe that can be run, or a reason why it has none', () => {
    expect(() => prepare(mutant)).not.toThrow()
  })
})

describe('the mutants', () => {
  it('are many, and nearly all of them can be told from the original', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(MUTANTS_MIN)
    expect(mutants.filter((mutant) => !isProbed(mutant)).length).toBeLessThanOrEqual(EQUIVALENT_MAX)
  })

  it('have a fault each that no other of the file has', () => {
    expect(new Set(named.map(([name]) => name)).size).toBe(mutants.length)
  })

  it('are in every service', () => {
    for (const entry of readdirSync(join(ROOT, 'sim/services'), { withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const inside = [...files].filter((file) => file.startsWith(`sim/services/${entry.name}/`))
      expect([entry.name, inside.length > 0]).toEqual([entry.name, true])
    }
    expect(files).toContain('sim/services/dynamodb.ts')
    expect(files).toContain('sim/services/store.ts')
  })

  it('are in every lock and protocol', () => {
    const locks = algorithms.filter(({ canary }) => canary !== true)
    const missing = locks.filter(({ name }) => !files.has(`algorithms/${name}.ts`))
    expect(missing.map(({ name }) => name)).toEqual([])
  })

  it('are found out by every promise that can be broken', () => {
    // Which promise it was is known only after the run, but for those that name one.
    const wanted = new Set(mutants.filter(isProbed).flatMap(({ probe }) => promisesOf(probe)))
    const owed = checkers.filter(({ mood }) => mood !== 'sometimes')
    expect(owed.map(({ promise }) => promise).filter((promise) => !wanted.has(promise))).toEqual([])
  })
})
