/** The line of a long campaign on a terminal: how far it is, how fast, what it has found, and how long it will take. */

import { numeral } from '#runs'
import type { FuzzProgress } from '#runs'
import { createLogUpdate } from 'log-update'
import type { Io } from './io.ts'

const BAR_COLUMNS = 20
/** Of a terminal that does not say how wide it is. */
const COLUMNS_DEFAULT = 80
/** Often enough for the eye. */
const REDRAW_MS = 100

/** A line that can be redrawn and wiped away. */
export interface ProgressBar {
  show(lock: string, progress: FuzzProgress): void
  clear(): void
}

/** `1:05` for a minute and five seconds. */
export const clockOf = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  const hours = Math.floor(whole / 3_600)
  const minutes = String(Math.floor((whole % 3_600) / 60))
  const rest = String(whole % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${minutes.padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

/** The line itself. `seconds` is how long it has taken so far. */
export const progressLine = (
  lock: string,
  { runs, share, found }: FuzzProgress,
  seconds: number,
  unicode: boolean,
): string => {
  const full = Math.floor(share * BAR_COLUMNS)
  const [on, off] = unicode ? ['█', '░'] : ['#', '.']
  const bar = on.repeat(full) + off.repeat(BAR_COLUMNS - full)
  const rate = seconds > 0 ? `${numeral(Math.round(runs / seconds))} runs/s` : ''
  const left = share > 0 && share < 1 ? `${clockOf((seconds / share) * (1 - share))} left` : ''
  const what = share === 1 && found > 0 ? 'making it smaller' : left
  return [lock, bar, `${Math.floor(share * 100)} %`, rate, `${found} found`, what]
    .filter((part) => part !== '')
    .join('  ')
}

/** Draws on a terminal, and nowhere else. */
export const progressBar = ({ live, unicode }: Io): ProgressBar => {
  if (live === undefined) return { show: () => undefined, clear: () => undefined }
  const update = createLogUpdate(live)
  let lock = ''
  let beganMs = 0
  let runsBefore = 0
  let drawnMs = -Infinity
  return {
    show(name, progress) {
      const nowMs = performance.now()
      if (name !== lock) {
        lock = name
        beganMs = nowMs
        runsBefore = progress.runs
      } else if (nowMs - drawnMs < REDRAW_MS && progress.share < 1) return
      drawnMs = nowMs
      const seconds = (nowMs - beganMs) / 1_000
      const fresh = { ...progress, runs: progress.runs - runsBefore }
      const line = progressLine(name, fresh, seconds, unicode)
      update(line.slice(0, (live.columns || COLUMNS_DEFAULT) - 1))
    },
    clear: () => update.clear(),
  }
}
