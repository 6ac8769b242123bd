/** The example of the page on the library: the tests of a lock. */

import { parsePlan, run } from 'locksim'
import 'locksim/vitest'
import { describe, expect, it } from 'vitest'
import { myLock } from './my-lock.ts'

describe('my lock', () => {
  it('lets one in at a time while nothing goes wrong', () => {
    expect(myLock).toHold('exclusion/effect', { under: [] })
  })

  it('does not survive a pause that is longer than its lease, which is why the store must check', () => {
    expect(myLock).not.toHold('exclusion/effect', { under: ['pause'] })
  })

  it('never deletes the key of somebody else', () => {
    expect(myLock).toHold('ownership', { under: ['pause', 'clock'], parameters: { ttlMs: 2_000 } })
  })

  it('outlives the crash of its holder', () => {
    const plan = parsePlan({
      format: 'locksim-plan/1',
      algorithm: myLock.name,
      faults: [{ kind: 'crash', node: 'client-1', at: { node: 'client-1', event: 'granted' } }],
    })
    expect(run(plan, { algorithm: myLock })).toHaveHeld('deadlock-freedom')
  })
})
