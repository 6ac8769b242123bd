/** The matrix as a file: what every campaign came to, so that the table can be told without running it again. */

import { faultClassNamed } from '../fault-classes/index.ts'
import { algorithmNamed } from '../settle.ts'
import { emptyCampaign } from './campaign.ts'
import type { CampaignResult, PromiseTally } from './campaign.ts'
import type { MatrixRow } from './matrix.ts'

/** The version of the file. */
export const TABLE_FORMAT = 'locksim-matrix/1'

interface SavedCampaign {
  readonly fault: string
  readonly skip?: string
  readonly runs?: number
  readonly landed?: number
  readonly contended?: number
  readonly errors?: number
  readonly promises?: CampaignResult['promises']
}

/** A saved matrix. */
export interface SavedTable {
  readonly format: typeof TABLE_FORMAT
  readonly firstSeed: number
  readonly seeds: number
  readonly rows: readonly {
    readonly algorithm: string
    readonly campaigns: readonly SavedCampaign[]
  }[]
}

/** The file of these rows: one campaign a line, so that a difference can be read. */
export const tableText = (
  rows: readonly MatrixRow[],
  { firstSeed, seeds }: Pick<SavedTable, 'firstSeed' | 'seeds'>,
): string => {
  const lines = rows.map(({ algorithm, campaigns }) => {
    const saved = campaigns.map(({ fault, result, skip }): SavedCampaign => {
      if (result === undefined) return { fault: fault.name, skip: skip ?? '' }
      const { runs, landed, contended, errors, promises } = result
      return { fault: fault.name, runs, landed, contended, errors, promises }
    })
    const inner = saved.map((campaign) => `    ${JSON.stringify(campaign)}`).join(',\n')
    return `  {"algorithm":${JSON.stringify(algorithm.name)},"campaigns":[\n${inner}\n  ]}`
  })
  return `{"format":"${TABLE_FORMAT}","firstSeed":${firstSeed},"seeds":${seeds},"rows":[\n${lines.join(',\n')}\n]}\n`
}

/**
 * The rows of a saved table.
 *
 * @throws InputError if it names a lock or a class that is not there any more
 */
export const rowsOfTable = ({ rows }: SavedTable): readonly MatrixRow[] =>
  rows.map(({ algorithm, campaigns }) => ({
    algorithm: algorithmNamed(algorithm),
    campaigns: campaigns.map(({ fault, skip, runs, landed, contended, errors, promises }) => ({
      fault: faultClassNamed(fault),
      skip,
      result:
        skip === undefined
          ? {
              ...emptyCampaign(),
              runs: runs ?? 0,
              landed: landed ?? 0,
              contended: contended ?? 0,
              errors: errors ?? 0,
              promises: withSmallest(promises ?? {}),
            }
          : undefined,
    })),
  }))

// What is undefined does not survive JSON.
const withSmallest = (promises: CampaignResult['promises']): CampaignResult['promises'] =>
  Object.fromEntries(
    Object.entries(promises).map(([promise, { counts, smallest }]: [string, PromiseTally]) => [
      promise,
      { counts, smallest },
    ]),
  )
