/** `pre-commit-partition`: the network parts when all have voted, and the coordinator dies on the larger side. */

import { lastOf, twoTransactions } from './coordinator-crash.ts'
import { defineScenario } from './scenario.ts'

/** Those who have heard that all said yes, and the one who has not, decide without one another. */
export const preCommitPartition = defineScenario({
  name: 'pre-commit-partition',
  summary:
    'the last participant is cut off after its vote; the others hear on, and the coordinator dies',
  source:
    'Skeen and Stonebraker, A Formal Model of Crash Recovery in a Distributed System (1983), on partitions; 聂鹏程 (Nie Pengcheng), Geekbang, questions and answers no. 14',
  about: 'commits',
  plan(role) {
    const last = lastOf(role)
    const voted = { node: last, event: 'voted' as const }
    return {
      ...twoTransactions(role),
      faults: [
        {
          kind: 'partition',
          groups: [['client-1', ...role.servers.slice(0, -1)], [last]],
          // Its vote is on its way by then, and must arrive.
          at: { ...voted, afterMs: 2 },
          forMs: role.leaseMs * 5,
        },
        {
          kind: 'crash',
          node: 'client-1',
          at: { ...voted, afterMs: role.leaseMs / 5 },
          forMs: role.leaseMs * 10,
        },
      ],
      // The cut must fall between the last vote and the message that follows it.
      network: { latencyMs: { minMs: 1.5, maxMs: 1.5 } },
    }
  },
})
