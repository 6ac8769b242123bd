/** What can be seen of a run: facts, which the checkers judge, and traffic, which only a full trace keeps. */

/** What a client is doing when it sends something; travels with every request, invisible to the algorithm. */
export type Activity = 'opening' | 'acquiring' | 'holding' | 'releasing'

/**
 * On whose behalf a request is made. `hold` names one call of acquire and, if it succeeds, the hold
 * that came of it: `client-1#2` is the second attempt of client-1. Services keep it beside what a request
 * changed and never look at it; it is how a judge can tell whose grant a server has in its data.
 */
export interface Origin {
  readonly client: string
  readonly hold: string
  readonly activity: Activity
}

/** Why a server no longer has the lock granted to somebody. */
export type RevokeCause =
  /** A request asked for it (`by` says whose). */
  | 'request'
  /** The server's own clock passed the end of the lease. */
  | 'expired'
  /** The session or the connection that carried the grant ended. */
  | 'session-ended'
  /** The server lost what it had promised: a crash without disk, a failover to a replica that was behind. */
  | 'lost'

/** Facts stated by the workload about a client. `node` of the event is the client. */
export type ClientFact =
  | { readonly kind: 'acquiring'; readonly hold: string }
  /** acquire returned a grant: from here on the client believes that it holds the lock. */
  | {
      readonly kind: 'granted'
      readonly hold: string
      /** Fencing token, if the lock gives one. */
      readonly token?: number
      /** End of the validity that the client computed, on its own `validityClock`. */
      readonly validUntilMs?: number
      readonly validityClock?: 'wall' | 'monotonic'
    }
  /** acquire returned without the lock. */
  | { readonly kind: 'denied'; readonly hold: string }
  /** The client's own clock passed `validUntilMs` (stated by the world; the client need not have looked). */
  | { readonly kind: 'validity-ended'; readonly hold: string }
  /** The client was told that it no longer holds the lock. */
  | { readonly kind: 'lost'; readonly hold: string; readonly why: string }
  | { readonly kind: 'releasing'; readonly hold: string }
  /** release returned: it worked, there was nothing of ours to release, or nobody knows. */
  | {
      readonly kind: 'released'
      readonly hold: string
      readonly outcome: 'ok' | 'not-held' | 'unknown'
    }
  /** A careful client saw that its lease was over and did not write. */
  | { readonly kind: 'write-skipped'; readonly hold: string; readonly why: string }
  | { readonly kind: 'read-returned'; readonly hold: string; readonly value: number }
  | { readonly kind: 'read-failed'; readonly hold: string; readonly why: string }
  | { readonly kind: 'write-sent'; readonly hold: string; readonly value: number }
  | { readonly kind: 'write-acknowledged'; readonly hold: string; readonly value: number }
  | { readonly kind: 'write-refused'; readonly hold: string; readonly why: string }
  /** The write timed out: it may have happened. */
  | { readonly kind: 'write-unknown'; readonly hold: string }
  /** In its section, the holder asks for the lock once more. */
  | { readonly kind: 'reentering'; readonly hold: string }
  /** It was let in again; `token` is that of the inner grant. */
  | { readonly kind: 'reentered'; readonly hold: string; readonly token?: number }
  | { readonly kind: 'reentry-denied'; readonly hold: string }
  /** The holder began to release the inner grant. It still holds the outer. */
  | { readonly kind: 'leaving-inner'; readonly hold: string }
  | {
      readonly kind: 'left-inner'
      readonly hold: string
      readonly outcome: 'ok' | 'not-held' | 'unknown'
    }
  /** The client has done all its rounds. */
  | { readonly kind: 'finished' }
  | { readonly kind: 'note'; readonly text: string }

/** Facts about what the lock's servers have in their data. `node` is the server whose change brought it about. */
export type ServiceFact =
  | { readonly kind: 'service-granted'; readonly client: string; readonly hold: string }
  | {
      readonly kind: 'service-revoked'
      readonly client: string
      readonly hold: string
      readonly cause: RevokeCause
      /** Whose request did it, when `cause` is `request`. */
      readonly by?: Origin
    }
  /** A hold stands in the lock's queue: it has passed the doorway that the lock names. */
  | { readonly kind: 'queued'; readonly client: string; readonly hold: string }
  | { readonly kind: 'unqueued'; readonly client: string; readonly hold: string }

/** Facts about the protected store. `node` is the store; `client` and `hold` say whose operation it was. */
export type StoreFact =
  | {
      readonly kind: 'store-read'
      readonly client: string
      readonly hold: string
      readonly token?: number
      readonly value: number
    }
  | {
      readonly kind: 'store-written'
      readonly client: string
      readonly hold: string
      readonly token?: number
      readonly value: number
      /** What the write replaced. */
      readonly before: number
    }
  | {
      readonly kind: 'store-refused'
      readonly client: string
      readonly hold: string
      readonly operation: 'read' | 'write'
      readonly token?: number
      /** The highest token that the store had seen. */
      readonly highest: number
    }

/** What becomes of a transaction. */
export type Decision = 'commit' | 'abort'

/** Why a process decided as it did. */
export type DecisionCause =
  /** Of a coordinator: the votes that it had, or lacked. Of a participant: its own vote was no. */
  | 'votes'
  /** Of a participant that had promised to execute and then could not. */
  | 'unable'
  /** The coordinator said so. */
  | 'coordinator'
  /** Its patience ended and nobody was asked. */
  | 'timeout'
  /** The participants found out among themselves. */
  | 'peer'
  /** Of a coordinator that was down: its log, or what the participants answered when it came back. */
  | 'recovery'

