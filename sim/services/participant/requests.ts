/** What participants are asked, by coordinators and by one another, and what they answer: the stage they are in. */

/**
 * How far a transaction has come at a participant. `voted`: yes, and in doubt from now on. A no is an abort. `initial`:
 * it was not asked, or has not answered yet.
 */
export type Stage = 'initial' | 'voted' | 'pre-committed' | 'committed' | 'aborted'

/** What a coordinator asks. `value` is the name of the transaction. */
export type ParticipantRequest =
  | { readonly op: 'prepare' | 'can-commit'; readonly value: string; readonly row: string }
  | { readonly op: 'pre-commit' | 'commit' | 'abort' | 'status'; readonly value: string }

/** What participants say to one another. `client` is the coordinator, for the judges. */
export interface ParticipantPeer {
  readonly op:
    /** Has anybody decided? */
    | 'decision?'
    /** A backup coordinator asks how far everybody is. */
    | 'stage?'
    /** It brings the others to where the foremost is. */
    | 'pre-commit'
    /** The answer to either. */
    | 'stage'
    | 'commit'
    | 'abort'
  readonly value: string
  readonly client: string
  /** Of an answer; `recovering` if it was down meanwhile and does not know what it missed. */
  readonly stage?: Stage | 'recovering'
}
