/** What counts as a majority. */

/** The smallest number that is more than half. */
export const majorityOf = (size: number): number => Math.floor(size / 2) + 1
