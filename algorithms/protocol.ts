/** The contract of a commit protocol: how a coordinator brings all participants to the same decision. */

import type { Decision, Process, ServiceClients, ServiceName } from '#sim'
import type { AlgorithmBase, Needs } from './base.ts'
import type { ParameterDefinitions, ParameterValues } from './parameters.ts'

/** The last record of a transaction in a coordinator's log. */
export type LogRecord = 'began' | 'pre-commit' | 'commit' | 'abort'

/** What the application is told of its transaction. */
export type TransactionOutcome = 'committed' | 'aborted' | 'unknown'

/** A coordinator as its protocol sees it. */
export interface Coordinator<Needed extends Needs> {
  /** Name of the coordinator's node, e.g. `client-1`. */
  readonly name: string
  /** Name of the transaction. */
  readonly transaction: string
  /** What the transaction changes at every participant, and needs locked there. */
  readonly row: string
  /** Typed clients of the services that the protocol needs. */
  readonly services: Pick<ServiceClients, Extract<keyof Needed, ServiceName>>
  /** The coordinator's log by transaction. It survives a crash; what is not in it never happened. */
  readonly log: Map<string, LogRecord>
  /** A whole number of ms in [0, maxMs], from the stream `jitter:<coordinator>`. */
  jitterMs(maxMs: number): number
  /** Says that the coordinator has decided. Comes after the record in its log and before the first message. */
  decided(decision: Decision, cause: 'votes' | 'recovery'): Process
}

/** A commit protocol. Its participants are services, and each client of the plan is a coordinator. */
export interface Protocol<
  Needed extends Needs,
  Definitions extends ParameterDefinitions,
> extends AlgorithmBase<Needed, Definitions> {
  /** How long a participant waits before it acts on its own, in ms. Scenarios scale their times by it. */
  timeoutMs(parameters: ParameterValues<Definitions>): number
  /** One transaction, from its first message until the application can be told. What is left to do may go on beside. */
  coordinate(
    me: Coordinator<Needed>,
    parameters: ParameterValues<Definitions>,
  ): Process<TransactionOutcome>
  /** Finishes a transaction that a restarted coordinator finds in its log; runs before any new one. */
  recover(
    me: Coordinator<Needed>,
    record: LogRecord,
    parameters: ParameterValues<Definitions>,
  ): Process
}

/** Checks a protocol's shape and infers the types of `me` and `parameters` for its methods. */
export const defineProtocol = <
  const Needed extends Needs,
  Definitions extends ParameterDefinitions,
>(
  protocol: Protocol<Needed, Definitions>,
): Protocol<Needed, Definitions> => protocol

/** A protocol whose types are nobody's business. */
export type AnyProtocol = Protocol<Needs, ParameterDefinitions>
