/** The tree of nodes: a pure state machine, the same on every server that has applied the same log. */

import type { Origin, Reply } from '../../kernel/index.ts'
import { ok, refused } from '../../kernel/index.ts'
import type { Entry, Stat, WatchType } from './protocol.ts'

/** One node. */
export interface TreeNode {
  readonly name: string
  readonly path: string
  readonly parent: TreeNode | undefined
  readonly ephemeralOwner: number
  readonly czxid: number
  readonly origin: Origin | undefined
  readonly children: Map<string, TreeNode>
  /** Spread hash of the name, which decides where a list of children shows it. */
  readonly hash: number
  data: string
  mzxid: number
  pzxid: number
  version: number
  cversion: number
  /** Children ever created, on top of the tree's `sequenceStart`: the next sequence number. */
  created: number
  /** Size of the children's hash table; it only grows. */
  buckets: number
}

/** A session as the log knows it. */
interface TreeSession {
  readonly timeoutMs: number
  readonly ephemerals: Set<TreeNode>
}

/** The replicated state. */
export interface Tree {
  readonly nodes: Map<string, TreeNode>
  readonly sessions: Map<number, TreeSession>
  /** Last transaction applied. */
  zxid: number
  /** Sequence number of a node's first sequential child. */
  readonly sequenceStart: number
}

/** Told of each node that changed, in order. */
export type Fired = (type: WatchType, path: string) => void

/** The answer to a create. */
export interface Created {
  readonly path: string
  readonly czxid: number
}

const INTEGER_MAX = 2_147_483_647
const LOAD_FACTOR = 0.75

// String.hashCode and HashMap.hash: DataNode keeps its children in a HashSet, so lists come in its order.
const hashOf = (name: string): number => {
  let hash = 0
  for (let index = 0; index < name.length; index++) {
    hash = (Math.imul(hash, 31) + name.charCodeAt(index)) | 0
  }
  return hash ^ (hash >>> 16)
}

const newNode = (
  path: string,
  parent: TreeNode | undefined,
  data: string,
  zxid: number,
  ephemeralOwner: number,
  origin: Origin | undefined,
  created: number,
): TreeNode => {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return {
    name,
    path,
    parent,
    ephemeralOwner,
    czxid: zxid,
    origin,
    children: new Map(),
    hash: hashOf(name),
    data,
    mzxid: zxid,
    pzxid: zxid,
    version: 0,
    cversion: 0,
    created,
    buckets: 8,
  }
}

/** A tree that holds only the root. */
export const newTree = (sequenceStart = 0): Tree => ({
  nodes: new Map([['/', newNode('/', undefined, '', 0, 0, undefined, sequenceStart)]]),
  sessions: new Map(),
  zxid: 0,
  sequenceStart,
})

/** What a node says of itself. */
export const statOf = (node: TreeNode): Stat => ({
  czxid: node.czxid,
  mzxid: node.mzxid,
  pzxid: node.pzxid,
  version: node.version,
  cversion: node.cversion,
  ephemeralOwner: node.ephemeralOwner,
  numChildren: node.children.size,
})

/** Names of the children in the order of a Java HashSet: a caller that needs them sorted must sort. */
export const childrenOf = (node: TreeNode): string[] => {
  const mask = node.buckets - 1
  return [...node.children.values()]
    .sort((one, other) => (one.hash & mask) - (other.hash & mask))
    .map((child) => child.name)
}

/**
 * Suffix of the n-th sequential child: ten digits of a signed 32-bit number, which overflows to
 * -2147483648 (zookeeperProgrammers.md, Sequence Nodes).
 */
export const sequenceSuffix = (created: number): string => {
  const number = created > INTEGER_MAX ? created - 4_294_967_296 : created
  return number < 0 ? `-${String(-number).padStart(9, '0')}` : String(number).padStart(10, '0')
}

const parentPathOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

const removeNode = (tree: Tree, node: TreeNode, zxid: number, fired: Fired): void => {
  tree.nodes.delete(node.path)
  tree.sessions.get(node.ephemeralOwner)?.ephemerals.delete(node)
  const { parent } = node
  if (parent === undefined) return
  parent.children.delete(node.name)
  parent.cversion++
  parent.pzxid = zxid
  fired('NodeDeleted', node.path)
  fired('NodeChildrenChanged', parent.path)
}

/** Applies one line of the log. The answer is the same on every server. */
export const applyEntry = (tree: Tree, entry: Entry, fired: Fired): Reply<unknown> => {
  const { zxid, command } = entry
  const { change, session } = command
  tree.zxid = zxid
  if (change.op === 'fail') return refused(change.code)
  if (change.op === 'createSession') {
    tree.sessions.set(zxid, { timeoutMs: change.timeoutMs, ephemerals: new Set() })
    return ok(zxid)
  }
  const owner = tree.sessions.get(session)
  if (owner === undefined) return refused('SESSIONEXPIRED')
  switch (change.op) {
    case 'closeSession':
      // All of them in this one transaction (DataTree.killSession).
      for (const node of [...owner.ephemerals]) removeNode(tree, node, zxid, fired)
      tree.sessions.delete(session)
      return ok(undefined)
    case 'create': {
      const parent = tree.nodes.get(parentPathOf(change.path))
      if (parent === undefined) return refused('NONODE')
      if (parent.ephemeralOwner !== 0) return refused('NOCHILDRENFOREPHEMERALS')
      const path = change.sequential ? change.path + sequenceSuffix(parent.created) : change.path
      if (tree.nodes.has(path)) return refused('NODEEXISTS')
      const ephemeralOwner = change.ephemeral ? session : 0
      const { origin } = command
      const first = tree.sequenceStart
      const node = newNode(path, parent, change.data, zxid, ephemeralOwner, origin, first)
      tree.nodes.set(path, node)
      parent.children.set(node.name, node)
      while (parent.children.size > parent.buckets * LOAD_FACTOR) parent.buckets *= 2
      parent.created++
      parent.cversion++
      parent.pzxid = zxid
      if (change.ephemeral) owner.ephemerals.add(node)
      fired('NodeCreated', path)
      fired('NodeChildrenChanged', parent.path)
      return ok<Created>({ path, czxid: zxid })
    }
    case 'delete': {
      const node = tree.nodes.get(change.path)
      if (node === undefined) return refused('NONODE')
      if (change.version !== -1 && change.version !== node.version) return refused('BADVERSION')
      if (node.children.size > 0) return refused('NOTEMPTY')
      removeNode(tree, node, zxid, fired)
      return ok(undefined)
    }
    case 'setData': {
      const node = tree.nodes.get(change.path)
      if (node === undefined) return refused('NONODE')
      if (change.version !== -1 && change.version !== node.version) return refused('BADVERSION')
      node.data = change.data
      node.mzxid = zxid
      node.version++
      fired('NodeDataChanged', change.path)
      return ok(statOf(node))
    }
  }
}
