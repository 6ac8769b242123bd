/** Runs one command, or a script of commands, at one frozen instant. */

import { ok } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import type { Outbox } from '../service.ts'
import { hdel, hexists, hget, hincrby, hset } from './hashes.ts'
import { lindex, llen, lpop, lrange, lrem, push } from './lists.ts'
import { publish } from './publish.ts'
import { NO_SCRIPT } from './refusals.ts'
import { connectedReplicas } from './replication.ts'
import type { Command, EvalRequest, RedisRequest } from './requests.ts'
import { scripts } from './scripts.ts'
import type { Script } from './script.ts'
import { zadd, zincrby, zrange, zrem, zscore } from './sorted-sets.ts'
import type { RedisState } from './state.ts'
import { del, exists, expireIn, get, getset, incr, pexpire, pttl, set, setnx } from './strings.ts'

/** Whether a request may change keys: such requests a replica refuses. */
export const mayWrite = (request: RedisRequest): boolean => {
  switch (request.op) {
    case 'get':
    case 'exists':
    case 'pttl':
    case 'lindex':
    case 'llen':
    case 'lrange':
    case 'hget':
    case 'hexists':
    case 'zscore':
    case 'zrange':
    case 'info-replication':
    case 'publish':
    case 'subscribe':
    case 'unsubscribe':
    case 'wait':
      return false
    case 'eval':
      return (scripts[request.script] as Script | undefined)?.writes ?? false
    default:
      return true
  }
}

/** Runs a command that ends at once. */
export const execute = (
  state: RedisState,
  command: Command,
  origin: Origin,
  out: Outbox,
): Reply<unknown> => {
  switch (command.op) {
    case 'set':
      return set(state, command, origin)
    case 'setnx':
      return setnx(state, command.key, command.value, origin)
    case 'get':
      return get(state, command.key)
    case 'getset':
      return getset(state, command, origin)
    case 'del':
      return del(state, command.keys)
    case 'exists':
      return exists(state, command.keys)
    case 'pexpire':
      return pexpire(state, command)
    case 'expire':
      return expireIn(state, command)
    case 'pttl':
      return pttl(state, command.key)
    case 'incr':
      return incr(state, command.key, origin)
    case 'rpush':
      return push(state, 'right', command.key, command.elements, origin)
    case 'lpush':
      return push(state, 'left', command.key, command.elements, origin)
    case 'lpop':
      return lpop(state, command.key, origin)
    case 'lindex':
      return lindex(state, command.key, command.index)
    case 'lrem':
      return lrem(state, command.key, command.count, command.element, origin)
    case 'llen':
      return llen(state, command.key)
    case 'lrange':
      return lrange(state, command.key, command.first, command.last)
    case 'hset':
      return hset(state, command.key, command.field, command.value, origin)
    case 'hget':
      return hget(state, command.key, command.field)
    case 'hdel':
      return hdel(state, command.key, command.field)
    case 'hexists':
      return hexists(state, command.key, command.field)
    case 'hincrby':
      return hincrby(state, command.key, command.field, command.by, origin)
    case 'zadd':
      return zadd(state, command.key, command.member, command.score, origin)
    case 'zincrby':
      return zincrby(state, command.key, command.member, command.by, origin)
    case 'zscore':
      return zscore(state, command.key, command.member)
    case 'zrem':
      return zrem(state, command.key, command.member)
    case 'zrange':
      return zrange(state, command.key)
    case 'info-replication':
      return ok(connectedReplicas(state))
    case 'publish':
      return publish(state, command.channel, command.message, out)
  }
}

/** EVAL. There is no rollback: `refused` says that the script failed, not that it wrote nothing. */
export const evaluate = (
  state: RedisState,
  request: EvalRequest,
  origin: Origin,
  out: Outbox,
): Reply<unknown> => {
  const script = scripts[request.script] as Script | undefined
  return script === undefined ? NO_SCRIPT : script.run(state, request, origin, out)
}
