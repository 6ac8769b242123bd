/** Telling a run: as the command line does, from the result alone or from what was recorded. */

import { describe, expect, it } from 'vitest'
import type { TraceEvent } from '#sim'
import { randomChoice } from '#sim'
import { InputError } from './errors.ts'
import { parsePlan } from './plan.ts'
import { run } from './run.ts'
import { tell } from './tell.ts'

const plan = parsePlan({
  format: 'locksim-plan/1',
  algorithm: 'redlock',
  seed: 3,
  faults: [
    { kind: 'pause', node: 'client-1', at: { node: 'client-1', event: 'granted' }, forMs: 15_000 },
  ],
})

describe('tell', () => {
  it('tells a run from its result, and the same from its events', () => {
    const events: TraceEvent[] = []
    const result = run(plan, { record: (event) => events.push(event) })
    const told = tell(result)
    expect(told).toMatch(/^redlock, seed 3\n/)
    expect(told).toContain('▶ client-1 stands still for 15,000 ms')
    expect(told).toMatch(/\nagain: npx locksim run redlock --plan '\{.*"seed":3.*\}'\n$/)
    expect(tell(result, { events })).toBe(told)
  })

  it('keeps to the width of the page, and to ASCII if asked to', () => {
    const told = tell(run(plan), { columns: 100, ascii: true })
    const lines = told.split('\n').filter((line) => !line.startsWith('again: '))
    expect(Math.max(...lines.map((line) => line.length))).toBeGreaterThan(80)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
    expect(told).not.toMatch(/[✓✗│█▶]/)
  })

  it('does not tell another run than the one it was given', () => {
    const events: TraceEvent[] = []
    const options = { choice: randomChoice(99), record: (event: TraceEvent) => events.push(event) }
    const result = run(plan, options)
    expect(() => tell(result)).toThrow(InputError)
    expect(tell(result, { events })).toContain(`hash ${result.hash}`)
  })
})
