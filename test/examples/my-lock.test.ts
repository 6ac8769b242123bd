/** The example of the page on the library: the tests of a lock. */

import { parsePlan, run } from 'locksim'
import 'locksim/vitest'
import { describe, expect, it } from 'vitest'
import { myLock } from './my-lock.ts'

describe('my lock', () => {
  it('is granted to one client at a time, whoever stands still', () => {
    expect(myLock).toHold('exclusion/service', { under: ['pause'] })
  })

  it('does not keep two of them apart at the store: whoever is late writes all the same', () => {
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
