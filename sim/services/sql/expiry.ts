/** Rows that carry a time: when the judges have to look again because the server's clock has passed one. */

import type { SqlState } from './memory.ts'

const timesOf = function* ({ tables, options: { expiryColumn } }: SqlState): Generator<number> {
  for (const { committed } of tables.values()) {
    for (const { columns } of committed.values()) {
      const time = columns[expiryColumn]
      if (typeof time === 'number') yield time
    }
  }
}

/** The next time of a row that the judges have not seen pass, on the wall clock. */
export const nextExpiryMs = (state: SqlState): number => {
  let nextMs = Infinity
  if (state.options.expiryColumn === 'none') return nextMs
  for (const time of timesOf(state)) {
    if (time > state.expiredUpToMs && time < nextMs) nextMs = time
  }
  return nextMs
}

/** Whether the wall clock has passed the time of a row since the judges last looked. */
export const expiredOnes = (state: SqlState): boolean => {
  const wallMs = state.wallMs()
  const passed = nextExpiryMs(state) <= wallMs
  state.expiredUpToMs = wallMs
  return passed
}
