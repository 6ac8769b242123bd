/** What a run costs its network: requests, round trips and wake-ups, counted as they happen. */

import type { Activity } from '../kernel/index.ts'

/** Counts of one activity, over all clients. */
export interface ActivityCosts {
  /** Requests to servers other than the store. */
  requests: number
  /** Instants at which a client sent at least one of them: what goes out together is waited for once. */
  roundTrips: number
}

/** Counts of a run. Plain fields, because every message of every run passes here. */
export class Costs {
  readonly acquiring: ActivityCosts
  readonly releasing: ActivityCosts
  /** Renewals, heartbeats and whatever else goes on while the lock is held, or beside it. */
  readonly upkeep: ActivityCosts
  /** Messages among servers. */
  peerMessages: number
  /** Clients that were woken by a server: a watch that fired, a message, a call that had been put aside. */
  wakeUps: number

  constructor() {
    this.acquiring = { requests: 0, roundTrips: 0 }
    this.releasing = { requests: 0, roundTrips: 0 }
    this.upkeep = { requests: 0, roundTrips: 0 }
    this.peerMessages = 0
    this.wakeUps = 0
  }

  /** The counts of what a client does while it is about this. */
  of(activity: Activity): ActivityCosts {
    switch (activity) {
      case 'acquiring':
        return this.acquiring
      case 'releasing':
        return this.releasing
      default:
        return this.upkeep
    }
  }
}
