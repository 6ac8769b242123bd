/** Classes that strike clocks: `clock-jump`, `clock-drift`, `client-clock-skew`. */

import type { AnyFaultPlan } from '#sim'
import { defineFaultClass } from './fault-class.ts'
import { among, momentFor, msBetween } from './moments.ts'

/** Wall clocks are set, ahead or back, by up to two leases. */
export const clockJump = defineFaultClass({
  name: 'clock-jump',
  code: 'cj',
  kinds: ['clock'],
  summary: 'the wall clock of a server or a client is set ahead or back, by up to two leases',
  draw(stream, cast) {
    const nodes = stream.pick(3) === 0 ? cast.clients : [...cast.role.servers, ...cast.clients]
    const faults: AnyFaultPlan[] = []
    for (let count = 1 + stream.pick(2); count > 0; count--) {
      const sign = stream.pick(3) === 0 ? -1 : 1
      faults.push({
        kind: 'clock',
        node: among(stream, nodes),
        at: momentFor(stream, cast),
        jumpMs: sign * msBetween(stream, 1, cast.leaseMs * 2),
      })
    }
    return { faults }
  },
})

/** A tenth of what a broken oscillator was seen to do, and a hundred times what NTP takes for normal. */
const DRIFT_MAX_PPM = 50_000

/** Oscillators run fast or slow, by up to 5 %, from the beginning. */
export const clockDrift = defineFaultClass({
  name: 'clock-drift',
  code: 'cd',
  kinds: ['clock'],
  summary: 'the clocks of some nodes run fast or slow, by up to 5 %',
  draw(stream, cast) {
    const clocks: Record<string, { driftPpm: number }> = {}
    for (const node of [...cast.clients, ...cast.role.servers]) {
      if (stream.pick(2) === 0) continue
      clocks[node] = {
        driftPpm: (stream.pick(2) === 0 ? 1 : -1) * (1 + stream.pick(DRIFT_MAX_PPM)),
      }
    }
    return { faults: [], clocks }
  },
})

/** The clients' wall clocks do not agree. */
export const clientClockSkew = defineFaultClass({
  name: 'client-clock-skew',
  code: 'sk',
  kinds: ['clock'],
  summary: 'the wall clocks of the clients are off, by up to two leases, and stay so',
  draw(stream, cast) {
    const clocks: Record<string, { offsetMs: number }> = {}
    for (const node of cast.clients) {
      const sign = stream.pick(2) === 0 ? 1 : -1
      clocks[node] = { offsetMs: sign * msBetween(stream, 1, cast.leaseMs * 2) }
    }
    return { faults: [], clocks }
  },
})
