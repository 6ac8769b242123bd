/** The page that `npm run shrinking` writes says what was promised of shrinking, and would say so if it were not kept. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { shrinkingMarkdown } from '#runs'
import type { ShrunkCase } from '#runs'

interface Row {
  readonly name: string
  readonly plans: number
  readonly locks: number
  readonly faultsAfter: number
  readonly medianMs: number
  readonly worstMs: number
  readonly minimal: string
}

const numberOf = (text = ''): number => Number(text.replaceAll(',', ''))

const rowsOf = (page: string): readonly Row[] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('→'))
    .map((line) => {
      const cells = line.split('|').map((cell) => cell.trim())
      return {
        name: cells[1] ?? '',
        plans: numberOf(cells[2]),
        locks: numberOf(cells[3]),
        faultsAfter: numberOf(cells[4]?.split('→')[1]),
        medianMs: numberOf(cells[10]),
        worstMs: numberOf(cells[11]),
        minimal: cells[12] ?? '',
      }
    })

const rows = rowsOf(
  readFileSync(new URL('../docs/reference/shrinking.md', import.meta.url), 'utf8'),
)
const all = rows.at(-1)

describe('the page about shrinking', () => {
  it('is about 500 plans of many locks and promises, every one of them 1-minimal', () => {
    expect(rows.length).toBeGreaterThan(12)
    expect(new Set(rows.map(({ minimal }) => minimal))).toEqual(new Set(['100 %']))
    expect(all?.name).toBe('**all**')
    expect(all?.plans).toBeGreaterThanOrEqual(500)
    expect(all?.locks).toBeGreaterThanOrEqual(10)
    expect(rows.slice(0, -1).reduce((sum, { plans }) => sum + plans, 0)).toBe(all?.plans)
  })

  it('has small plans in it, found in a short time', () => {
    expect(all?.faultsAfter).toBeLessThanOrEqual(2)
    expect(all?.medianMs).toBeLessThan(300)
    expect(all?.worstMs).toBeLessThanOrEqual(2_000)
  })

  it('would not say 100 % of plans of which one is not minimal', () => {
    const size = { faults: 2, clients: 2, rounds: 1, servers: 1, events: 10 }
    const one: ShrunkCase = {
      algorithm: 'redlock',
      promise: 'fencing',
      before: { ...size, faults: 4 },
      after: size,
      tries: 5,
      tookMs: 1.5,
      minimal: true,
    }
    const cases = Array.from({ length: 2_000 }, (_, index) => ({ ...one, minimal: index > 0 }))
    const page = shrinkingMarkdown(cases)
    expect(rowsOf(page).map(({ minimal }) => minimal)).toEqual(['99.9 %', '99.9 %'])
    expect(page).toContain('| 4 → 2 | 2 → 2 |')
    expect(page).toContain('What was left: 0 with 0 faults, 0 with 1 fault, 2,000 with 2 faults.')
  })
})
