/** A beat is seen through the shared memory of its task, and nowhere else. */

import { afterEach, describe, expect, it } from 'vitest'
import { beat, makePulse, pulse, readPulse, usePulse } from './heartbeat.ts'

afterEach(() => usePulse(undefined))

describe('a task', () => {
  it('has said nothing before it begins', () => {
    expect(readPulse(makePulse())).toEqual({ said: 0n, run: undefined })
  })

  it('is heard whenever it says something, and says which run it is in', () => {
    const memory = makePulse()
    usePulse(memory)
    pulse()
    expect(readPulse(memory)).toEqual({ said: 1n, run: undefined })
    beat(0)
    expect(readPulse(memory)).toEqual({ said: 2n, run: 0 })
    pulse()
    beat(4_294_967_296)
    expect(readPulse(memory)).toEqual({ said: 4n, run: 4_294_967_296 })
  })

  it('is not heard in the memory of another, nor where nobody watches', () => {
    const [one, other] = [makePulse(), makePulse()]
    usePulse(one)
    beat(1)
    usePulse(other)
    beat(2)
    usePulse(undefined)
    beat(3)
    expect([readPulse(one).run, readPulse(other).run]).toEqual([1, 2])
  })
})
