/** Sequences of the leader election of Kubernetes' client-go. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, ONE_MS } from './timelines.ts'

const SERVERS = ['etcd-1', 'etcd-2', 'etcd-3']

const pause = {
  network: ONE_MS,
  workload: { startMs: [0, 500], workMs: 25_000 },
  faults: [{ kind: 'pause', node: 'client-1', at: { ...GRANTED, afterMs: 1_000 }, forMs: 23_000 }],
} satisfies SequencePlan

// The holder cannot renew: by its own clock it stops after RenewDeadline.
const cutOff = {
  network: ONE_MS,
  workload: { startMs: [0, 500], workMs: 40_000, careful: true },
  faults: [
    {
      kind: 'partition',
      groups: [['client-1'], SERVERS],
      at: { ...GRANTED, afterMs: 5_000 },
      forMs: 60_000,
    },
  ],
} satisfies SequencePlan

const rollingUpdate = {
  network: ONE_MS,
  workload: { startMs: [0, 500], workMs: 20_000 },
  parameters: { cancelAfterMs: 5_000, releaseOnCancel: 'at-once' },
} satisfies SequencePlan

const longRequest = {
  servers: 1,
  network: ONE_MS,
  parameters: { requestTimeoutMs: 60_000, boundRequests: false },
  workload: { startMs: [0, 500], workMs: 40_000, careful: true },
  faults: [
    // One request of the holder is lost; everything else gets through.
    {
      kind: 'message',
      action: 'lose',
      from: 'client-1',
      to: 'etcd',
      operation: 'txn',
      at: { ...GRANTED, afterMs: 5_000 },
      count: 1,
    },
  ],
} satisfies SequencePlan

const lateRelease = {
  clients: 3,
  network: ONE_MS,
  workload: { startMs: [0, 500, 2_000], workMs: 8_000 },
  faults: [{ kind: 'pause', node: 'client-1', at: { ...GRANTED, afterMs: 7_500 }, forMs: 18_500 }],
} satisfies SequencePlan

/** client-go tools/leaderelection; the issues of kubernetes/kubernetes that each row names. */
export const b15 = defineSequences('B15', 'Kubernetes Lease', [
  {
    row: 'B15.1',
    tells: 'the holder stands still past LeaseDuration and goes on as a second leader',
    lock: 'kubernetes-lease',
    plan: pause,
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
  },
  {
    row: 'B15.2',
    tells:
      'the holder’s clock runs at half the rate of the observer’s: its RenewDeadline ends after their LeaseDuration',
    lock: 'kubernetes-lease',
    plan: { ...cutOff, clocks: { 'client-1': { driftPpm: -500_000 } } },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'rates differ by a fifth, less than LeaseDuration is longer than RenewDeadline; and the times are an hour apart',
      plan: { ...cutOff, clocks: { 'client-1': { driftPpm: -200_000, offsetMs: -3_600_000 } } },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B15.3',
    tells: 'OnStoppedLeading only cancels a context, and the work goes on',
    lock: 'kubernetes-lease',
    plan: { ...cutOff, parameters: { cancelsWork: false } },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the work stops when it is told to',
      plan: cutOff,
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B15.4',
    tells: 'the context is cancelled, and the lease given back before the work has come to its end',
    lock: 'kubernetes-lease',
    plan: rollingUpdate,
    shows: { 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the lease is kept until the work has returned (#139991)',
      plan: { ...rollingUpdate, parameters: { cancelAfterMs: 5_000 } },
      shows: { 'exclusion/effect': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B15.5',
    tells: 'an observer waits for its own shorter LeaseDuration, not for that of the record',
    lock: 'kubernetes-lease',
    plan: {
      ...cutOff,
      parameters: {
        leaseDurationMs: 60_000,
        renewDeadlineMs: 40_000,
        othersLeaseDurationMs: 15_000,
        observerUses: 'own',
      },
    },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'it waits as long as the record says (#114872)',
      plan: {
        ...cutOff,
        parameters: {
          leaseDurationMs: 60_000,
          renewDeadlineMs: 40_000,
          othersLeaseDurationMs: 15_000,
        },
      },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B15.6',
    tells:
      'one lost request keeps the holder waiting for longer than RenewDeadline and LeaseDuration',
    lock: 'kubernetes-lease',
    plan: longRequest,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'requests may take half of RenewDeadline, and are given up when that is over (#65094, #98059)',
      plan: { ...longRequest, parameters: {} },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B15.7',
    tells:
      'a holder that slept through its lease gives it back, and overwrites the next holder’s record',
    lock: 'kubernetes-lease',
    plan: lateRelease,
    shows: { ownership: 'violated' },
    repaired: {
      how: 'the release looks who holds the object that it has just read',
      plan: { ...lateRelease, parameters: { releaseLooks: true } },
      shows: { ownership: 'held' },
    },
    note: 'Not in the collection: follows from release(), which reads the object for its version and asks its own memory whose it is.',
  },
])
