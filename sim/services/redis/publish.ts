/** Publishing: at most once, to whoever listens at that moment. */

import { ok } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Outbox } from '../service.ts'
import type { RedisState } from './state.ts'

/**
 * PUBLISH: to whoever listens now, each at most once (docs/interact/pubsub.md). Answers the number
 * of receivers. A replica's subscribers do not hear what was published at the master (in Redis they do).
 */
export const publish = (
  state: RedisState,
  channel: string,
  message: string,
  out: Outbox,
): Reply<number> => {
  const receivers = state.subscribers.get(channel) ?? []
  for (const connection of receivers) out.push(connection, channel, message)
  return ok(receivers.length)
}
