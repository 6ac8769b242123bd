/** Classes that strike messages: `late-message`, `lost-reply`, `partition`. */

import type { AnyFaultPlan } from '#sim'
import { defineFaultClass } from './fault-class.ts'
import type { ClassCast } from './fault-class.ts'
import { among, anyLength, momentFor, msBetween } from './moments.ts'

/** Servers that a client talks to: those of the lock, and the store. */
const partnersOf = ({ role, stores }: ClassCast): readonly string[] => [...role.servers, ...stores]

/** Requests or writes come late, up to well over a lease, or never. */
export const lateMessage = defineFaultClass({
  name: 'late-message',
  code: 'lm',
  kinds: ['message'],
  summary: 'requests of a client come late, by up to two leases and more, or never',
  draw(stream, cast) {
    const faults: AnyFaultPlan[] = []
    for (let count = 1 + stream.pick(2); count > 0; count--) {
      const from = among(stream, cast.clients)
      const isLate = stream.pick(3) !== 0
      faults.push({
        kind: 'message',
        from,
        to: among(stream, partnersOf(cast)),
        at: momentFor(stream, cast, from),
        nth: 1 + stream.pick(2),
        ...(isLate
          ? { action: 'delay', byMs: msBetween(stream, 1, cast.leaseMs * 2.5) }
          : { action: 'lose' }),
      })
    }
    return { faults }
  },
})

/** A request was carried out, and the client never learns of it. */
export const lostReply = defineFaultClass({
  name: 'lost-reply',
  code: 'lr',
  kinds: ['message'],
  summary: 'a server does what it was asked, and its reply is lost',
  draw(stream, cast) {
    const to = among(stream, cast.clients)
    const { servers } = cast.role
    if (servers.length === 0) return { skip: 'it has no servers' }
    // One server's reply of several is no loss to a quorum: sometimes all of them fail to answer.
    const silent = stream.pick(2) === 0 ? [among(stream, servers)] : servers
    const at = momentFor(stream, cast, to)
    const nth = 1 + stream.pick(2)
    return {
      faults: silent.map(
        (from) => ({ kind: 'message', from, to, at, nth, action: 'lose' }) as const,
      ),
    }
  },
})

/** Somebody cannot reach somebody for a while. */
export const partition = defineFaultClass({
  name: 'partition',
  code: 'pa',
  kinds: ['partition'],
  summary: 'a client, or a server, is cut off from the others for a while, both ways or one way',
  draw(stream, cast) {
    const { servers } = cast.role
    if (servers.length === 0) return { skip: 'it has no servers' }
    const client = among(stream, cast.clients)
    const server = among(stream, servers)
    const others = servers.filter((name) => name !== server)
    const groups = among(stream, [
      [[client], servers],
      [[client], servers],
      others.length === 0 ? [[client], servers] : [[server], others],
      others.length === 0 ? [cast.clients, servers] : [[server], [...others, ...cast.clients]],
    ])
    const oneWay = stream.pick(4) === 0 ? { oneWay: true } : {}
    const hold = stream.pick(4) === 0 ? { hold: true } : {}
    return {
      faults: [
        {
          kind: 'partition',
          groups: groups.map((group) => [...group]),
          at: momentFor(stream, cast, client),
          forMs: anyLength(stream, cast),
          ...oneWay,
          ...hold,
        },
      ],
    }
  },
})
