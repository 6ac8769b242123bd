/** Plan files: read, written, and given in place of a file. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parsePlan } from './plan.ts'
import { readPlan, writePlan } from './plan-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'locksim-plans-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const plan = parsePlan({ format: 'locksim-plan/1', algorithm: 'redlock', seed: 5 })

describe('a plan', () => {
  it('comes back from its file', () => {
    const path = join(folder, 'plan.json')
    writePlan(path, plan)
    expect(readPlan(path)).toEqual(plan)
  })

  it('is read where it stands, if it is no path', () => {
    expect(readPlan(' {"format":"locksim-plan/1","algorithm":"redlock","seed":5}')).toEqual(plan)
  })

  it('that is wrong is refused without its whole text', () => {
    expect(() => readPlan('{"format":')).toThrow(/^the plan: not JSON/)
    expect(() => readPlan('{"format":"locksim-plan/1"}')).toThrow('algorithm: is missing')
    expect(() => readPlan(join(folder, 'none.json'))).toThrow('none.json')
  })
})
