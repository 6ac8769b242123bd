/** A Redis group on a table: tests feed inputs by hand and read what comes out. */

import type { Reply } from '../../kernel/reply.ts'
import type { RevokeCause } from '../../kernel/trace.ts'
import type { Connection, Input, Outbox, RequestInput } from '../service.ts'
import { redis } from './redis.ts'
import type { PeerMessage } from './replication.ts'
import type { RedisRequest } from './requests.ts'
import type { RedisOptions } from './state.ts'

/** One message between servers that has not been delivered yet. */
interface Underway {
  readonly from: number
  readonly to: number
  readonly body: PeerMessage
}

/** One connection of one client; the origin of its requests is its client's first hold. */
export const connectionOf = (client: string, number = 0): Connection => ({ client, number })

const usual = connectionOf('client-1')

/** A group of servers, all with the same clock unless a test sets `clockMs` of one. */
export const redisOnATable = (options: Partial<RedisOptions> = {}, size = 1) => {
  const states = Array.from({ length: size }, (_, index) =>
    redis.create({
      index,
      size,
      options: { ...redis.options, ...options },
      choice: { stream: () => ({ pick: () => 0 }) },
    }),
  )
  const clockMs = states.map(() => 0)
  const underway: Underway[] = []
  const answers = new Map<RequestInput<unknown>, Reply<unknown>>()
  const order: string[] = []
  const pushed: { readonly to: string; readonly channel: string; readonly body: unknown }[] = []
  const causes: (readonly [RevokeCause, string | undefined])[] = []

  const outboxOf = (index: number): Outbox => ({
    reply(request, reply) {
      if (answers.has(request)) throw new Error('answered twice')
      answers.set(request, reply)
      order.push(request.connection.client)
    },
    push: (to, channel, body) => pushed.push({ to: to.client, channel, body }),
    peer: (to, body) => underway.push({ from: index, to, body: body as PeerMessage }),
    close: () => undefined,
    changed: (cause, by) => causes.push([cause, by?.client]),
    fact: () => undefined,
  })
  const stateOf = (index: number) => {
    const state = states[index]
    if (state === undefined) throw new Error(`no server ${index}`)
    return state
  }
  const feed = (input: Input<RedisRequest, PeerMessage>, index = 0): void => {
    redis.step(stateOf(index), input, clockMs[index] ?? 0, outboxOf(index))
  }
  const send = (
    body: RedisRequest,
    connection: Connection = usual,
    index = 0,
  ): RequestInput<RedisRequest> => {
    const { client } = connection
    const origin = { client, hold: `${client}#1`, activity: 'acquiring' } as const
    const request = { kind: 'request', connection, body, origin } as const
    feed(request, index)
    return request
  }
  const wakeAtMs = (index = 0): number => redis.wakeAtMs(stateOf(index))

  return {
    feed,
    send,
    wakeAtMs,
    underway,
    order,
    pushed,
    causes,
    clockMs,
    answerTo: (request: RequestInput<RedisRequest>) => answers.get(request),
    /** Sends, and gives back the value or the text of the refusal. */
    ask(body: RedisRequest, connection?: Connection, index = 0): unknown {
      const reply = answers.get(send(body, connection, index))
      return reply === undefined ? 'no answer yet' : reply.ok ? reply.value : reply.code
    },
    /** Lets time pass for every server, with each tick that one asks for on the way. */
    pass(ms: number): void {
      states.forEach((_, index) => {
        const untilMs = (clockMs[index] ?? 0) + ms
        for (let due = wakeAtMs(index); due <= untilMs; due = wakeAtMs(index)) {
          clockMs[index] = Math.max(due, clockMs[index] ?? 0)
          feed({ kind: 'tick' }, index)
        }
        clockMs[index] = untilMs
      })
    },
    /** Delivers what the servers have sent each other, answers to it included. */
    deliver(): void {
      for (let next = underway.shift(); next !== undefined; next = underway.shift()) {
        feed({ kind: 'peer', from: next.from, body: next.body }, next.to)
      }
    },
    view: (index = 0) => redis.view(stateOf(index)),
  }
}
