/** What a check came to as SARIF 2.1.0: a rule for each promise, a result for each difference. */

import { checkers } from '#checkers'
import type { CheckResult } from '../keep/check.ts'
import { VERSION } from '../version.ts'
import { differenceText, placed } from './check-place.ts'

/** The rule of a lock whose code fails. */
const OWN_CODE = 'own-code'

// Braces mean something in a message (SARIF 2.1.0, 3.11.5), and so do brackets (3.11.6).
const asMessage = (text: string): string =>
  text.replace(/[{}]/g, (brace) => brace + brace).replace(/[\\[\]]/g, (bracket) => `\\${bracket}`)

const asUri = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

/** The document. */
export const checkSarif = async (result: CheckResult): Promise<string> => {
  // Only those who ask for it wait for it.
  const { SarifBuilder, SarifResultBuilder, SarifRuleBuilder, SarifRunBuilder } =
    await import('node-sarif-builder')
  const found = placed(result)
  const run = new SarifRunBuilder({ columnKind: 'utf16CodeUnits' }).initSimple({
    toolDriverName: 'locksim',
    toolDriverVersion: VERSION,
  })
  const rules = [
    ...checkers.map(({ promise, summary }) => ({ id: promise as string, summary })),
    {
      id: OWN_CODE,
      summary: 'the code of a lock runs without breaking the rules of the simulation',
    },
  ]
  for (const { id, summary } of rules) {
    if (!found.some(({ difference }) => (difference.promise ?? OWN_CODE) === id)) continue
    run.addRule(new SarifRuleBuilder().initSimple({ ruleId: id, shortDescriptionText: summary }))
  }
  for (const { lock, difference, place } of found) {
    const one = new SarifResultBuilder().initSimple({
      ruleId: difference.promise ?? OWN_CODE,
      level: 'error',
      messageText: asMessage(`${lock.algorithm}: ${differenceText(difference)}`),
      fileUri: asUri(place.file),
    })
    one.setLocationRegion({ startLine: place.line })
    run.addResult(one)
  }
  const sarif = new SarifBuilder()
  sarif.addRun(run)
  return `${sarif.buildSarifJsonString({ indent: true })}\n`
}
