/** Mutants of Raft, of etcd, and of the locks on it. */

import type { AnyMutant } from './mutant.ts'

/** From the log up to the locks. */
export const etcdMutants: readonly AnyMutant[] = [
  {
    fault: 'a candidate leads with its own vote only',
    file: 'sim/services/raft/election.ts',
    find: 'mode.votes.size < majorityOf(raft.size)',
    replace: 'mode.votes.size < majorityOf(raft.size) - 1',
    probe: { lock: 'etcd-mutex', under: 'partition', promise: 'deadlock-freedom' },
  },
  {
    fault: 'an entry counts as committed when the leader has it',
    file: 'sim/services/raft/replication.ts',
    find: 'majorityOf(followers.length)',
    replace: '1',
    probe: {
      lock: 'etcd-mutex',
      promise: 'exclusion/belief',
      plan: {
        clients: 2,
        workload: { startMs: [1050, 4000], workMs: 15000 },
        faults: [
          {
            kind: 'partition',
            groups: [
              ['client-1', 'etcd-1'],
              ['client-2', 'etcd-2', 'etcd-3'],
            ],
            at: 1000,
          },
        ],
      },
    },
  },
  {
    fault: 'votes for candidates whose log is older',
    file: 'sim/services/raft/election.ts',
    find: 'isNewEnough && isFree',
    replace: 'isFree',
    probe: {
      lock: 'etcd-mutex',
      promise: 'deadlock-freedom',
      plan: {
        clients: 2,
        workload: { startMs: [2000, 20000], workMs: 60000 },
        faults: [
          { kind: 'partition', groups: [['etcd-3'], ['etcd-1', 'etcd-2']], at: 1000, forMs: 4000 },
          { kind: 'crash', node: 'etcd-1', at: 5000, forMs: 20000 },
        ],
      },
    },
  },
  {
    fault: 'votes twice in one term',
    file: 'sim/services/raft/election.ts',
    find: 'raft.votedFor === -1 || raft.votedFor === from',
    replace: 'true',
    probe: {
      lock: 'etcd-mutex',
      promise: 'fencing',
      plan: {
        clients: 4,
        rounds: 3,
        servers: 5,
        network: { latencyMs: { minMs: 100, maxMs: 300 } },
        workload: { workMs: 500 },
        faults: [{ kind: 'crash', node: 'etcd-1', at: 3000, forMs: 6000 }],
      },
    },
  },
  {
    fault: 'reads are served by whoever is asked',
    file: 'sim/services/etcd/machine.ts',
    find: 'if (body.serializable)',
    replace: 'if (true)',
    probe: {
      lock: 'etcd-mutex',
      promise: 'exclusion/belief',
      plan: {
        clients: 5,
        rounds: 10,
        network: { latencyMs: { minMs: 1, maxMs: 30 } },
        workload: { workMs: 50 },
      },
    },
  },
  {
    fault: 'a new leader begins no timers for the leases',
    file: 'sim/services/etcd/machine.ts',
    find: 'arm(lessor, id, ttlMs, electionTimeoutMs, nowMs)',
    replace: 'void id',
    probe: { lock: 'etcd-mutex', under: 'server-crash', promise: 'deadlock-freedom' },
  },
  {
    fault: 'keys outlive their lease',
    file: 'sim/services/etcd/keyspace.ts',
    find: '[...lease.keys].sort()',
    replace: '[]',
    probe: { sequence: 'B7.4/repaired' },
  },
  {
    fault: 'a put counts as a creation',
    file: 'sim/services/etcd/keyspace.ts',
    find: 'before?.createRevision ?? this.revision',
    replace: 'this.revision',
    equivalent: 'no lock puts a key that is there and asks for its creation afterwards',
  },
  {
    fault: 'a transaction does not compare',
    file: 'sim/services/etcd/keyspace.ts',
    find: 'return value === to',
    replace: 'return true',
    probe: { lock: 'kubernetes-lease', scenario: 'calm', promise: 'exclusion/belief' },
  },
  {
    fault: 'a keepalive does not prolong the lease',
    file: 'sim/services/etcd/leases.ts',
    find: 'lease.expiresAtMs = nowMs + lease.ttlMs',
    replace: 'void nowMs',
    probe: { sequence: 'B7.2/repaired' },
  },
  {
    fault: 'keepalives are sent after the lease is over',
    file: 'sim/services/etcd/session.ts',
    find: 'reply.value.ttlMs / 3',
    replace: 'reply.value.ttlMs * 3',
    probe: { sequence: 'B7.4/repaired' },
  },
  {
    fault: 'the session does not notice that it has no answers',
    file: 'sim/services/etcd/session.ts',
    find: 'deadlineMs = answeredMs + reply.value.ttlMs',
    replace: 'deadlineMs = answeredMs + 10 * reply.value.ttlMs',
    probe: {
      lock: 'etcd-mutex',
      promise: 'exclusion/belief',
      plan: {
        clients: 2,
        workload: { startMs: [0, 100], workMs: 60000 },
        faults: [
          { kind: 'partition', groups: [['client-1'], ['etcd-1', 'etcd-2', 'etcd-3']], at: 3000 },
        ],
      },
    },
  },
  {
    fault: 'a watch shows only what comes after it was set',
    file: 'sim/services/etcd/watchers.ts',
    find: 'send(connection, watcher, past, out)',
    replace: 'void past',
    probe: {
      lock: 'etcd-mutex',
      promise: 'deadlock-freedom',
      plan: {
        clients: 2,
        network: { latencyMs: { minMs: 1, maxMs: 1 } },
        parameters: { patienceMs: 3600000 },
        workload: { startMs: [0, 100], workMs: 1000 },
        faults: [
          {
            kind: 'message',
            from: 'client-2',
            to: 'etcd-1',
            operation: 'watch',
            at: 50,
            action: 'delay',
            byMs: 3000,
          },
          {
            kind: 'message',
            from: 'client-2',
            to: 'etcd-2',
            operation: 'watch',
            at: 50,
            action: 'delay',
            byMs: 3000,
          },
          {
            kind: 'message',
            from: 'client-2',
            to: 'etcd-3',
            operation: 'watch',
            at: 50,
            action: 'delay',
            byMs: 3000,
          },
        ],
      },
    },
  },
  {
    fault: 'any event ends the wait for one key',
    file: 'algorithms/etcd-mutex.ts',
    find: "isGone = event.type === 'delete'",
    replace: 'isGone = true',
    equivalent:
      'after each wait the newest key that is older is looked for again, so that an event too many costs a read',
  },
  {
    fault: 'a keepalive does not tell that there is no watch',
    file: 'sim/services/etcd/machine.ts',
    find: 'watcher === undefined ? NO_WATCH : ok(watcher.pushes)',
    replace: 'ok(watcher?.pushes ?? 0)',
    probe: {
      lock: 'etcd-mutex',
      promise: 'deadlock-freedom',
      plan: {
        clients: 2,
        workload: { startMs: [0, 100], workMs: 1_000 },
        progressWithinMs: 10_000,
        faults: ['etcd-1', 'etcd-2', 'etcd-3'].map((to) => ({
          kind: 'message',
          action: 'lose',
          from: 'client-2',
          to,
          operation: 'watch',
          at: 0,
        })),
      },
    },
  },
  {
    fault: 'does not look whether its own key is still there',
    file: 'algorithms/etcd-mutex.ts',
    find: 'if (!checkOwnKey)',
    replace: 'if (true)',
    probe: { sequence: 'B7.2/repaired' },
  },
  {
    fault: 'holds though its key is not the first',
    file: 'algorithms/etcd-mutex.ts',
    find: 'owner === undefined || owner.createRevision === token',
    replace: 'true',
    probe: { sequence: 'B7.5' },
  },
  {
    fault: 'a delete without an answer leaves the session open',
    file: 'algorithms/etcd-mutex.ts',
    find: "if (unanswered === 'new-session')",
    replace: 'if (false)',
    probe: { sequence: 'B7.6/repaired' },
  },
  {
    fault: 'the wall clock instead of the monotonic',
    file: 'algorithms/kubernetes-record.ts',
    find: 'import { clock, monotonic }',
    replace: 'import { clock, clock as monotonic }',
    probe: {
      lock: 'kubernetes-lease',
      promise: 'exclusion/belief',
      plan: {
        clients: 2,
        workload: { startMs: [0, 100], workMs: 30000 },
        faults: [
          {
            kind: 'partition',
            groups: [['client-1'], ['etcd-1', 'etcd-2', 'etcd-3']],
            at: 6000,
            forMs: 9000,
          },
          { kind: 'clock', node: 'client-2', at: 9000, jumpMs: 60000 },
        ],
      },
    },
  },
  {
    fault: 'writes the object whatever its version',
    file: 'algorithms/kubernetes-record.ts',
    find: "is: '=', to: version",
    replace: "is: '!=', to: -1",
    probe: { lock: 'kubernetes-lease', scenario: 'calm', promise: 'exclusion/belief' },
  },
  {
    fault: 'an observer waits for its own LeaseDuration',
    file: 'algorithms/kubernetes-record.ts',
    find: "observerUses === 'record' ?",
    replace: 'false ?',
    probe: { sequence: 'B15.5/repaired' },
  },
  {
    fault: 'gives back what another holds',
    file: 'algorithms/kubernetes-record.ts',
    find: 'if (looks)',
    replace: 'if (false)',
    probe: { sequence: 'B15.7/repaired' },
  },
  {
    fault: 'goes on leading when it has not renewed in time',
    file: 'algorithms/kubernetes-lease.ts',
    find: '(yield* monotonic()) + renewDeadlineMs',
    replace: '(yield* monotonic()) + 100 * renewDeadlineMs',
    probe: {
      lock: 'kubernetes-lease',
      promise: 'exclusion/belief',
      plan: {
        clients: 2,
        workload: { startMs: [0, 100], workMs: 60000 },
        faults: [
          { kind: 'partition', groups: [['client-1'], ['etcd-1', 'etcd-2', 'etcd-3']], at: 3000 },
        ],
      },
    },
  },
]
