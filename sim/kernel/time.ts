/** True time and durations: milliseconds that are always a multiple of 1/8, quantised once at this door. */

/** Ticks in a millisecond. Sums of multiples of 1/8 are exact in a double and print in three decimals at most. */
export const TICKS_PER_MS = 8

/** The nearest multiple of 1/8 ms. */
export const quantise = (ms: number): number => Math.round(ms * TICKS_PER_MS) / TICKS_PER_MS

/** The multiple of 1/8 ms at or after `ms`: an alarm must never ring before its time. */
export const quantiseUp = (ms: number): number => Math.ceil(ms * TICKS_PER_MS) / TICKS_PER_MS

/** The multiple of 1/8 ms at or before `ms`: a clock never shows an instant that has not come yet. */
export const quantiseDown = (ms: number): number => Math.floor(ms * TICKS_PER_MS) / TICKS_PER_MS
