/** The scripts that servers know by name, as atomic functions over commands. */

/*
 * A script sees one frozen instant and nothing else runs meanwhile. A command that is refused ends it, and what it
 * wrote before stays written (docs/interact/programmability/eval-intro.md).
 */

import { lookUp } from './keys.ts'
import { push } from './lists.ts'
import { queueScripts } from './queue-scripts.ts'
import { reentrantScripts } from './reentrant-scripts.ts'
import { NO, ONE, YES, ZERO } from './refusals.ts'
import { defineScript, given } from './script.ts'
import type { Script } from './script.ts'
import { delOne, holds, incr, pexpire, set, setnx } from './strings.ts'

/** Every script by name. */
export const scripts = {
  /** KEYS: lock. ARGV: token. Deletes the key if it holds the token. */
  'compare-and-delete': defineScript({
    writes: true,
    source: 'redis docs/manual/patterns/distributed-locks.md',
    run(state, { keys, args }) {
      const key = given(keys, 0)
      const isOurs = holds(state, key, given(args, 0))
      if (isOurs === YES) return delOne(state, key)
      return isOurs === NO ? ZERO : isOurs
    },
  }),
  /** KEYS: lock. ARGV: token, ms. Gives the key a new time to live if it holds the token. */
  'compare-and-expire': defineScript({
    writes: true,
    source: 'redis docs/manual/patterns/distributed-locks.md, "making the algorithm more reliable"',
    run(state, { keys, args }) {
      const key = given(keys, 0)
      const isOurs = holds(state, key, given(args, 0))
      if (isOurs === YES)
        return pexpire(state, { op: 'pexpire', key, pxMs: Number(given(args, 1)) })
      return isOurs === NO ? ZERO : isOurs
    },
  }),
  /** KEYS: lock. ARGV: token, ms. 1 if the key holds the token, now or already, and lives so long from now. */
  'set-or-extend': defineScript({
    writes: true,
    source: 'spring-integration-redis RedisLockRegistry, its script to obtain a lock',
    run(state, { keys, args }, origin) {
      const [key, value] = [given(keys, 0), given(args, 0)]
      const isOurs = holds(state, key, value)
      if (isOurs === NO && lookUp(state, key) !== undefined) return ZERO
      if (!isOurs.ok) return isOurs
      const stored = set(state, { op: 'set', key, value, pxMs: Number(given(args, 1)) }, origin)
      return stored.ok ? ONE : stored
    },
  }),
  /** KEYS: lock, counter. ARGV: token, ms. SET NX PX and, if it stored, INCR: the new count, or null. */
  'set-and-count': defineScript({
    writes: true,
    source: 'a fencing token in one step with the lock, as in Redisson RedissonFencedLock.java',
    run(state, { keys, args }, origin) {
      const stored = set(
        state,
        {
          op: 'set',
          key: given(keys, 0),
          value: given(args, 0),
          condition: 'NX',
          pxMs: Number(given(args, 1)),
        },
        origin,
      )
      const isStored = stored.ok && stored.value !== null
      return isStored ? incr(state, given(keys, 1), origin) : stored
    },
  }),
  /** KEYS: mark, list. ARGV: element. Makes the list with its one element, the first time that it is asked to. */
  'create-token': defineScript({
    writes: true,
    source: 'the rubygem redis-semaphore, lib/redis/semaphore.rb, exists_or_create!',
    run(state, { keys, args }, origin) {
      if (setnx(state, given(keys, 0), '1', origin) === NO) return ZERO
      return push(state, 'right', given(keys, 1), [given(args, 0)], origin)
    },
  }),
  /** KEYS: record, list. ARGV: owner, element. Puts the element back if the record says that the owner has it. */
  'return-token': defineScript({
    writes: true,
    source: 'compare-and-delete, and RPUSH in the same step',
    run(state, { keys, args }, origin) {
      const key = given(keys, 0)
      const isOurs = holds(state, key, given(args, 0))
      if (isOurs !== YES) return isOurs === NO ? ZERO : isOurs
      delOne(state, key)
      return push(state, 'right', given(keys, 1), [given(args, 1)], origin)
    },
  }),
  ...reentrantScripts,
  ...queueScripts,
} satisfies Readonly<Record<string, Script>>

/** Names of scripts. */
export type ScriptName = keyof typeof scripts
