/** Tests of the keys of etcd, against what etcdctl 3.5 prints. */

import { describe, expect, it } from 'vitest'
import { applyCommand, newKeySpace, rangeOf } from './keyspace.ts'
import type { Command, Operation } from './protocol.ts'

const start = () => {
  const space = newKeySpace()
  const apply = (command: Command): unknown => {
    const reply = applyCommand(space, command, undefined)
    return reply.ok ? reply.value : reply.code
  }
  return {
    space,
    apply,
    put: (key: string, value = '', lease = 0) => apply({ op: 'put', key, value, lease }),
    grant: (id: number) => apply({ op: 'lease-grant', id, ttlMs: 5_000 }),
    keys: () => rangeOf(space, { key: '', prefix: true }).map(({ key }) => key),
  }
}

const put = (key: string, lease = 0): Operation => ({ op: 'put', key, value: '', lease })

describe('the keys of etcd', () => {
  it('count revisions for the whole store, and versions for each key', () => {
    const { space, put: write, apply } = start()
    expect(write('a', '1')).toEqual({ revision: 2 })
    expect(write('b', '1')).toEqual({ revision: 3 })
    expect(write('a', '2')).toEqual({ revision: 4 })
    expect(rangeOf(space, { key: 'a' })).toMatchObject([
      { value: '2', createRevision: 2, modRevision: 4, version: 2, lease: 0 },
    ])
    expect(apply({ op: 'delete', key: 'a' })).toEqual({ revision: 5, deleted: 1 })
    expect(apply({ op: 'delete', key: 'a' })).toEqual({ revision: 5, deleted: 0 })
    expect(write('a', '3')).toEqual({ revision: 6 })
    expect(rangeOf(space, { key: 'a' })).toMatchObject([{ createRevision: 6, version: 1 }])
  })

  it('give everything in a transaction one revision, and none to one that changes nothing', () => {
    const { apply } = start()
    const absent = { key: 'a', target: 'createRevision', is: '=', to: 0 } as const
    const txn = {
      op: 'txn',
      compare: [absent],
      success: [put('a'), put('b'), { op: 'range', key: 'b' }],
      failure: [{ op: 'range', key: 'a' }],
    } as const
    expect(apply(txn)).toMatchObject({
      revision: 2,
      succeeded: true,
      responses: [[], [], [{ key: 'b', createRevision: 2 }]],
    })
    expect(apply(txn)).toMatchObject({
      revision: 2,
      succeeded: false,
      responses: [[{ key: 'a', modRevision: 2 }]],
    })
  })

  it.each([
    ['createRevision', '=', 2, true],
    ['modRevision', '=', 3, true],
    ['modRevision', '<', 3, false],
    ['modRevision', '!=', 2, true],
    ['version', '>', 1, true],
    ['value', '=', 'new', true],
    ['value', '=', 'old', false],
  ] as const)('compare %s %s %s: %s', (target, is, to, expected) => {
    const { put: write, apply } = start()
    write('a', 'old')
    write('a', 'new')
    const answer = apply({
      op: 'txn',
      compare: [{ key: 'a', target, is, to }],
      success: [],
      failure: [],
    })
    expect(answer).toMatchObject({ succeeded: expected })
  })

  it('compare the value of no key with nothing', () => {
    const { apply } = start()
    const compare = [{ key: 'a', target: 'value', is: '!=', to: 'x' }] as const
    const answer = apply({ op: 'txn', compare, success: [], failure: [] })
    expect(answer).toMatchObject({ succeeded: false })
  })

  it('know who came first, last, and last before a revision', () => {
    const { space, put: write } = start()
    for (const key of ['lock/c', 'lock/a', 'lock/b', 'other']) write(key)
    write('lock/c', 'again')
    const found = (only: 'first-created' | 'last-created', maxCreateRevision?: number) =>
      rangeOf(space, {
        key: 'lock/',
        prefix: true,
        only,
        ...(maxCreateRevision === undefined ? {} : { maxCreateRevision }),
      }).map(({ key }) => key)
    expect(found('first-created')).toEqual(['lock/c'])
    expect(found('last-created')).toEqual(['lock/b'])
    expect(found('last-created', 3)).toEqual(['lock/a'])
    expect(found('last-created', 1)).toEqual([])
    expect(rangeOf(space, { key: 'lock/', prefix: true }).map(({ key }) => key)).toEqual([
      'lock/a',
      'lock/b',
      'lock/c',
    ])
  })

  it('die with their lease, all at one revision', () => {
    const { space, put: write, grant, apply, keys } = start()
    grant(7)
    write('a', '', 7)
    write('b', '', 7)
    write('c')
    // A put with another lease, or none, takes the key away from its lease.
    write('b')
    write('d', '', 7)
    expect(apply({ op: 'lease-revoke', id: 7, expired: true })).toEqual({ id: 7, ttlMs: 0 })
    expect(keys()).toEqual(['b', 'c'])
    expect(space.events.filter(({ type }) => type === 'delete')).toEqual([
      { type: 'delete', revision: 7, key: 'a' },
      { type: 'delete', revision: 7, key: 'd' },
    ])
  })

  it('refuse a lease that is not there, in a transaction all of it', () => {
    const { put: write, grant, apply, keys } = start()
    const notFound = 'etcdserver: requested lease not found'
    expect(write('a', '', 7)).toBe(notFound)
    expect(apply({ op: 'txn', compare: [], success: [put('a'), put('b', 7)], failure: [] })).toBe(
      notFound,
    )
    expect(apply({ op: 'lease-revoke', id: 7, expired: false })).toBe(notFound)
    expect(keys()).toEqual([])
    grant(7)
    expect(grant(7)).toBe('etcdserver: lease already exists')
  })

  it('remember on whose behalf they were created, whoever writes them later', () => {
    const { space } = start()
    const origin = (client: string) =>
      ({ client, hold: `${client}#1`, activity: 'acquiring' }) as const
    const write = (client: string): void => {
      applyCommand(space, { op: 'put', key: 'a', value: '', lease: 0 }, origin(client))
    }
    write('client-1')
    write('client-2')
    expect(space.keys.get('a')).toMatchObject({
      origin: { client: 'client-1' },
      writer: { client: 'client-2' },
    })
  })
})
