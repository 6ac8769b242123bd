/** Reads of keys in Consul, at once or when they have changed (blocking queries). */

import { ok } from '../../kernel/reply.ts'
import type { Outbox } from '../service.ts'
import { answer } from '../raft/index.ts'
import type { ConsulRequest, Read } from './requests.ts'
import type { ConsulAsked, ConsulData, ConsulReplica, Watcher } from './state.ts'

/** The longest that a blocking query may wait, and how long it waits if it does not say. */
const WAIT_MS_MAX = 600_000
const WAIT_MS = 300_000
/** So much of the wait is added at random, so that not all come back at once. */
const JITTER_FRACTION = 16

type Get = Extract<ConsulRequest, { readonly op: 'get' }>

const readKey = (data: ConsulData, key: string): Read => {
  const found = data.keys.get(key)
  // What is not there changes with the table; 0 would mean not to wait.
  if (found === undefined) return { index: Math.max(1, data.index), pair: undefined }
  const { value, session, lockIndex, modifyIndex } = found
  return { index: modifyIndex, pair: { value, session, lockIndex, modifyIndex } }
}

/** Answers by what this server knows now, or keeps the request until there is something new. */
export const serveGet = (
  { data, raft }: ConsulReplica,
  request: ConsulAsked,
  nowMs: number,
  out: Outbox,
): void => {
  const { key, index, waitMs } = request.body as Get
  const read = readKey(data, key)
  if (index === 0 || read.index > index) {
    answer(request, ok(read), out)
    return
  }
  const longMs = Math.min(WAIT_MS_MAX, waitMs === 0 ? WAIT_MS : waitMs)
  const jitterMs = raft.choice
    .stream(`blocking-consul-${raft.index + 1}`)
    .pick(Math.floor(longMs / JITTER_FRACTION) + 1)
  data.watchers.push({ request, key, index, untilMs: nowMs + longMs + jitterMs })
}

/** Answers those who waited for this key, if it is new to them. */
export const wakeWatchers = (data: ConsulData, key: string, out: Outbox): void => {
  if (data.watchers.length === 0) return
  const { index } = readKey(data, key)
  answerWhere(data, (watcher) => watcher.key === key && index > watcher.index, out)
}

/** Answers those whose patience is over with what there is. */
export const expireWatchers = (data: ConsulData, nowMs: number, out: Outbox): void => {
  if (data.watchers.length > 0) answerWhere(data, ({ untilMs }) => untilMs <= nowMs, out)
}

const answerWhere = (data: ConsulData, isDue: (watcher: Watcher) => boolean, out: Outbox): void => {
  const due = data.watchers.filter(isDue)
  if (due.length === 0) return
  data.watchers = data.watchers.filter((watcher) => !isDue(watcher))
  for (const { request, key } of due) answer(request, ok(readKey(data, key)), out)
}

/** When the next patience is over. */
export const nextExpiryMs = ({ watchers }: ConsulData): number => {
  let nextMs = Infinity
  for (const { untilMs } of watchers) if (untilMs < nextMs) nextMs = untilMs
  return nextMs
}
