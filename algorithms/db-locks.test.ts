/** Tests of the database locks in whole runs. */

import { describe, expect, it } from 'vitest'

import { parsePlan, run } from '#runs'

const GRANTED = { node: 'client-1', event: 'granted', nth: 1 } as const

const broken = (algorithm: string, parameters: object = {}, faults: readonly object[] = []) => {
  const plan = {
    format: 'locksim-plan/1',
    algorithm,
    parameters,
    clients: 3,
    rounds: 2,
    workload: { workMs: 1_000 },
    faults,
  }
  const { verdicts, landed } = run(parsePlan(plan))
  expect(landed.length).toBe(faults.length)
  return verdicts.filter(({ verdict }) => verdict === 'violated').map(({ promise }) => promise)
}

describe('db-insert', () => {
  it('breaks nothing while nothing fails', () => {
    expect(broken('db-insert')).toEqual([])
  })

  it('is never free again after its holder crashed', () => {
    const crash = { kind: 'crash', node: 'client-1', at: GRANTED }
    expect(broken('db-insert', {}, [crash])).toEqual(['deadlock-freedom'])
  })
})

describe('db-for-update', () => {
  it('breaks nothing while nothing fails', () => {
    expect(broken('db-for-update')).toEqual([])
  })

  it('is free again when the server sees that its holder crashed', () => {
    const crash = { kind: 'crash', node: 'client-1', at: GRANTED }
    expect(broken('db-for-update', {}, [crash])).toEqual([])
  })

  it('is held by two when the server restarts under its holder', () => {
    const crash = { kind: 'crash', node: 'database', at: GRANTED, forMs: 5 }
    expect(broken('db-for-update', {}, [crash])).toContain('exclusion/belief')
  })

  it('is no lock with autocommit on, nor for a row that is not there', () => {
    expect(broken('db-for-update', { autocommit: true })).toContain('exclusion/effect')
    const absent = { rowExists: false, checkRow: false }
    expect(broken('db-for-update', absent)).toContain('exclusion/effect')
  })
})
