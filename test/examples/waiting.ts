/** The example of the tutorial: a lock that is in no registry, in one run, under every class of faults, and on a page. */

import {
  faultClasses,
  matrixOfLock,
  parsePlan,
  plainPaint,
  run,
  runCampaign,
  unicodeGlyphs,
} from 'locksim'
import { redisWaiting } from './redis-waiting.ts'

// Its first day: the client stands still between its requests and their answers.
const plan = parsePlan({
  format: 'locksim-plan/1',
  algorithm: redisWaiting.name,
  faults: [
    {
      kind: 'pause',
      node: 'client-1',
      at: { node: 'redis', event: 'service-granted' },
      forMs: 15_000,
    },
  ],
})
for (const { promise, verdict, evidence } of run(plan, { algorithm: redisWaiting }).verdicts) {
  if (verdict === 'held' || verdict === 'violated')
    console.log(`${promise} ${verdict}: ${evidence}`)
}

// Its row of the table: 20 seeds under each class of faults.
const campaigns = faultClasses.map((fault) => {
  const result = runCampaign(redisWaiting, fault, 0, 20)
  return 'skip' in result
    ? { fault, result: undefined, skip: result.skip }
    : { fault, result, skip: undefined }
})
const style = { paint: plainPaint, glyphs: unicodeGlyphs, columns: 80 }
console.log(matrixOfLock({ algorithm: redisWaiting, campaigns }, style))
