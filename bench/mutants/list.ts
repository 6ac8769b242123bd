/** The families of mutants, in the order of the table. */

import { commitMutants } from './commit-protocols.ts'
import { consulMutants } from './consul.ts'
import { databaseMutants } from './database-locks.ts'
import { databaseServiceMutants } from './database-service.ts'
import { dynamodbMutants } from './dynamodb.ts'
import { hazelcastMutants } from './hazelcast.ts'
import type { AnyMutant } from './mutant.ts'
import { etcdMutants } from './raft-etcd.ts'
import { redisMutants } from './redis-locks.ts'
import { redisServiceMutants } from './redis-service.ts'
import { redissonMutants } from './redisson.ts'
import { redlockMutants } from './redlock.ts'
import { worldMutants } from './world.ts'
import { zooKeeperMutants } from './zookeeper.ts'

/** Mutants of things that belong together. */
export interface MutantFamily {
  readonly title: string
  readonly mutants: readonly AnyMutant[]
}

/** All of them. */
export const families: readonly MutantFamily[] = [
  { title: 'Locks in databases', mutants: databaseMutants },
  { title: 'The relational server, and more locks in it', mutants: databaseServiceMutants },
  { title: 'Locks in Redis and memcached', mutants: redisMutants },
  { title: 'The Redis server, and more locks in it', mutants: redisServiceMutants },
  { title: 'Redisson', mutants: redissonMutants },
  { title: 'Redlock', mutants: redlockMutants },
  { title: 'ZooKeeper', mutants: zooKeeperMutants },
  { title: 'Raft and etcd', mutants: etcdMutants },
  { title: 'Consul', mutants: consulMutants },
  { title: 'Hazelcast', mutants: hazelcastMutants },
  { title: 'DynamoDB', mutants: dynamodbMutants },
  { title: 'Commit protocols', mutants: commitMutants },
  { title: 'The world and the store', mutants: worldMutants },
]
