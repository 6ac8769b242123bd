/** The line that repeats a run. */

import type { Plan } from '../plan.ts'

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** A command as it can be pasted: `npx` finds locksim in the project, and elsewhere too. Words are quoted where they need to be. */
export const commandLine = (words: readonly string[]): string =>
  ['npx', 'locksim', ...words].map(quoted).join(' ')

/** What was asked beside the lock, as options. */
export interface Asked {
  readonly scenario?: string
  readonly sequence?: string
  readonly under?: string
  readonly planFile?: string
  readonly seed?: number
  readonly clients?: number
  readonly servers?: number
  readonly rounds?: number
  readonly ttlMs?: number
  readonly fencing?: string
  readonly settings?: readonly string[]
}

/** The line that repeats one run of a lock. The seed is always there, also where it was left to its default. */
export const repeatLine = (plan: Plan, asked: Asked): string => {
  const words = ['run', plan.algorithm]
  const option = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(`--${name}`, String(value))
  }
  option('plan', asked.planFile)
  option('scenario', asked.scenario)
  option('sequence', asked.sequence)
  option('under', asked.under)
  option('seed', plan.seed)
  option('clients', asked.clients)
  option('servers', asked.servers)
  option('rounds', asked.rounds)
  option('ttl', asked.ttlMs)
  option('fencing', asked.fencing)
  for (const setting of asked.settings ?? []) option('set', setting)
  return commandLine(words)
}
