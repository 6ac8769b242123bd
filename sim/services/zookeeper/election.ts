/** How servers find a leader: the newest log wins, then a majority promises it a new epoch. */

// FastLeaderElection.java; "Discovery" of the Zab paper.

import type { Outbox } from '../service.ts'
import { hangUpAll } from './deliver.ts'
import type { Peer } from './protocol.ts'
import { sendHistory, shareHistory } from './replicate.ts'
import { newTracker } from './sessions.ts'
import type { Leading, Looking, Vote, ZooKeeperState } from './state.ts'
import { initLimitMs, isMajority, lastZxid } from './state.ts'

/** What the best candidate waits for better ones (FastLeaderElection.finalizeWait). */
const FINALIZE_WAIT_MS = 200

const lookEveryMs = (state: ZooKeeperState): number =>
  Math.max(FINALIZE_WAIT_MS, state.options.tickTimeMs / 2)

const sayLook = (state: ZooKeeperState, to: number, out: Outbox): void => {
  const { acceptedEpoch, currentEpoch } = state
  out.peer(to, { op: 'look', acceptedEpoch, currentEpoch, zxid: lastZxid(state) })
}

const sayLookToAll = (state: ZooKeeperState, out: Outbox): void => {
  for (let other = 0; other < state.size; other++) {
    if (other !== state.index) sayLook(state, other, out)
  }
}

/** Gives up leading or following, ends all client connections and looks for a leader. */
export const look = (state: ZooKeeperState, nowMs: number, out: Outbox): void => {
  hangUpAll(state, out)
  state.mode = {
    role: 'looking',
    votes: new Map(),
    nextLookMs: nowMs + lookEveryMs(state),
    finalizeAtMs: Infinity,
  }
  if (isMajority(state, 1)) lead(state, nowMs, out)
  else sayLookToAll(state, out)
}

const isBest = (state: ZooKeeperState, votes: ReadonlyMap<number, Vote>): boolean => {
  const zxid = lastZxid(state)
  for (const [index, vote] of votes) {
    if (
      vote.currentEpoch > state.currentEpoch ||
      (vote.currentEpoch === state.currentEpoch &&
        (vote.zxid > zxid || (vote.zxid === zxid && index > state.index)))
    ) {
      return false
    }
  }
  return true
}

const tryToLead = (state: ZooKeeperState, nowMs: number, out: Outbox): void => {
  const { mode } = state
  if (mode.role !== 'looking') return
  const known = mode.votes.size + 1
  if (!isMajority(state, known) || !isBest(state, mode.votes)) {
    mode.finalizeAtMs = Infinity
  } else if (known === state.size || nowMs >= mode.finalizeAtMs) {
    lead(state, nowMs, out)
  } else if (mode.finalizeAtMs === Infinity) {
    mode.finalizeAtMs = nowMs + FINALIZE_WAIT_MS
  }
}

const lead = (state: ZooKeeperState, nowMs: number, out: Outbox): void => {
  let newest = state.acceptedEpoch
  if (state.mode.role === 'looking') {
    for (const vote of state.mode.votes.values()) newest = Math.max(newest, vote.acceptedEpoch)
  }
  const epoch = newest + 1
  state.acceptedEpoch = epoch
  state.acceptedFrom = state.index
  const leading: Leading = {
    role: 'leading',
    epoch,
    phase: 'promises',
    counter: 0,
    followers: new Map(),
    tracker: newTracker(state.options.tickTimeMs),
    nextPingMs: Infinity,
    deadlineMs: nowMs + initLimitMs(state),
  }
  state.mode = leading
  for (let other = 0; other < state.size; other++) {
    if (other !== state.index) out.peer(other, { op: 'new-epoch', epoch, won: false })
  }
  if (isMajority(state, 1)) shareHistory(state, leading, nowMs, out)
}

