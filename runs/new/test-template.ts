/** The test that `locksim new` writes beside the lock. */

import type { Names } from './names.ts'

/** Its text. */
export const testTemplate = ({ name, variable }: Names, javascript: boolean): string => {
  const module = `./${name}.${javascript ? 'mjs' : 'js'}`
  const note = javascript ? '' : `// TypeScript and vitest find ${name}.ts by this name.\n`
  return `/** What ${name} keeps, and what it does not. \`npx vitest run\` runs this. */

import { parsePlan, run } from 'locksim'
import 'locksim/vitest'
import { describe, expect, it } from 'vitest'
${note}import { ${variable} } from '${module}'

/** Some hundred runs take a second or two, and longer on a machine that has other things to do. */
const TIMEOUT_MS = 60_000

describe('${name}', () => {
  it('keeps what it claims where nothing goes wrong', () => {
    // Three clients, and each takes the lock twice. What else may be in a plan: docs/plans.md of locksim.
    const plan = parsePlan({
      format: 'locksim-plan/1',
      algorithm: ${variable}.name,
      clients: 3,
      rounds: 2,
      seed: 1,
    })
    const { verdicts } = run(plan, { algorithm: ${variable} })
    const broken = verdicts.filter(({ verdict }) => verdict === 'violated')
    expect(broken).toEqual([])
    const kept = verdicts.filter(({ verdict }) => verdict === 'held')
    expect(kept.map(({ promise }) => promise)).toContain('exclusion/effect')
  })

  it('frees only a hold of its own, though clients stand still and crash', () => {
    expect(${variable}).toHold('ownership', { under: ['pause', 'crash'] })
  }, TIMEOUT_MS)

  // The promise that everybody needs: what two clients do under the lock never mixes. Does it hold?
  // it('keeps its sections apart, though clients stand still', () => {
  //   expect(${variable}).toHold('exclusion/effect', { under: ['pause'] })
  // }, TIMEOUT_MS)
})
`
}
