/** The queue in a list: RPUSH stands in it, the head has the lock, the release removes the head. */

import { clock, monotonic, receive } from '#sim'
import type { Mailbox, Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { duration, oneOf } from './parameters.ts'

const ARTICLE =
  '极客时间, 分布式技术原理与算法解析, Q&A no. 14 (聂鹏程): when a process releases, the first in the queue may go'
const REDISSON = 'Redisson RedissonFairLock.java, on waiters whose time is over'

interface PlaceGrant extends Grant {
  readonly element: string
}

/** Who it is, which of its attempts, and until when the entry is good by the clock of whoever made it. */
interface Place {
  readonly client: string
  readonly id: string
  readonly untilMs: number
}

const textOf = ({ client, id, untilMs }: Place): string => `${client}/${id}/${untilMs}`

const placeOf = (element: string): Place => {
  const [client = '', id = '', untilMs = ''] = element.split('/')
  return { client, id, untilMs: Number(untilMs) }
}

const queueOf = (lock: string): string => `${lock}:queue`
const channelOf = (lock: string, client: string): string => `${lock}:turn:${client}`
const aliveOf = (lock: string, id: string): string => `${lock}:alive:${id}`

interface Listening {
  readonly turns: Mailbox<string>
}

/** Whether the head of the queue may be dropped. */
function* isStale(
  me: Client<{ redis: 1 }, Listening>,
  head: Place,
  pruneBy: 'client-clock' | 'server-expiry',
): Process<boolean> {
  if (pruneBy === 'client-clock') return head.untilMs < (yield* clock())
  const alive = yield* me.services.redis.primary.exists(aliveOf(me.lock, head.id))
  return alive.ok && alive.value === 0
}

/**
 * An explicit queue. Its head has the lock, alive or not: whoever dies in it holds up all the others until somebody
 * drops it. Whether an entry is stale is told by a stamp of its maker's clock that others compare with
 * theirs, and a release that just pops the head pops whoever is there.
 */
export const redisQueue = defineAlgorithm({
  name: 'redis-queue',
  summary: 'a queue of ids in a Redis list: the head has the lock, and its release wakes the next',
  sources: [
    ARTICLE,
    REDISSON,
    'redis docs/commands/rpush.md, lindex.md, lpop.md, docs/interact/pubsub.md',
  ],
  steps: [
    'Acquire: RPUSH our id with the time until which we shall be there.',
    'While LINDEX 0 is another: drop it if its time is over, else wait for a message or a second.',
    'Hold: nothing is renewed; whoever finds our time over drops us as well.',
    'Release: LPOP, then PUBLISH to whoever is first now; repaired, LREM our own entry.',
  ],
  useWhen:
    'To see why queues in Redis are kept by scripts, as in Redisson’s fair lock. Not with clients whose clocks may differ.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'starvation', from: ARTICLE },
    { promise: 'fairness', from: ARTICLE },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: {
    patienceMs: duration(60_000, 'how long one call of acquire waits before it leaves the queue'),
    pollMs: duration(1_000, 'how long to wait for a message before looking again'),
    staleAfterMs: duration(
      0,
      'for how long an entry is good, waiting and holding together; 0 for ever',
    ),
    pruneBy: oneOf(
      ['client-clock', 'server-expiry'],
      'client-clock',
      'how an entry is found stale: by a stamp that clients write and compare, or by a key that expires in the server',
    ),
    release: oneOf(['pop', 'remove'], 'pop', 'LPOP whoever is first; or LREM our own entry'),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ staleAfterMs }) => (staleAfterMs === 0 ? Infinity : staleAfterMs),

  *open(me): Process<Listening> {
    const listener = me.services.redis.primary.connect()
    const channel = channelOf(me.lock, me.name)
    yield* listener.subscribe(channel)
    return { turns: listener.messages(channel) }
  },

  *acquire(me, parameters): Process<PlaceGrant | undefined> {
    const { patienceMs, pollMs, staleAfterMs, pruneBy } = parameters
    const { primary } = me.services.redis
    const queue = queueOf(me.lock)
    const prunes = staleAfterMs > 0
    const id = me.token()
    const untilMs = Math.floor(yield* clock()) + staleAfterMs
    const element = textOf({ client: me.name, id, untilMs })
    if (prunes && pruneBy === 'server-expiry') {
      yield* primary.set(aliveOf(me.lock, id), '1', { pxMs: staleAfterMs })
    }
    const pushed = yield* primary.rpush(queue, element)
    if (!pushed.ok) return undefined

    const deadlineMs = (yield* monotonic()) + patienceMs
    for (;;) {
      const first = yield* primary.lindex(queue, 0)
      if (first.ok && first.value === element) return { element }
      if (first.ok && first.value !== null && prunes) {
        if (yield* isStale(me, placeOf(first.value), pruneBy)) {
          yield* primary.lrem(queue, 1, first.value)
          continue
        }
      }
      const leftMs = deadlineMs - (yield* monotonic())
      // An empty queue says that somebody has dropped us.
      if (leftMs <= 0 || (first.ok && first.value === null)) break
      yield* receive(me.session.turns, Math.min(pollMs, leftMs))
    }
    yield* primary.lrem(queue, 0, element)
    return undefined
  },

  *release(me, { element }, { release }) {
    const { primary } = me.services.redis
    const queue = queueOf(me.lock)
    let wasOurs = false
    if (release === 'pop') {
      const popped = yield* primary.lpop(queue)
      if (!popped.ok) return popped.why === 'refused' ? 'not-held' : 'unknown'
      wasOurs = popped.value === element
    } else {
      const removed = yield* primary.lrem(queue, 1, element)
      if (!removed.ok) return removed.why === 'refused' ? 'not-held' : 'unknown'
      wasOurs = removed.value === 1
    }
    const next = yield* primary.lindex(queue, 0)
    if (next.ok && next.value !== null) {
      yield* primary.publish(channelOf(me.lock, placeOf(next.value).client), 'your turn')
    }
    return wasOurs ? 'ok' : 'not-held'
  },

  holders: ({ redis }, lock) =>
    redis.flatMap(({ up, data }) => (up ? data.pushed(queueOf(lock)).slice(0, 1) : [])),

  doorway: {
    name: 'the client’s id is in the list',
    waiting: ({ redis }, lock) =>
      redis.flatMap(({ up, data }) => (up ? data.pushed(queueOf(lock)) : [])),
  },
})
