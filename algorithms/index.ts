/** The registry of locks: one line each. */

import type { Algorithm, AnyAlgorithm, Grant, Needs } from './algorithm.ts'
import { dbForUpdate } from './db-for-update.ts'
import { dbInsert } from './db-insert.ts'
import { noLock } from './no-lock.ts'
import type { ParameterDefinitions } from './parameters.ts'
import { redisBlindDelete } from './redis-blind-delete.ts'
import { redisSetPx } from './redis-set-px.ts'
import { redisSetnxGetsetPublished } from './redis-setnx-getset-published.ts'
import { redisSetnxGetset } from './redis-setnx-getset.ts'
import { redlock } from './redlock.ts'
import { zkSequentialPublished } from './zk-sequential-published.ts'
import { zkSequential } from './zk-sequential.ts'

export * from './algorithm.ts'
export * from './parameters.ts'

/** Forgets the types of a lock, which only the lock itself can use: the world hands each its own values back. */
const erase = <
  Needed extends Needs,
  Definitions extends ParameterDefinitions,
  Session,
  Held extends Grant,
>(
  algorithm: Algorithm<Needed, Definitions, Session, Held>,
): AnyAlgorithm => algorithm as unknown as AnyAlgorithm

/** Every lock that locksim knows by name. */
export const algorithms: readonly AnyAlgorithm[] = [
  erase(dbForUpdate),
  erase(dbInsert),
  erase(noLock),
  erase(redisBlindDelete),
  erase(redisSetnxGetset),
  erase(redisSetnxGetsetPublished),
  erase(redisSetPx),
  erase(redlock),
  erase(zkSequential),
  erase(zkSequentialPublished),
]
