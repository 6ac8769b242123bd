/** The mutants: each is one piece of the source, and a probe that exists. Whether it is killed, `npm run mutants` tells. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { algorithms, isProtocol } from '#algorithms'
import {
  algorithmNamed,
  checkers,
  faultClassNamed,
  parsePlan,
  PLAN_FORMAT,
  scenarioNamed,
  sequenceNamed,
} from '#runs'
import { families } from '../bench/mutants/list.ts'
import type { AnyMutant, Mutant } from '../bench/mutants/mutant.ts'

const ROOT = join(import.meta.dirname, '..')
const MUTANTS_MIN = 150
const EQUIVALENT_MAX = 5
/** Which part of the locks must have a mutant in a file of their own. */
const LOCKS_PART_MIN = 0.9

const mutants = families.flatMap((family) => family.mutants)
const isProbed = (mutant: AnyMutant): mutant is Mutant => 'probe' in mutant
const named = mutants.map((mutant) => [`${mutant.file}: ${mutant.fault}`, mutant] as const)
const files = new Set(mutants.map(({ file }) => file))

describe.each(named)('%s', (_name, mutant) => {
  it('is one piece of one line, and something else instead', () => {
    const source = readFileSync(join(ROOT, mutant.file), 'utf8')
    expect(source.split(mutant.find).length - 1).toBe(1)
    expect(mutant.find).not.toContain('\n')
    expect(mutant.replace).not.toBe(mutant.find)
  })

  it('has a probe that can be run', () => {
    if (!isProbed(mutant)) {
      expect(mutant.equivalent).toMatch(/^.{20}/)
      return
    }
    const { probe } = mutant
    if ('sequence' in probe) {
      const { sequence, isRepaired } = sequenceNamed(probe.sequence)
      expect(isRepaired ? sequence.repaired : sequence).toHaveProperty('shows')
      return
    }
    expect(algorithmNamed(probe.lock).name).toBe(probe.lock)
    expect(checkers.map(({ promise }) => promise)).toContain(probe.promise)
    if ('under' in probe) expect(faultClassNamed(probe.under).name).toBe(probe.under)
    else if ('scenario' in probe) expect(scenarioNamed(probe.scenario).name).toBe(probe.scenario)
    else {
      const plan = parsePlan({ format: PLAN_FORMAT, algorithm: probe.lock, seed: 0, ...probe.plan })
      expect(plan.algorithm).toBe(probe.lock)
    }
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

  it('are in most of the locks and protocols', () => {
    const locks = algorithms.filter(({ canary }) => canary !== true)
    const missing = locks.filter(({ name }) => !files.has(`algorithms/${name}.ts`))
    const names = missing.map((lock) => `${isProtocol(lock) ? 'protocol' : 'lock'} ${lock.name}`)
    expect(names.length, names.join(', ')).toBeLessThanOrEqual((1 - LOCKS_PART_MIN) * locks.length)
  })

  it('are found out by every promise that can be broken', () => {
    // Which promise it was is known only after the run, but for those that name one.
    const wanted = new Set(
      mutants.filter(isProbed).flatMap(({ probe }) => {
        if (!('sequence' in probe)) return [probe.promise]
        const { sequence, isRepaired } = sequenceNamed(probe.sequence)
        return Object.keys((isRepaired ? sequence.repaired?.shows : sequence.shows) ?? {})
      }),
    )
    const owed = checkers.filter(({ mood }) => mood !== 'sometimes')
    expect(owed.map(({ promise }) => promise).filter((promise) => !wanted.has(promise))).toEqual([])
  })
})
