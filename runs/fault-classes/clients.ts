/** Classes that strike clients: `none`, `client-crash`, `client-pause`, `client-suspend`. */

import { defineFaultClass } from './fault-class.ts'
import { among, beyondLease, momentFor, msBetween } from './moments.ts'

/** Nothing goes wrong: only latencies and the order of things are by chance. */
export const none = defineFaultClass({
  name: 'none',
  code: 'no',
  kinds: [],
  summary: 'nothing goes wrong; latencies and the order of events are drawn',
  draw: () => ({ faults: [] }),
})

/** A client process dies, by itself or with its machine, for good or to come back. */
export const clientCrash = defineFaultClass({
  name: 'client-crash',
  code: 'cc',
  kinds: ['crash'],
  summary: 'a client’s process or machine dies, for good or to come back',
  draw(stream, cast) {
    const node = among(stream, cast.clients)
    const silent = stream.pick(3) === 0 ? { silent: true } : {}
    const back = stream.pick(2) === 0 ? {} : { forMs: msBetween(stream, 1, cast.leaseMs * 1.5) }
    return {
      faults: [{ kind: 'crash', node, at: momentFor(stream, cast, node), ...silent, ...back }],
    }
  },
})

/** A client stands still past the end of its lease; its clocks run on. */
export const clientPause = defineFaultClass({
  name: 'client-pause',
  code: 'cp',
  kinds: ['pause'],
  summary: 'a client stands still for longer than its lease (GC, SIGSTOP); its clocks run on',
  draw(stream, cast) {
    const node = among(stream, cast.clients)
    return {
      faults: [
        {
          kind: 'pause',
          node,
          at: momentFor(stream, cast, node),
          forMs: beyondLease(stream, cast),
        },
      ],
    }
  },
})

/** A client's machine is suspended past the end of its lease: its monotonic clock stops too. */
export const clientSuspend = defineFaultClass({
  name: 'client-suspend',
  code: 'cs',
  kinds: ['suspend'],
  summary: 'a client’s machine is suspended for longer than its lease; its monotonic clock stops',
  draw(stream, cast) {
    const node = among(stream, cast.clients)
    return {
      faults: [
        {
          kind: 'suspend',
          node,
          at: momentFor(stream, cast, node),
          forMs: beyondLease(stream, cast),
        },
      ],
    }
  },
})
