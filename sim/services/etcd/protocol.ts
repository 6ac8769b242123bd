/** What clients and servers of etcd say to one another (rpc.proto), as far as locks need it. */

/** A key with its value. Revisions count the changes of the whole store. */
export interface KeyValue {
  readonly key: string
  readonly value: string
  /** Revision at which the key came into being; 0 in a comparison means that there is none. A fencing token. */
  readonly createRevision: number
  /** Revision of its last change. */
  readonly modRevision: number
  /** Changes since it came into being. */
  readonly version: number
  /** The lease that it dies with; 0 for none. */
  readonly lease: number
}

/** Which keys a read wants. */
export interface Wanted {
  readonly key: string
  /** All keys that begin with `key`. */
  readonly prefix?: boolean
  /** Only the one that was created first (`WithFirstCreate`) or last (`WithLastCreate`). */
  readonly only?: 'first-created' | 'last-created'
  /** None that was created later (`WithMaxCreateRev`). */
  readonly maxCreateRevision?: number
}

/** One condition of a transaction. */
export interface Comparison {
  readonly key: string
  readonly target: 'createRevision' | 'modRevision' | 'version' | 'value'
  readonly is: '=' | '!=' | '<' | '>'
  readonly to: number | string
}

/** One operation of a transaction. */
export type Operation =
  | { readonly op: 'put'; readonly key: string; readonly value: string; readonly lease: number }
  | { readonly op: 'delete'; readonly key: string }
  | ({ readonly op: 'range' } & Wanted)

/** If all comparisons hold then these, else those; all of it at one revision. */
export interface Transaction {
  readonly compare: readonly Comparison[]
  readonly success: readonly Operation[]
  readonly failure: readonly Operation[]
}

/** What was found. */
export interface RangeAnswer {
  /** The store's revision when the answer was made, as in every answer's header. */
  readonly revision: number
  readonly kvs: readonly KeyValue[]
}
/** The answer to a transaction: one range for each operation, empty where it was no read. */
export interface TxnAnswer {
  readonly revision: number
  readonly succeeded: boolean
  readonly responses: readonly (readonly KeyValue[])[]
}
/** The answer to a delete. */
export interface DeleteAnswer {
  readonly revision: number
  readonly deleted: number
}
/** The answer to a put. */
export interface PutAnswer {
  readonly revision: number
}
/** The answer to a grant or a keepalive. A TTL of 0: there is no such lease (any more). */
export interface LeaseAnswer {
  readonly id: number
  readonly ttlMs: number
}

/** A change as the log holds it. */
export type Command =
  | { readonly op: 'put'; readonly key: string; readonly value: string; readonly lease: number }
  | { readonly op: 'delete'; readonly key: string }
  | ({ readonly op: 'txn' } & Transaction)
  | { readonly op: 'lease-grant'; readonly id: number; readonly ttlMs: number }
  | { readonly op: 'lease-revoke'; readonly id: number; readonly expired: boolean }

/** What a client asks. */
export type Body =
  | ({ readonly op: 'range'; readonly serializable: boolean } & Wanted)
  | Extract<Command, { readonly op: 'put' | 'delete' | 'txn' }>
  | { readonly op: 'lease-grant'; readonly ttlMs: number }
  | { readonly op: 'lease-revoke'; readonly id: number }
  | { readonly op: 'lease-keepalive'; readonly id: number }
  /** Stays open as long as the watch: its end is how the client sees a FIN or RST. */
  | {
      readonly op: 'watch'
      readonly key: string
      readonly prefix: boolean
      readonly fromRevision: number
    }
  /** A gRPC keepalive. Answered with the number of pushes on this connection; refused if its watch never arrived. */
  | { readonly op: 'ping' }

/** A change of a key. */
export interface Event {
  readonly type: 'put' | 'delete'
  readonly revision: number
  readonly key: string
}

/** A letter of a watch: all events of one revision. Numbered, as what is lost shows to TCP. */
export interface Push {
  readonly number: number
  readonly events: readonly Event[]
}

/** Name of the channel on which events are pushed. */
export const EVENTS = 'watch'
