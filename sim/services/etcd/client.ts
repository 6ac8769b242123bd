/** The typed client of an etcd cluster (client/v3 and its package concurrency). */

import type { Mailbox, Process, Reply } from '../../kernel/index.ts'
import type { Port, StubEnvironment } from '../service.ts'
import { ask, Endpoints } from './calls.ts'
import type {
  DeleteAnswer,
  Event,
  PutAnswer,
  RangeAnswer,
  Transaction,
  TxnAnswer,
  Wanted,
} from './protocol.ts'
import type { EtcdSession, SessionOptions } from './session.ts'
import { openSession } from './session.ts'
import type { EtcdWatch, Watched } from './watch.ts'
import { openWatch } from './watch.ts'

/** What a request waits if nothing else is said (etcdctl --command-timeout). The library itself sets no limit. */
const REQUEST_TIMEOUT_MS = 5_000

/** A client that knows all members of the cluster. */
export interface EtcdClient {
  /** Reads what is committed when the read begins or, `serializable`, what the member happens to know. */
  get(wanted: Wanted, options?: { readonly serializable?: boolean }): Process<Reply<RangeAnswer>>
  put(key: string, value: string, lease?: number): Process<Reply<PutAnswer>>
  delete(key: string): Process<Reply<DeleteAnswer>>
  txn(transaction: Transaction): Process<Reply<TxnAnswer>>
  session(options: SessionOptions): Process<Reply<EtcdSession>>
  watch(watched: Watched, inbox: Mailbox<Event>): Process<EtcdWatch>
  /** A new mailbox of this client's node, for events or for the end of a session. */
  mailbox<Letter>(): Mailbox<Letter>
  /** The same client with another patience. */
  within(timeoutMs: number): EtcdClient
}

const newStub = (
  endpoints: Endpoints,
  environment: StubEnvironment,
  timeoutMs: number,
): EtcdClient => ({
  get: (wanted, { serializable = false } = {}) =>
    ask(endpoints, { op: 'range', serializable, ...wanted }, timeoutMs, true),
  put: (key, value, lease = 0) =>
    ask(endpoints, { op: 'put', key, value, lease }, timeoutMs, false),
  delete: (key) => ask(endpoints, { op: 'delete', key }, timeoutMs, false),
  txn: (transaction) => ask(endpoints, { op: 'txn', ...transaction }, timeoutMs, false),
  session: (options) => openSession(endpoints, environment, options, timeoutMs),
  watch: (watched, inbox) => openWatch(endpoints, environment, watched, inbox),
  mailbox: () => environment.mailbox(),
  within: (otherMs) => newStub(endpoints, environment, otherMs),
})

/** The client of a cluster. */
export const newEtcdClient = (ports: readonly Port[], environment: StubEnvironment): EtcdClient =>
  newStub(new Endpoints(ports, environment), environment, REQUEST_TIMEOUT_MS)
