/** What a failed matcher says: what was found, its story, and how to see it again. Text of 80 columns, without colours. */

import { countOf, numeral } from '#checkers'
import type { Verdict } from '#checkers'
import type { AnyAlgorithm } from '#algorithms'
import { runTitle } from '../report/run-report.ts'
import { story } from '../report/story.ts'
import { plainStyle, printable, wrap } from '../report/style.ts'
import { proofs } from '../report/verdicts.ts'
import { run } from '../run.ts'
import type { RunResult } from '../run.ts'
import { settle } from '../settle.ts'
import { eventsOf, repeatPlan } from '../tell.ts'
import type { Breach, Campaign, CampaignRequest } from './campaign.ts'

/** The runner puts "Error: " before it. */
const HEAD_COLUMNS = plainStyle.columns - 7

const heading = (text: string): string => wrap(text, HEAD_COLUMNS).join('\n')

const paragraph = (text: string): string => wrap(text, plainStyle.columns).join('\n')

const bullet = (text: string): string =>
  wrap(text, plainStyle.columns - 2)
    .map((line, index) => `${index === 0 ? '- ' : '  '}${line}`)
    .join('\n')

/** The lines that say the same in one text: paragraphs with an empty line between them. */
const page = (...parts: readonly string[]): string =>
  parts
    .map((part) => part.trimEnd())
    .filter((part) => part !== '')
    .join('\n\n')

const again = (result: RunResult<string>): string => `again: ${repeatPlan(result)}`

/** The story of a run up to its end, with the proof of one verdict. Empty if the run cannot be had again from its plan. */
const told = (result: RunResult<string>, verdict: Verdict<string>): string => {
  const { plan, algorithm } = result
  const events = eventsOf(result)
  if (events === undefined) return ''
  const { clients } = settle(plan, algorithm)
  return page(
    runTitle(result, plainStyle),
    story({ plan, clients, events, marked: [verdict] }, plainStyle),
    proofs({ algorithm, verdicts: [verdict] }, plainStyle),
  )
}

const neededText = ({ necessary, minimal }: Breach): string => {
  const [only] = necessary
  if (only === undefined) return 'No fault is needed for that.'
  const head =
    necessary.length === 1
      ? 'What it takes:'
      : `What it takes (${minimal ? 'nothing can be left out' : 'perhaps more than it needs'}):`
  const lines = necessary.map(({ fault, without }) => bullet(`${fault}; without it: ${without}`))
  return [head, ...lines].join('\n')
}

/** Under what a lock was tried. */
const triedText = ({ faults, seed }: CampaignRequest): string => {
  const under =
    faults === undefined
      ? 'faults of every kind'
      : faults.length === 0
        ? 'no faults'
        : faults.join(', ')
  return `under ${under}, from seed ${seed}`
}

const struckText = ({ landed, runs, contended }: Campaign): string => {
  const kinds = Object.entries(landed).flatMap(([kind, { planned, landed: struck }]) =>
    planned === 0 ? [] : [`${kind} ${numeral(struck)} of ${numeral(planned)}`],
  )
  return [
    `Clients competed in ${numeral(contended)} of ${countOf(runs, 'run')}.`,
    ...(kinds.length === 0 ? [] : [`Faults that struck: ${kinds.join(', ')}.`]),
  ].join(' ')
}

/** A promise that should have held was broken. */
export const brokenText = (
  algorithm: AnyAlgorithm,
  promise: string,
  request: CampaignRequest,
  { runs }: Campaign,
  breach: Breach,
): string => {
  const smallest = run(breach.plan, { algorithm })
  const verdict = smallest.verdicts.find((one) => one.promise === promise)
  return page(
    heading(
      `${printable(algorithm.name)} breaks ${promise}: in ${numeral(breach.runs)} of ${countOf(runs, 'run')} ${triedText(request)}, for the first time in run ${numeral(breach.firstAtRun)}. The smallest one:`,
    ),
    paragraph(printable(breach.sentence)),
    verdict === undefined ? '' : told(smallest, verdict),
    neededText(breach),
    again(smallest),
  )
}

/** A promise that should have been broken held. */
export const unbrokenText = (
  algorithm: AnyAlgorithm,
  promise: string,
  request: CampaignRequest,
  campaign: Campaign,
): string =>
  page(
    heading(
      `${printable(algorithm.name)} was expected to break ${promise}, and held it in ${numeral(campaign.verdicts.held)} of ${countOf(campaign.runs, 'run')} ${triedText(request)}.`,
    ),
    paragraph(
      `${struckText(campaign)} That is evidence and no proof: more runs or other faults may break it.`,
    ),
  )

/** Nobody can say, as nothing put the promise to the test. */
export const untestedText = (
  algorithm: AnyAlgorithm,
  promise: string,
  request: CampaignRequest,
  campaign: Campaign,
): string => {
  const { runs, verdicts, untested, neverLanded } = campaign
  const offered = verdicts['not offered'] < runs || runs === 0
  return page(
    heading(
      `${promise} of ${printable(algorithm.name)} was never put to the test in ${countOf(runs, 'run')} ${triedText(request)}, so it neither held nor was broken.`,
    ),
    untested === undefined ? '' : paragraph(`The judge says: ${printable(untested)}.`),
    neverLanded.length === 0
      ? ''
      : paragraph(
          `Never struck: ${neverLanded.join(', ')}. Perhaps there is nothing of it to strike.`,
        ),
    runs === 0 ? '' : paragraph(struckText(campaign)),
    paragraph(
      offered
        ? 'To test it, give it more runs, other faults (under: […]), or other parameters.'
        : 'The lock makes no such promise: ask for another one, or let the lock say what it gives.',
    ),
  )
}

/** The lock's own code failed. */
export const mishapText = (
  algorithm: AnyAlgorithm,
  mishap: NonNullable<Campaign['mishap']>,
): string =>
  [
    `${printable(algorithm.name)} broke the rules of the simulation in run ${numeral(mishap.run)}, with seed ${mishap.seed}:`,
    ...mishap.message.split('\n').map(printable),
    `again: ${repeatPlan({ plan: mishap.plan, algorithm })}`,
  ].join('\n')

/** One run came out otherwise than expected. */
export const runText = (result: RunResult<string>, verdict: Verdict<string>): string => {
  const { promise, verdict: word, evidence } = verdict
  const name = printable(result.algorithm.name)
  const found = {
    held: `${name} held ${promise} in this run`,
    violated: `${name} broke ${promise} in this run`,
    vacuous: `${promise} of ${name} was never put to the test in this run`,
    inconclusive: `this run was over before anybody could say whether ${name} keeps ${promise}`,
    'not offered': `${name} does not offer ${promise}`,
  }[word]
  return page(heading(`${found}: ${printable(evidence)}.`), told(result, verdict), again(result))
}
