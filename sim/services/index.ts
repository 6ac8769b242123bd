/** The registry of services: one line each. */

import { consul } from './consul/consul.ts'
import { dynamodb } from './dynamodb.ts'
import { etcd } from './etcd/etcd.ts'
import { hazelcast } from './hazelcast/hazelcast.ts'
import { memcached } from './memcached/memcached.ts'
import { participant } from './participant/participant.ts'
import { redis } from './redis/redis.ts'
import { sql } from './sql/sql.ts'
import { store } from './store.ts'
import { zookeeper } from './zookeeper/zookeeper.ts'
import type { AnyService } from './service.ts'

export * from './service.ts'
export type { ConsulClient } from './consul/client.ts'
export type { DynamoDbTable } from './dynamodb.ts'
export type { EtcdClient } from './etcd/client.ts'
export type { Event as EtcdEvent } from './etcd/protocol.ts'
export type { EtcdSession } from './etcd/session.ts'
export type { HazelcastClient } from './hazelcast/client.ts'
export type { ParticipantClient, ParticipantStub, StageReply } from './participant/client.ts'
export type { Stage } from './participant/requests.ts'
export type { MemcachedRing } from './memcached/client.ts'
export { majorityOf } from './quorum.ts'
export type { RedisClient } from './redis/client.ts'
export type { SqlConnection, SqlPool } from './sql/client.ts'

/** Every service by name. */
export const services = {
  consul,
  dynamodb,
  etcd,
  hazelcast,
  memcached,
  participant,
  redis,
  sql,
  store,
  zookeeper,
}

/** Names of services. */
export type ServiceName = keyof typeof services
/** The typed client of each service. */
export type ServiceClients = {
  [Name in ServiceName]: ReturnType<(typeof services)[Name]['client']>
}
/** What can be looked at in each service. */
export type ServiceViews = { [Name in ServiceName]: ReturnType<(typeof services)[Name]['view']> }

/** Whether the servers of this service elect their leader among themselves. */
export const electsLeader = (name: string): boolean =>
  (services as Readonly<Record<string, AnyService>>)[name]?.firstLeader !== undefined

/** Whether it has a leader and replicas of which somebody else may promote one. */
export const hasReplicas = (name: string): boolean =>
  (services as Readonly<Record<string, AnyService>>)[name]?.replicas !== undefined
