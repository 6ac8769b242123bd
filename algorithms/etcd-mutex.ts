/** The mutex of etcd's client library: one key a session under a prefix, the first created holds, each watches the one before. */

import { monotonic, receive, sleep, spawn } from '#sim'
import type { EtcdClient, EtcdEvent, EtcdSession, Mailbox, Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { firstOwner, ownersUnder } from './etcd-holders.ts'
import { duration, flag, oneOf } from './parameters.ts'

const LIBRARY = 'etcd client/v3/concurrency/{mutex,session,key}.go'
const WHY = 'etcd.io, docs/learning/why, "Notes on the usage of lock and lease"'
const FAILURES = 'etcd.io, docs/op-guide/failures'

interface Connected {
  session: EtcdSession | undefined
}
interface Held extends Grant {
  readonly key: string
  readonly session: EtcdSession
}
interface Applicant {
  readonly services: { readonly etcd: EtcdClient }
  readonly session: Connected
  lost(why: string): Process
}

/** Between two attempts of what must be known to have happened. */
const AGAIN_AFTER_MS = 100

const prefixOf = (lock: string): string => `${lock}/`

function* listen(me: Applicant, done: Mailbox<string>): Process {
  const why = yield* receive(done)
  yield* me.lost(`session done: ${why ?? ''}`)
}

/** The session that lives, or a new one with a listener that tells the application when it is done. */
function* livingSession(me: Applicant, ttlMs: number): Process<EtcdSession | undefined> {
  const { session } = me
  if (session.session?.isDone === false) return session.session
  const { etcd } = me.services
  const done = etcd.mailbox<string>()
  const opened = yield* etcd.session({ ttlMs, done })
  if (!opened.ok) return undefined
  session.session = opened.value
  yield* spawn('session listener', listen(me, done))
  return opened.value
}

/** What to do about a change without an answer. The library reports an error; the rest is its caller's business. */
type Unanswered = 'new-session' | 'say-again' | 'give-up'

/** Unlock: deletes our key. */
function* remove(
  etcd: EtcdClient,
  session: EtcdSession,
  key: string,
  unanswered: Unanswered,
): Process<'ok' | 'not-held' | 'unknown'> {
  for (let attempt = 1; ; attempt++) {
    const deleted = yield* etcd.delete(key)
    if (deleted.ok) return deleted.value.deleted === 1 || attempt > 1 ? 'ok' : 'not-held'
    if (unanswered === 'give-up' || session.isDone) return 'unknown'
    if (unanswered === 'new-session') {
      yield* session.close()
      return 'unknown'
    }
    yield* sleep(AGAIN_AFTER_MS)
  }
}

/** Waits for the end of every key that was created before ours, the newest of them first (key.go waitDeletes). */
function* waitForDeletes(
  etcd: EtcdClient,
  prefix: string,
  maxCreateRevision: number,
  untilMs: number,
): Process<boolean> {
  for (;;) {
    const found = yield* etcd.get({
      key: prefix,
      prefix: true,
      only: 'last-created',
      maxCreateRevision,
    })
    if (!found.ok) return false
    const [before] = found.value.kvs
    if (before === undefined) return true
    const inbox = etcd.mailbox<EtcdEvent>()
    const watched = { key: before.key, fromRevision: found.value.revision }
    const watch = yield* etcd.watch(watched, inbox)
    for (let isGone = false; !isGone;) {
      const leftMs = untilMs - (yield* monotonic())
      const event = leftMs > 0 ? yield* receive(inbox, leftMs) : undefined
      if (event === undefined) {
        yield* watch.close()
        return false
      }
      isGone = event.type === 'delete'
    }
    yield* watch.close()
  }
}

/**
 * As in the library, with the use that its documentation asks for: the revision of the key goes with every action on
 * what the lock protects. Without it a client that sleeps through its lease works on beside the next one.
 */
export const etcdMutex = defineAlgorithm({
  name: 'etcd-mutex',
  summary: 'etcd client library: a key with the session’s lease, the first created one holds',
  sources: [
    LIBRARY,
    WHY,
    'Jepsen, etcd 3.4.3 (2020)',
    'etcd-io/etcd#11408: the check of one’s own key after the wait',
  ],
  steps: [
    'Grant a lease and keep it alive each third of its TTL: that is the session.',
    'In one transaction: if we have no key under the prefix, put one with our lease; read the key that was created first.',
    'If that is ours, we hold. Otherwise wait for the end of the newest key that is older than ours, until there is none.',
    'Look whether our own key is still there: if not, the session ended while we waited.',
    'Release: delete our key; the end of the lease deletes it as well.',
  ],
  useWhen:
    'Where the resource can check the key’s revision, or is in etcd itself and changed in a transaction that compares it. Not as exclusion on its own: its documentation says so.',
  claims: [
    { promise: 'exclusion/service', from: LIBRARY },
    { promise: 'fencing', from: WHY },
    { promise: 'fairness', from: LIBRARY },
    { promise: 'deadlock-freedom', from: LIBRARY },
    { promise: 'availability', from: FAILURES },
  ],
  needs: { etcd: 3 },
  scales: 'etcd',
  parameters: {
    sessionTtlMs: duration(
      10_000,
      'TTL of the lease, in whole seconds, at least 2 (the library’s own default is 60 s, which makes long runs)',
    ),
    patienceMs: duration(60_000, 'how long one call of acquire waits before it gives up its place'),
    checkOwnKey: flag(
      true,
      'whether a waiter looks at its own key before it believes (false: clients before #11408)',
    ),
    unanswered: oneOf(
      ['new-session', 'say-again', 'give-up'],
      'new-session',
      'what follows a put or delete without an answer, which may still come to pass: the end of the session, so that the next key has another name; the same again; or nothing',
    ),
  },
  gives: () => ({ token: true, validity: false, reentry: true }),
  leaseMs: ({ sessionTtlMs }) => sessionTtlMs,
  doorway: {
    name: 'the transaction that creates the key is committed',
    waiting: ({ etcd }, lock) => ownersUnder(etcd, prefixOf(lock)),
  },

  *open(): Process<Connected> {
    return { session: undefined }
  },

  *acquire(me, { sessionTtlMs, patienceMs, checkOwnKey, unanswered }): Process<Held | undefined> {
    const { etcd } = me.services
    const untilMs = (yield* monotonic()) + patienceMs
    const session = yield* livingSession(me, sessionTtlMs)
    if (session === undefined) return undefined
    const prefix = prefixOf(me.lock)
    const key = prefix + session.lease.toString(16)
    const first = { op: 'range', key: prefix, prefix: true, only: 'first-created' } as const

    let entered
    for (;;) {
      entered = yield* etcd.txn({
        compare: [{ key, target: 'createRevision', is: '=', to: 0 }],
        success: [{ op: 'put', key, value: '', lease: session.lease }, first],
        // A session has one key: whoever comes again takes its old place.
        failure: [{ op: 'range', key }, first],
      })
      if (entered.ok || entered.why === 'refused' || session.isDone) break
      if (unanswered !== 'say-again' || (yield* monotonic()) >= untilMs) break
    }
    if (!entered.ok) {
      if (unanswered === 'new-session' && entered.why === 'timeout') yield* session.close()
      else if (unanswered !== 'give-up') yield* remove(etcd, session, key, unanswered)
      return undefined
    }
    const { revision, succeeded, responses } = entered.value
    const token = succeeded ? revision : (responses[0]?.[0]?.createRevision ?? revision)
    const [owner] = responses[1] ?? []
    if (owner === undefined || owner.createRevision === token) return { token, key, session }

    const isFirst = yield* waitForDeletes(etcd, prefix, token - 1, untilMs)
    if (!isFirst) {
      yield* remove(etcd, session, key, unanswered)
      return undefined
    }
    if (!checkOwnKey) return { token, key, session }
    const own = yield* etcd.get({ key })
    if (own.ok && own.value.kvs.length > 0) return { token, key, session }
    if (!own.ok) yield* remove(etcd, session, key, unanswered)
    return undefined
  },

  *release(me, { key, session }, { unanswered }) {
    return yield* remove(me.services.etcd, session, key, unanswered)
  },

  holders: ({ etcd }, lock) => firstOwner(etcd, prefixOf(lock)),
})
