/** Runs one command, or a script of commands, at one frozen instant. */

import { ok } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import type { Outbox } from '../service.ts'
import { lindex, llen, lpop, lrem, push } from './lists.ts'
import { NO_SCRIPT } from './refusals.ts'
import type { Command, EvalRequest, RedisRequest } from './requests.ts'
import { scripts } from './scripts.ts'
import type { Script } from './scripts.ts'
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

/**
 * PUBLISH: to whoever listens now, each at most once (docs/interact/pubsub.md). Answers the number
 * of receivers. A replica's subscribers do not hear what was published at the master (in Redis they do).
 */
const publish = (
  state: RedisState,
  channel: string,
  message: string,
  out: Outbox,
): Reply<number> => {
  const receivers = state.subscribers.get(channel) ?? []
  for (const connection of receivers) out.push(connection, channel, message)
  return ok(receivers.length)
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
    case 'publish':
      return publish(state, command.channel, command.message, out)
  }
}

/** EVAL. There is no rollback: `refused` says that the script failed, not that it wrote nothing. */
export const evaluate = (
  state: RedisState,
  request: EvalRequest,
  origin: Origin,
): Reply<unknown> => {
  const script = scripts[request.script] as Script | undefined
  return script === undefined ? NO_SCRIPT : script.run(state, request, origin)
}
