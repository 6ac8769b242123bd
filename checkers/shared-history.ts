/** What all judges of a run share: the facts so far, kept once, and whether anybody has competed. */

import type { FactEvent } from '#sim'
import type { SharedHistory } from './checker.ts'
import { watchRivalry } from './rivalry.ts'

/** The history while it is being written. Every fact is shown to it before any judge sees it. */
export interface HistoryWriter extends SharedHistory {
  see(event: FactEvent): void
}

/** A history without facts. */
export const newHistory = (): HistoryWriter => {
  const facts: FactEvent[] = []
  const clients = watchRivalry('clients')
  const holds = watchRivalry('holds')
  return {
    facts,
    clients,
    holds,
    see(event) {
      facts.push(event)
      clients.see(event)
      holds.see(event)
    },
  }
}
