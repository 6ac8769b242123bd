/** Leader election of Kubernetes' client-go: a Lease object that its holder renews and others watch by their own clocks. */

import { monotonic, sleep, spawn, stop } from '#sim'
import type { EtcdClient, Process, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { newestOf } from './etcd-holders.ts'
import {
  giveBack,
  keyOfLease,
  newElector,
  readRecord,
  tryAcquireOrRenew,
} from './kubernetes-record.ts'
import type { Elector, ElectorConfig } from './kubernetes-record.ts'
import { duration, flag, oneOf } from './parameters.ts'

const PACKAGE = 'client-go tools/leaderelection/leaderelection.go, the package comment'
const CONCURRENCY = 'Kubernetes API concepts, resourceVersion and optimistic concurrency'

/** A wait between two attempts to acquire is longer by up to so many times the retry period. */
const JITTER_FACTOR = 1.2

interface Held extends Grant {
  readonly renewer: Task
}

/** Sleeps until a moment of the local clock, at most. */
function* sleepUntil(untilMs: number, atMostMs: number): Process {
  const leftMs = untilMs - (yield* monotonic())
  if (leftMs > 0) yield* sleep(Math.min(leftMs, atMostMs))
}

interface Leader {
  readonly services: { readonly etcd: EtcdClient }
  readonly session: Elector
  lost(why: string): Process
}

/** What a holder does in the background. */
interface Renewal {
  readonly retryPeriodMs: number
  readonly renewDeadlineMs: number
  readonly requestTimeoutMs: number
  readonly boundRequests: boolean
  /** When the context is cancelled, by the local clock. */
  readonly cancelAtMs: number
}

/** Renews until it does not succeed for the renew deadline, or is cancelled. */
function* renew(
  api: EtcdClient,
  elector: Elector,
  config: ElectorConfig,
  renewal: Renewal,
): Process<string> {
  const { retryPeriodMs, renewDeadlineMs, requestTimeoutMs, boundRequests, cancelAtMs } = renewal
  for (;;) {
    const deadlineMs = (yield* monotonic()) + renewDeadlineMs
    for (;;) {
      const nowMs = yield* monotonic()
      if (nowMs >= cancelAtMs) return 'cancelled'
      if (nowMs >= deadlineMs) return 'not renewed in time'
      const patienceMs = boundRequests
        ? Math.min(requestTimeoutMs, deadlineMs - nowMs)
        : requestTimeoutMs
      if (yield* tryAcquireOrRenew(api.within(patienceMs), elector, config)) break
      yield* sleepUntil(Math.min(deadlineMs, cancelAtMs), retryPeriodMs)
    }
    yield* sleepUntil(cancelAtMs, retryPeriodMs)
  }
}

const RELEASES = ['after-work', 'at-once', 'never'] as const

/** What becomes of the lease when its holder is cancelled. */
interface Ending {
  readonly releaseOnCancel: (typeof RELEASES)[number]
  readonly releaseLooks: boolean
  readonly cancelsWork: boolean
}

/** Leads until it is over, and says so. */
function* lead(me: Leader, config: ElectorConfig, renewal: Renewal & Ending): Process {
  const { etcd } = me.services
  const { releaseOnCancel, releaseLooks, cancelsWork, renewDeadlineMs } = renewal
  const why = yield* renew(etcd, me.session, config, {
    ...renewal,
    // Otherwise the lease is renewed until the work has come to its end.
    cancelAtMs: releaseOnCancel === 'after-work' ? Infinity : renewal.cancelAtMs,
  })
  if (releaseOnCancel === 'at-once') {
    yield* giveBack(etcd.within(renewDeadlineMs), me.session, releaseLooks)
  }
  if (cancelsWork) yield* me.lost(`stopped leading: ${why}`)
}

/**
 * As published. Not a lock by its own account: it says who acts, and does not make sure that nobody else does. An
 * observer waits from when it last *saw* the record change, so that clocks may differ but must not run at very
 * different rates, and a holder that stands still goes on as a second leader when it wakes.
 */
export const kubernetesLease = defineAlgorithm({
  name: 'kubernetes-lease',
  summary: 'Kubernetes leader election: a Lease object, renewed by compare-and-swap',
  sources: [
    'client-go tools/leaderelection/leaderelection.go, resourcelock/leaselock.go',
    'kubernetes/kubernetes#47671 and #114872: whose LeaseDuration an observer waits for',
    'kubernetes/kubernetes#44887, #65094 and #98059: requests that take longer than RenewDeadline',
    'kubernetes/kubernetes#71490 and #139991: ReleaseOnCancel while the work goes on',
  ],
  steps: [
    'Get the Lease object. If its record changed, note the local time.',
    'If somebody holds it and LeaseDuration has not passed since then, try again after RetryPeriod and a random part more.',
    'Otherwise write our name into it, provided that the object’s version is still the one that we saw.',
    'Hold: write it again each RetryPeriod. When that has not succeeded for RenewDeadline, stop leading.',
    'Release: write no name into it.',
  ],
  useWhen:
    'Where two leaders for a while do no harm, because what they do is idempotent or checked by the API server’s versions. It gives no token worth the name.',
  claims: [
    { promise: 'exclusion/service', from: CONCURRENCY },
    { promise: 'deadlock-freedom', from: PACKAGE },
  ],
  needs: { etcd: 3 },
  scales: 'etcd',
  parameters: {
    leaseDurationMs: duration(15_000, 'how long others wait for a record that does not change'),
    renewDeadlineMs: duration(
      10_000,
      'how long the holder tries to renew before it stops; less than LeaseDuration',
    ),
    retryPeriodMs: duration(2_000, 'between two attempts'),
    requestTimeoutMs: duration(
      5_000,
      'how long a request to the API server may take; half of RenewDeadline in Kubernetes’ own components',
    ),
    boundRequests: flag(
      true,
      'whether a request is given up at RenewDeadline (false: before #65094)',
    ),
    observerUses: oneOf(
      ['record', 'own'],
      'record',
      'whose LeaseDuration an observer waits for (own: before #114872)',
    ),
    othersLeaseDurationMs: duration(
      0,
      'LeaseDuration that all clients but the first are configured with; 0: the same',
    ),
    cancelsWork: flag(
      true,
      'whether the work stops when OnStoppedLeading is called; it only gets its context cancelled',
    ),
    cancelAfterMs: duration(
      0,
      'when the context of a holder is cancelled, e.g. by a rolling update, after it began to lead; 0: never',
    ),
    releaseOnCancel: oneOf(
      RELEASES,
      'after-work',
      'whether the lease is given back: when the work is done (#139991), as soon as the context is cancelled, or never (the library’s default)',
    ),
    releaseLooks: flag(
      false,
      'whether a release looks who holds the object that it overwrites (the library only looks at its own memory)',
    ),
    useTransitions: flag(
      false,
      'whether leaderTransitions goes for a token: it counts changes of the holder’s name only',
    ),
    patienceMs: duration(60_000, 'how long one call of acquire waits'),
  },
  gives: ({ useTransitions }) => ({ token: useTransitions, validity: false }),
  leaseMs: ({ leaseDurationMs }) => leaseDurationMs,

  *open(me): Process<Elector> {
    // Hostname and a UUID, as everybody does: a process that comes back is somebody else.
    return newElector(me.lock, `${me.name}_${me.token()}`)
  },

  *acquire(me, parameters): Process<Held | undefined> {
    const { requestTimeoutMs, retryPeriodMs, cancelAfterMs } = parameters
    const { leaseDurationMs, othersLeaseDurationMs, observerUses } = parameters
    const elector = me.session
    const config: ElectorConfig = {
      leaseDurationMs:
        me.name === 'client-1' || othersLeaseDurationMs === 0
          ? leaseDurationMs
          : othersLeaseDurationMs,
      observerUses,
    }
    const { etcd } = me.services
    const untilMs = (yield* monotonic()) + parameters.patienceMs
    while (!(yield* tryAcquireOrRenew(etcd.within(requestTimeoutMs), elector, config))) {
      if ((yield* monotonic()) >= untilMs) return undefined
      yield* sleep(retryPeriodMs + me.jitterMs(retryPeriodMs * JITTER_FACTOR))
    }
    const cancelAtMs = cancelAfterMs > 0 ? (yield* monotonic()) + cancelAfterMs : Infinity
    const renewer = yield* spawn('elector', lead(me, config, { ...parameters, cancelAtMs }))
    return parameters.useTransitions
      ? { renewer, token: elector.observed.leaderTransitions }
      : { renewer }
  },

  *release(me, { renewer }, { releaseOnCancel, releaseLooks, renewDeadlineMs }) {
    yield* stop(renewer)
    // Nobody is told, and nobody may take it before LeaseDuration is over.
    if (releaseOnCancel === 'never') return 'unknown'
    return yield* giveBack(me.services.etcd.within(renewDeadlineMs), me.session, releaseLooks)
  },

  holders({ etcd }, lock) {
    const object = newestOf(etcd)?.key(keyOfLease(lock))
    if (object?.writer === undefined) return []
    return readRecord(object.kv.value).holderIdentity === '' ? [] : [object.writer]
  },
})
