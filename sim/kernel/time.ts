/** True time and durations: milliseconds that are always a multiple of 1/8, quantised once at this door. */

// Constants of this module, not imported ones: the engine folds only the former, and a message asks four times.
const TICKS = 8
const MS_A_TICK = 1 / TICKS

/** Ticks in a millisecond. Sums of multiples of 1/8 are exact in a double and print in three decimals at most. */
export const TICKS_PER_MS = TICKS

/** So many ticks as ms. */
export const ticksToMs = (ticks: number): number => ticks * MS_A_TICK

/** As many whole ticks as 32 bits hold: what of an instant goes into a hash. */
export const tickWord = (ms: number): number => (ms * TICKS) | 0

/** The nearest multiple of 1/8 ms. */
export const quantise = (ms: number): number => Math.round(ms * TICKS) * MS_A_TICK

/** The multiple of 1/8 ms at or after `ms`: an alarm must never ring before its time. */
export const quantiseUp = (ms: number): number => Math.ceil(ms * TICKS) * MS_A_TICK

/** The multiple of 1/8 ms at or before `ms`: a clock never shows an instant that has not come yet. */
export const quantiseDown = (ms: number): number => Math.floor(ms * TICKS) * MS_A_TICK