/**
 * Facts about atomic commitment. `node` is the participant or coordinator that says so; `client` is the coordinator and
 * `hold` the name of the transaction, which is the name of the attempt as it is for locks.
 */
export type CommitFact =
  /** A coordinator took a transaction on. */
  | { readonly kind: 'transaction-began'; readonly hold: string }
  /** A participant voted. `locked`: from here on it keeps its row locked until it has decided. */
  | {
      readonly kind: 'voted'
      readonly client: string
      readonly hold: string
      readonly vote: 'yes' | 'no'
      readonly locked: boolean
    }
  /** A participant knows that everybody voted yes. It holds its lock, if it did not before. */
  | { readonly kind: 'pre-committed'; readonly client: string; readonly hold: string }
  /** A process decided, for good. */
  | {
      readonly kind: 'decided'
      readonly client: string
      readonly hold: string
      readonly decision: Decision
      readonly cause: DecisionCause
    }
  /** What the application behind the coordinator was told. */
  | {
      readonly kind: 'transaction-ended'
      readonly hold: string
      readonly outcome: 'committed' | 'aborted' | 'unknown'
    }

/** Facts about faults. `node` is the node that was struck, or the first of them. */
export type FaultFact =
  /** Fault number `fault` of the plan took effect. */
  | {
      readonly kind: 'fault-began'
      readonly fault: number
      readonly what: string
      readonly text: string
    }
  | {
      readonly kind: 'fault-ended'
      readonly fault: number
      readonly what: string
      readonly text: string
    }
  /** `clocksStop`: a suspended machine's monotonic clock stands still as well. */
  | { readonly kind: 'paused'; readonly clocksStop: boolean }
  | { readonly kind: 'resumed' }
  /** `silent`: nobody is told (power loss); otherwise the peers see their connections reset. */
  | { readonly kind: 'crashed'; readonly silent: boolean; readonly losesDisk?: boolean }
  | { readonly kind: 'restarted' }
  /** The wall clock was set, or its rate changed. */
  | { readonly kind: 'clock-changed'; readonly byMs: number; readonly driftPpm: number }
  | { readonly kind: 'promoted'; readonly insteadOf: string }

/** Everything that a checker may judge. */
export type Fact = ClientFact | ServiceFact | StoreFact | CommitFact | FaultFact

/** What else happened: messages, clock readings, sleeps. Kept in full traces only. */
export type Traffic =
  | {
      readonly kind: 'request-sent'
      readonly message: number
      readonly to: string
      readonly body: unknown
    }
  | { readonly kind: 'request-arrived'; readonly message: number; readonly from: string }
  | {
      readonly kind: 'reply-sent'
      readonly message: number
      readonly to: string
      readonly body: unknown
    }
  | { readonly kind: 'reply-arrived'; readonly message: number; readonly from: string }
  | { readonly kind: 'timed-out'; readonly message: number; readonly from: string }
  | {
      readonly kind: 'message-lost'
      readonly message: number
      readonly to: string
      readonly why: string
    }
  | {
      readonly kind: 'message-delayed'
      readonly message: number
      readonly to: string
      readonly byMs: number
    }
  | {
      readonly kind: 'message-duplicated'
      readonly message: number
      readonly to: string
    }
  | { readonly kind: 'push-arrived'; readonly from: string; readonly body: unknown }
  | { readonly kind: 'peer-arrived'; readonly from: string; readonly body: unknown }
  | {
      readonly kind: 'clock-read'
      readonly clock: 'wall' | 'monotonic'
      readonly valueMs: number
    }
  | { readonly kind: 'slept'; readonly ms: number }

/** Where and when. `atMs` is true time, which no node ever sees. */
export interface Stamp {
  /** Position among the facts of the run (a full trace numbers its lines itself). */
  readonly atMs: number
  readonly node: string
  /** The node's wall clock, where it differs from true time. Full traces only. */
  readonly wallMs?: number
}

/** A fact with its place and time: what checkers see. */
export type FactEvent = Stamp & Fact
/** One line of a full trace. */
export type TraceEvent = Stamp & (Fact | Traffic)
export type FactKind = Fact['kind']

/** Every kind of fact. */
export const FACT_KINDS: readonly FactKind[] = [
  'acquiring',
  'granted',
  'denied',
  'validity-ended',
  'lost',
  'releasing',
  'released',
  'write-skipped',
  'read-returned',
  'read-failed',
  'write-sent',
  'write-acknowledged',
  'write-refused',
  'write-unknown',
  'finished',
  'note',
  'service-granted',
  'service-revoked',
  'store-read',
  'store-written',
  'store-refused',
  'fault-began',
  'fault-ended',
  'paused',
  'resumed',
  'crashed',
  'restarted',
  'clock-changed',
  'promoted',
  'reentering',
  'reentered',
  'reentry-denied',
  'leaving-inner',
  'left-inner',
  'queued',
  'unqueued',
  'transaction-began',
  'voted',
  'pre-committed',
  'decided',
  'transaction-ended',
]
export type EventKind = TraceEvent['kind']

/** The fact event of one kind, with its own fields. */
export type FactOf<Kind extends FactKind> = Extract<FactEvent, { readonly kind: Kind }>
