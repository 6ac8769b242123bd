/** The replies that Redis gives again and again, and its error texts, word for word. */

import { ok, refused } from '../../kernel/reply.ts'

export const OK = ok('OK')
export const NIL = ok(null)
export const YES = ok(true)
export const NO = ok(false)
export const ZERO = ok(0)
export const ONE = ok(1)

export const SYNTAX_ERROR = refused('ERR syntax error')
export const NOT_AN_INTEGER = refused('ERR value is not an integer or out of range')
export const HASH_NOT_AN_INTEGER = refused('ERR hash value is not an integer')
export const INVALID_SET_EXPIRE = refused("ERR invalid expire time in 'set' command")
export const WRONG_TYPE = refused(
  'WRONGTYPE Operation against a key holding the wrong kind of value',
)
export const READ_ONLY = refused("READONLY You can't write against a read only replica.")
export const NO_REPLICAS = refused('NOREPLICAS Not enough good replicas to write.')
export const NO_SCRIPT = refused('NOSCRIPT No matching script. Please use EVAL.')
export const NO_WAIT_ON_REPLICA = refused(
  'ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a ' +
    'replica is configured to be writable (which is not the default) writes to replicas are just ' +
    'local and are not propagated.',
)
export const UNBLOCKED = refused(
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
)
/** A server that is kept out after a restart does not listen yet. */
export const NOT_LISTENING = refused('connection refused')
