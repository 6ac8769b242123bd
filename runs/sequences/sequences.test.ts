/** Sequences: each comes out as its row says, whatever the seed, and its repair repairs it. */

import { describe, expect, it } from 'vitest'
import { run } from '../run.ts'
import { isShown, planSequence, sections } from './index.ts'
import type { Shows, ShownSequence } from './index.ts'

const SEEDS = [1, 2, 3]

const across = (sequence: ShownSequence, shows: Shows, isRepaired: boolean) =>
  SEEDS.map((seed) => {
    const { verdicts } = run(planSequence(sequence, seed, isRepaired))
    return Object.fromEntries(
      verdicts
        .filter(({ promise }) => promise in shows)
        .map(({ promise, verdict }) => [promise, verdict]),
    )
  })

const rows = sections.flatMap(({ sequences }) => sequences)

it('rows are named once each', () => {
  const names = rows.map(({ row }) => row)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[AB]\d+[a-d]?\.[A-Za-z]?\d+[a-z]?$/)
})

describe.each(sections.map((section) => [section.section, section] as const))(
  'section %s',
  (_name, { sequences }) => {
    for (const sequence of sequences.filter(isShown)) {
      const { row, tells, shows, repaired } = sequence
      it(`${row}: ${tells}`, () => {
        expect(Object.keys(shows).length).toBeGreaterThan(0)
        expect(across(sequence, shows, false)).toEqual(SEEDS.map(() => shows))
      })
      if (repaired === undefined) continue
      it(`${row}, repaired: ${repaired.how}`, () => {
        expect(across(sequence, repaired.shows, true)).toEqual(SEEDS.map(() => repaired.shows))
      })
    }
  },
)
