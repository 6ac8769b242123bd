/** Tests of the leader's lessor: when a lease runs out, and what a keepalive can still do then. */

import { describe, expect, it } from 'vitest'
import { arm, disarm, minTtlMs, newLessor, nextScanMs, renew, scan } from './leases.ts'

describe('the lessor of etcd', () => {
  it('looks each 500 ms from its election on, and wakes only when there is something to find', () => {
    const lessor = newLessor(1_100)
    expect(nextScanMs(lessor)).toBe(Infinity)
    arm(lessor, 7, 2_000, 0, 1_200)
    expect(nextScanMs(lessor)).toBe(3_600)
    expect(scan(lessor, 3_100)).toEqual([])
    expect(scan(lessor, 3_600)).toEqual([7])
  })

  it('proposes a revocation once more if the lease is still there three seconds later', () => {
    const lessor = newLessor(0)
    arm(lessor, 7, 2_000, 0, 0)
    expect(scan(lessor, 2_000)).toEqual([7])
    expect(nextScanMs(lessor)).toBe(5_000)
    disarm(lessor, 7)
    expect(scan(lessor, 5_000)).toEqual([])
    expect(nextScanMs(lessor)).toBe(Infinity)
  })

  it('gives the full TTL again to a lease that is kept alive in time, and to no other', () => {
    const lessor = newLessor(0)
    arm(lessor, 7, 2_000, 1_000, 0)
    expect(renew(lessor, 7, 2_500)).toBe(2_000)
    expect(scan(lessor, 3_000)).toEqual([])
    expect(nextScanMs(lessor)).toBe(4_500)
    // It has run out and is not revoked yet: the answer has to wait.
    expect(renew(lessor, 7, 4_500)).toBe('ending')
    disarm(lessor, 7)
    expect(renew(lessor, 7, 4_600)).toBe('gone')
  })

  it('grants no less than one and a half election timeouts, in whole seconds', () => {
    expect([1_000, 500, 2_000].map(minTtlMs)).toEqual([2_000, 1_000, 3_000])
  })
})
