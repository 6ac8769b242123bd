/** The scripts that servers know by name, as atomic functions over commands. */

/*
 * A script sees one frozen instant and nothing else runs meanwhile; what it wrote before it fails stays
 * written (docs/interact/programmability/eval-intro.md).
 */

import type { Command } from './requests.ts'

/** `redis.call`: runs a command and gives back its value; a refusal ends the script. */
type Call = (command: Command) => unknown

/** A script. `writes` decides whether a replica may run it. */
export interface Script {
  readonly writes: boolean
  readonly source: string
  run(call: Call, keys: readonly string[], args: readonly string[]): number | string | null
}

/** One of the key or argument names of a script; Lua would see nil for a missing one. */
const given = (list: readonly string[], index: number): string => list[index] ?? ''

const defineScript = (script: Script): Script => script

/** Every script by name. */
export const scripts = {
  /** KEYS: lock. ARGV: token. Deletes the key if it holds the token. */
  'compare-and-delete': defineScript({
    writes: true,
    source: 'redis docs/manual/patterns/distributed-locks.md',
    run(call, keys, args) {
      const key = given(keys, 0)
      if (call({ op: 'get', key }) !== given(args, 0)) return 0
      return call({ op: 'del', keys: [key] }) as number
    },
  }),
  /** KEYS: lock. ARGV: token, ms. Gives the key a new time to live if it holds the token. */
  'compare-and-expire': defineScript({
    writes: true,
    source: 'redis docs/manual/patterns/distributed-locks.md, "making the algorithm more reliable"',
    run(call, keys, args) {
      const key = given(keys, 0)
      if (call({ op: 'get', key }) !== given(args, 0)) return 0
      return call({ op: 'pexpire', key, pxMs: Number(given(args, 1)) }) as number
    },
  }),
  /** KEYS: lock, counter. ARGV: token, ms. SET NX PX and, if it stored, INCR: the new count, or null. */
  'set-and-count': defineScript({
    writes: true,
    source: 'a fencing token in one step with the lock, as in Redisson RedissonFencedLock.java',
    run(call, keys, args) {
      const stored = call({
        op: 'set',
        key: given(keys, 0),
        value: given(args, 0),
        condition: 'NX',
        pxMs: Number(given(args, 1)),
      })
      return stored === null ? null : (call({ op: 'incr', key: given(keys, 1) }) as number)
    },
  }),
} satisfies Readonly<Record<string, Script>>

/** Names of scripts. */
export type ScriptName = keyof typeof scripts
