/** Tests of the tree, against transcripts of ZooKeeper 3.8. */

import { describe, expect, it } from 'vitest'
import type { Change } from './protocol.ts'
import { applyEntry, childrenOf, newTree, sequenceSuffix, statOf } from './tree.ts'

const start = (): {
  readonly tree: ReturnType<typeof newTree>
  readonly events: string[]
  apply(change: Change, session?: number): ReturnType<typeof applyEntry>
} => {
  const tree = newTree()
  const events: string[] = []
  let zxid = 0
  const apply = (change: Change, session = 1): ReturnType<typeof applyEntry> =>
    applyEntry(
      tree,
      { zxid: ++zxid, command: { change, session, origin: undefined, server: 0, request: 0 } },
      (type, path) => events.push(`${type} ${path}`),
    )
  apply({ op: 'createSession', timeoutMs: 1_000 })
  return { tree, events, apply }
}

const create = (path: string, ephemeral = false, sequential = false): Change => ({
  op: 'create',
  path,
  data: '',
  ephemeral,
  sequential,
})

describe('tree', () => {
  it('numbers sequential children by the creates of the parent, whatever their prefix', () => {
    const { tree, apply } = start()
    apply(create('/p'))
    const path = (change: Change): unknown => {
      const reply = apply(change)
      return reply.ok ? (reply.value as { path: string }).path : reply.code
    }
    expect(path(create('/p/lock-', true, true))).toBe('/p/lock-0000000000')
    expect(path(create('/p/plain'))).toBe('/p/plain')
    expect(path(create('/p/lock-', false, true))).toBe('/p/lock-0000000002')
    apply({ op: 'delete', path: '/p/plain', version: -1 })
    expect(path(create('/p/lock-', false, true))).toBe('/p/lock-0000000003')
    expect(path(create('/p/other-', false, true))).toBe('/p/other-0000000004')
    const parent = tree.nodes.get('/p')
    expect(parent && statOf(parent).cversion).toBe(6)
    // In the very order in which the real server listed them.
    expect(parent && childrenOf(parent)).toEqual([
      'lock-0000000000',
      'lock-0000000003',
      'other-0000000004',
      'lock-0000000002',
    ])
  })

  it('lists children in an order that is not the order of their numbers', () => {
    const { tree, apply } = start()
    apply(create('/p'))
    for (let index = 0; index < 12; index++) apply(create('/p/lock-', true, true))
    const parent = tree.nodes.get('/p')
    const names = parent === undefined ? [] : childrenOf(parent)
    expect([...names].sort()).not.toEqual(names)
    expect(new Set(names).size).toBe(12)
  })

  it('overflows the sequence number as a signed 32-bit integer', () => {
    expect(sequenceSuffix(2_147_483_647)).toBe('2147483647')
    expect(sequenceSuffix(2_147_483_648)).toBe('-2147483648')
    expect(sequenceSuffix(4_294_967_295)).toBe('-000000001')
  })

  it('counts the children of every node from where it is told to', () => {
    const tree = newTree(2_147_483_647)
    const changes: Change[] = [
      { op: 'createSession', timeoutMs: 1_000 },
      create('/p'),
      create('/p/lock-', true, true),
      create('/p/lock-', true, true),
    ]
    changes.forEach((change, index) =>
      applyEntry(
        tree,
        {
          zxid: index + 1,
          command: { change, session: 1, origin: undefined, server: 0, request: 0 },
        },
        () => undefined,
      ),
    )
    expect([...tree.nodes.keys()].slice(2)).toEqual(['/p/lock-2147483647', '/p/lock--2147483648'])
  })

  it('refuses with the codes of the real server', () => {
    const { apply } = start()
    const code = (change: Change, session?: number): string => {
      const reply = apply(change, session)
      return reply.ok ? 'ok' : reply.code
    }
    expect(code(create('/a/b'))).toBe('NONODE')
    expect(code(create('/a'))).toBe('ok')
    expect(code(create('/a'))).toBe('NODEEXISTS')
    expect(code(create('/a/e', true))).toBe('ok')
    expect(code(create('/a/e/x'))).toBe('NOCHILDRENFOREPHEMERALS')
    expect(code({ op: 'delete', path: '/a', version: -1 })).toBe('NOTEMPTY')
    expect(code({ op: 'delete', path: '/a/e', version: 7 })).toBe('BADVERSION')
    expect(code({ op: 'setData', path: '/a', data: 'x', version: 0 })).toBe('ok')
    expect(code({ op: 'setData', path: '/a', data: 'x', version: 0 })).toBe('BADVERSION')
    expect(code({ op: 'delete', path: '/a/none', version: -1 })).toBe('NONODE')
    expect(code(create('/b', true), 99)).toBe('SESSIONEXPIRED')
  })

  it('deletes all ephemeral nodes of a closed session in one transaction, and no others', () => {
    const { tree, events, apply } = start()
    apply(create('/p'))
    apply(create('/p/one', true))
    apply(create('/p/two', true))
    apply(create('/p/kept'))
    events.length = 0
    apply({ op: 'closeSession', expired: true })
    const parent = tree.nodes.get('/p')
    expect(parent && childrenOf(parent)).toEqual(['kept'])
    expect(parent?.pzxid).toBe(tree.zxid)
    expect(events).toEqual([
      'NodeDeleted /p/one',
      'NodeChildrenChanged /p',
      'NodeDeleted /p/two',
      'NodeChildrenChanged /p',
    ])
  })
})
