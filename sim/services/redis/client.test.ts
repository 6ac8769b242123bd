/** The typed Redis client: where calls go, how long they wait, what they ask. */

import { describe, expect, it } from 'vitest'

import { takeUnclaimed } from '../../kernel/effect.ts'
import { Effect, Op } from '../../kernel/index.ts'
import type { Mailbox } from '../../kernel/index.ts'
import type { Port, StubEnvironment } from '../service.ts'
import { redisClients } from './client.ts'

interface Sent {
  readonly to: string
  readonly timeoutMs: number | undefined
  readonly body: unknown
}

const startClients = (size: number) => {
  const sent: Sent[] = []
  const opened: string[] = []
  let leader = 0
  const portTo = (server: string): Port => ({
    server,
    call(body, timeoutMs) {
      sent.push({ to: server, timeoutMs, body })
      const effect = new Effect<never>(Op.call, timeoutMs ?? 0, undefined, body)
      takeUnclaimed()
      return effect
    },
    connect() {
      opened.push(server)
      return portTo(`${server}, again`)
    },
    disconnect: () => new Effect(Op.stop, 0, undefined, undefined),
    channel: <Letter>() => ({}) as Mailbox<Letter>,
  })
  const ports = Array.from({ length: size }, (_, index) => portTo(`redis-${index + 1}`))
  const environment = { leader: () => leader } as StubEnvironment
  return {
    clients: redisClients(ports, environment),
    sent,
    opened,
    lead(index: number) {
      leader = index
    },
  }
}

describe('redis client', () => {
  it('sends each call of the primary to whoever leads just then', () => {
    const { clients, sent, lead } = startClients(3)
    const patient = clients.primary.within(7)
    patient.get('k')
    lead(2)
    patient.get('k')
    clients.servers[1]?.get('k')
    expect(sent.map(({ to, timeoutMs }) => [to, timeoutMs])).toEqual([
      ['redis-1', 7],
      ['redis-3', 7],
      ['redis-2', 1000],
    ])
  })

  it('opens a connection of its own to a server once, when it is first needed', () => {
    const { clients, sent, opened, lead } = startClients(2)
    const own = clients.primary.connect()
    expect(opened).toEqual([])
    own.get('k')
    own.get('k')
    lead(1)
    own.get('k')
    expect(opened).toEqual(['redis-1', 'redis-2'])
    expect(sent.map(({ to }) => to)).toEqual(['redis-1, again', 'redis-1, again', 'redis-2, again'])
  })

  it('outwaits a blocking command, for ever if need be', () => {
    const { clients, sent } = startClients(1)
    clients.primary.blpop(['q'], 250)
    clients.primary.blpop(['q'], 0)
    clients.primary.wait(1, 50)
    expect(sent.map(({ timeoutMs }) => timeoutMs)).toEqual([1250, Infinity, 1050])
  })

  it('leaves out options that were not given', () => {
    const { clients, sent } = startClients(1)
    clients.primary.set('k', 'v', { condition: 'XX', pxMs: 5 })
    clients.primary.setIfAbsent('k', 'v')
    clients.primary.getset('k', 'v')
    expect(sent.map(({ body }) => body)).toStrictEqual([
      { op: 'set', key: 'k', value: 'v', condition: 'XX', pxMs: 5 },
      { op: 'set', key: 'k', value: 'v', condition: 'NX', asBoolean: true },
      { op: 'getset', key: 'k', value: 'v' },
    ])
  })
})
