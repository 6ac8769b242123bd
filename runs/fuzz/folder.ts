/** The folder of a campaign: its counterexamples, and in `.campaign` what it takes to go on after a kill. */

import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { AnyAlgorithm } from '#algorithms'
import { InputError } from '../errors.ts'
import { fileError, makeFolder, parseJson } from '../text-file.ts'
import { VERSION } from '../version.ts'
import { openJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { writeCounterexample } from '../keep/file.ts'
import { referenceOf } from '../modules/registry.ts'
import { fingerprintOf } from './locks.ts'
import type { FuzzRequest, FuzzResult } from './request.ts'

const CAMPAIGN_FORMAT = 'locksim-campaign/1'
const RECORDS = '.campaign'
const HEAD = 'campaign.json'

/** What a campaign remembers of what was asked. What changes its runs must stay the same; how many there are may grow. */
export interface CampaignHead {
  readonly format: typeof CAMPAIGN_FORMAT
  readonly locksim: string
  /** By what each lock is found, and what changes when it is edited. */
  readonly locks: readonly { readonly reference: string; readonly fingerprint: string }[]
  readonly asked: Pick<
    FuzzRequest,
    'seed' | 'runs' | 'timeMs' | 'until' | 'promise' | 'faults' | 'parameters' | 'fencing'
  >
}

/** An open folder. */
export interface CampaignFolder {
  /** The journal of one of its locks. */
  journalOf(algorithm: AnyAlgorithm): Journal
  /** Writes the counterexamples of a lock, and gives their paths. */
  keep(result: FuzzResult): readonly string[]
}

const headOf = (algorithms: readonly AnyAlgorithm[], request: FuzzRequest): CampaignHead => {
  const { seed, runs, timeMs, until, promise, faults, parameters, fencing } = request
  return {
    format: CAMPAIGN_FORMAT,
    locksim: VERSION,
    locks: algorithms.map((algorithm) => ({
      reference: referenceOf(algorithm),
      fingerprint: fingerprintOf(algorithm),
    })),
    asked: {
      seed,
      // A campaign by time alone has no number that JSON knows.
      runs: Number.isFinite(runs) ? runs : Number.MAX_SAFE_INTEGER,
      ...(timeMs === undefined ? {} : { timeMs }),
      ...(until === undefined ? {} : { until }),
      ...(promise === undefined ? {} : { promise }),
      ...(faults === undefined ? {} : { faults }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(fencing === undefined ? {} : { fencing }),
    },
  }
}

const attempt = <Result>(doing: string, path: string, act: () => Result): Result => {
  try {
    return act()
  } catch (error) {
    throw error instanceof InputError ? error : fileError(doing, path, error)
  }
}

const writeWhole = (path: string, text: string): void => {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

const headPath = (folder: string): string => join(folder, RECORDS, HEAD)

/**
 * What was asked of the campaign in this folder; undefined if there is none.
 *
 * @throws InputError when its record cannot be read
 */
export const readHead = (folder: string): CampaignHead | undefined => {
  const path = headPath(folder)
  if (!existsSync(path)) return undefined
  const head = parseJson(
    attempt('read', path, () => readFileSync(path, 'utf8')),
    path,
  ) as Partial<CampaignHead> | null
  if (head?.format !== CAMPAIGN_FORMAT || head.asked === undefined || head.locks === undefined) {
    throw new InputError(
      `${path}: not the record of a campaign in the format ${CAMPAIGN_FORMAT}; begin anew with --fresh`,
    )
  }
  return head as CampaignHead
}

/** Fields of the question that the runs depend on. */
const FIXED = ['seed', 'faults', 'parameters', 'fencing', 'promise'] as const

/** The options by which a part of the question was asked. */
const shown = (field: (typeof FIXED)[number], { asked }: CampaignHead): string => {
  const { parameters } = asked
  if (asked[field] === undefined) return `without --${field === 'parameters' ? 'set' : field}`
  if (field !== 'parameters') return `with --${field} ${[asked[field]].flat().join(',')}`
  const settings = Object.entries(parameters ?? {}).map(([name, one]) => `--set ${name}=${one}`)
  return `with ${settings.join(' ')}`
}

const differencesOf = (there: CampaignHead, here: CampaignHead): readonly string[] => {
  const names = (head: CampaignHead) => head.locks.map(({ reference }) => reference).join(', ')
  const edited = here.locks.filter(({ reference, fingerprint }) =>
    there.locks.some((lock) => lock.reference === reference && lock.fingerprint !== fingerprint),
  )
  return [
    ...(there.locksim === here.locksim
      ? []
      : [`it was run by locksim ${there.locksim}, this is ${here.locksim}`]),
    ...(names(there) === names(here) ? [] : [`its locks are ${names(there)}, not ${names(here)}`]),
    ...edited.map(({ reference }) => `${reference} was edited since`),
    ...FIXED.filter((field) => shown(field, there) !== shown(field, here)).map(
      (field) => `it was run ${shown(field, there)}, not ${shown(field, here)}`,
    ),
  ]
}

/** Every file of locksim's that people keep says near its beginning what it is. */
const FORMAT_WITHIN = 200

/** What may lie beside counterexamples in a folder where somebody keeps them. */
const isKept = (path: string): boolean => {
  if (path.endsWith('.md')) return true
  if (!path.endsWith('.json') || !statSync(path).isFile()) return false
  return readFileSync(path, 'utf8').slice(0, FORMAT_WITHIN).includes('"locksim-')
}

/** A folder that holds other things is somebody else's. */
const refuseForeign = (folder: string): void => {
  const foreign = readdirSync(folder).find(
    (name) => name !== RECORDS && !isKept(join(folder, name)),
  )
  if (foreign !== undefined) {
    throw new InputError(
      `${folder} holds something else (${foreign}) and no campaign; give an empty or a new folder`,
    )
  }
}

const prepare = (folder: string, here: CampaignHead, fresh: boolean): void => {
  const records = join(folder, RECORDS)
  if (fresh) rmSync(records, { recursive: true, force: true })
  const there = fresh ? undefined : readHead(folder)
  if (there === undefined) {
    if (existsSync(folder)) refuseForeign(folder)
    makeFolder(records)
    writeFileSync(join(records, '.gitignore'), '*\n')
  } else {
    const differences = differencesOf(there, here)
    if (differences.length > 0) {
      throw new InputError(
        `${folder} holds another campaign: ${differences.join('; ')}. Give another folder, or begin anew with --fresh`,
      )
    }
  }
  writeWhole(headPath(folder), `${JSON.stringify(here, null, 2)}\n`)
}

/**
 * Opens the folder of a campaign, a new one or that of the same question.
 *
 * @throws InputError when it cannot be written, holds something else, or another campaign
 */
export const openFolder = (
  folder: string,
  algorithms: readonly AnyAlgorithm[],
  request: FuzzRequest,
): CampaignFolder => {
  const head = headOf(algorithms, request)
  attempt('write the campaign to', folder, () => prepare(folder, head, request.fresh === true))
  return {
    journalOf(algorithm) {
      // Two modules may call their locks the same.
      const number = algorithms.indexOf(algorithm)
      const name = algorithm.name.replaceAll(/[^\w-]/g, '-')
      return openJournal(join(folder, RECORDS, `${number}-${name}.jsonl`))
    },
    keep: ({ found }) =>
      attempt('write the counterexamples to', folder, () =>
        found.map(({ counterexample }) => writeCounterexample(folder, counterexample)),
      ),
  }
}
