/** The registry of locks: one line each. */

import type { AnyAlgorithm } from './algorithm.ts'
import { consulSession } from './consul-session.ts'
import { consulSessionPublished } from './consul-session-published.ts'
import { curatorMutex } from './curator-mutex.ts'
import { dbForUpdate } from './db-for-update.ts'
import { dbInsert } from './db-insert.ts'
import { dbInsertBlocking } from './db-insert-blocking.ts'
import { dbInsertReentrant } from './db-insert-reentrant.ts'
import { dbInsertSweeper } from './db-insert-sweeper.ts'
import { dbQueue } from './db-queue.ts'
import { dbTwoWaySync } from './db-two-way-sync.ts'
import { dbVersion } from './db-version.ts'
import { dynamodbLease } from './dynamodb-lease.ts'
import { etcdMutex } from './etcd-mutex.ts'
import { hazelcastFencedLock } from './hazelcast-fenced-lock.ts'
import { kubernetesLease } from './kubernetes-lease.ts'
import { majorityCommit } from './majority-commit.ts'
import { memcachedAdd } from './memcached-add.ts'
import { mysqlGetLock } from './mysql-get-lock.ts'
import { noLock } from './no-lock.ts'
import { nodeRedlock } from './node-redlock.ts'
import { postgresAdvisory } from './postgres-advisory.ts'
import { redisBlindDelete } from './redis-blind-delete.ts'
import { redisQueue } from './redis-queue.ts'
import { redisSemaphore } from './redis-semaphore.ts'
import { redisSetPx } from './redis-set-px.ts'
import { redisSetnxExpire } from './redis-setnx-expire.ts'
import { redisSetnxGetset } from './redis-setnx-getset.ts'
import { redisSetnxGetsetPublished } from './redis-setnx-getset-published.ts'
import { redisSetnxPublished } from './redis-setnx-published.ts'
import { redisTokenList } from './redis-token-list.ts'
import { redissonFair } from './redisson-fair.ts'
import { redissonFenced } from './redisson-fenced.ts'
import { redissonLock } from './redisson-lock.ts'
import { redissonMultilock } from './redisson-multilock.ts'
import { redlock } from './redlock.ts'
import { redlockPublished } from './redlock-published.ts'
import { shedlock } from './shedlock.ts'
import { springJdbcLock } from './spring-jdbc-lock.ts'
import { springRedisLock } from './spring-redis-lock.ts'
import { threePhaseCommit } from './three-phase-commit.ts'
import { twoPhaseCommit } from './two-phase-commit.ts'
import { zkEphemeral } from './zk-ephemeral.ts'
import { zkSequential } from './zk-sequential.ts'
import { zkSequentialPublished } from './zk-sequential-published.ts'
import { zkWriteLock } from './zk-writelock.ts'

export * from './algorithm.ts'
export * from './parameters.ts'
export * from './protocol.ts'

/** Every lock that locksim knows by name. */
export const algorithms: readonly AnyAlgorithm[] = [
  consulSession,
  consulSessionPublished,
  curatorMutex,
  dbForUpdate,
  dbInsert,
  dbInsertBlocking,
  dbInsertReentrant,
  dbInsertSweeper,
  dbQueue,
  dbTwoWaySync,
  dbVersion,
  dynamodbLease,
  etcdMutex,
  hazelcastFencedLock,
  kubernetesLease,
  majorityCommit,
  memcachedAdd,
  mysqlGetLock,
  noLock,
  nodeRedlock,
  postgresAdvisory,
  redisBlindDelete,
  redisQueue,
  redisSemaphore,
  redisSetPx,
  redisSetnxExpire,
  redisSetnxGetset,
  redisSetnxGetsetPublished,
  redisSetnxPublished,
  redisTokenList,
  redissonFair,
  redissonFenced,
  redissonLock,
  redissonMultilock,
  redlock,
  redlockPublished,
  shedlock,
  springJdbcLock,
  springRedisLock,
  threePhaseCommit,
  twoPhaseCommit,
  zkEphemeral,
  zkSequential,
  zkSequentialPublished,
  zkWriteLock,
]