/** Another server looks for a leader. */
export const onLook = (
  state: ZooKeeperState,
  from: number,
  message: Extract<Peer, { readonly op: 'look' }>,
  nowMs: number,
  out: Outbox,
): void => {
  if (state.mode.role === 'leading') {
    if (message.acceptedEpoch <= state.mode.epoch) {
      const { epoch, phase } = state.mode
      out.peer(from, { op: 'new-epoch', epoch, won: phase !== 'promises' })
      return
    }
    // It has promised itself to a later leader, who failed: only a newer epoch can win it back.
    look(state, nowMs, out)
  } else if (state.mode.role === 'following') {
    if (state.mode.leader !== from) return
    look(state, nowMs, out)
  }
  const { mode } = state
  if (mode.role !== 'looking') return
  const isNew = !mode.votes.has(from)
  const { acceptedEpoch, currentEpoch, zxid } = message
  mode.votes.set(from, { acceptedEpoch, currentEpoch, zxid, atMs: nowMs })
  if (isNew) sayLook(state, from, out)
  tryToLead(state, nowMs, out)
}

/** A candidate, or a leader, asks for allegiance. */
export const onNewEpoch = (
  state: ZooKeeperState,
  from: number,
  { epoch, won }: Extract<Peer, { readonly op: 'new-epoch' }>,
  nowMs: number,
  out: Outbox,
): void => {
  const { mode } = state
  if (mode.role === 'leading' && mode.phase !== 'promises') return
  if (mode.role === 'following' && (mode.synced || mode.epoch >= epoch)) return
  // Promised to somebody else, an epoch can still be joined once it is won: nobody else can win it any more.
  const joins = epoch === state.acceptedEpoch && (won || from === state.acceptedFrom)
  if (epoch <= state.acceptedEpoch && !joins) return
  state.acceptedEpoch = epoch
  state.acceptedFrom = from
  const join = ++state.joins
  state.mode = {
    role: 'following',
    leader: from,
    epoch,
    join,
    sequence: 0,
    synced: false,
    serving: false,
    deadlineMs: nowMs + initLimitMs(state),
    touched: new Set(),
  }
  const { currentEpoch, committed } = state
  out.peer(from, { op: 'promise', epoch, join, currentEpoch, zxid: lastZxid(state), committed })
}

/** A server promises itself. */
export const onPromise = (
  state: ZooKeeperState,
  leading: Leading,
  from: number,
  message: Extract<Peer, { readonly op: 'promise' }>,
  nowMs: number,
  out: Outbox,
): void => {
  const known = leading.followers.get(from)
  if (known !== undefined && known.join >= message.join) return
  if (leading.phase === 'promises') {
    const { currentEpoch, zxid } = message
    if (
      currentEpoch > state.currentEpoch ||
      (currentEpoch === state.currentEpoch && zxid > lastZxid(state))
    ) {
      // Somebody has a newer log, perhaps with lines that are committed: he must lead, not I.
      look(state, nowMs, out)
      return
    }
  }
  const { join, committed } = message
  const follower = { join, from: committed, sequence: 0, acked: -1, sent: false, heardAtMs: nowMs }
  leading.followers.set(from, follower)
  if (leading.phase !== 'promises') sendHistory(state, leading, from, follower, out)
  else if (isMajority(state, leading.followers.size + 1)) shareHistory(state, leading, nowMs, out)
}

/** Time passes for a server that has no leader. */
export const tickLooking = (
  state: ZooKeeperState,
  looking: Looking,
  nowMs: number,
  out: Outbox,
): void => {
  if (nowMs >= looking.nextLookMs) {
    const everyMs = lookEveryMs(state)
    looking.nextLookMs = nowMs + everyMs
    // Who has not repeated himself may be gone, and must not be waited for.
    for (const [index, { atMs }] of looking.votes) {
      if (nowMs - atMs > 2.5 * everyMs) looking.votes.delete(index)
    }
    sayLookToAll(state, out)
  }
  tryToLead(state, nowMs, out)
}
