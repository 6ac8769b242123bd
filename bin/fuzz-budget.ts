/** How many runs `fuzz` does where nobody says. */

/** Of one lock alone. */
export const RUNS_OF_ONE = 10_000
/** Of each of several locks. */
export const RUNS_OF_EACH = 1_000
/** At the most; what a campaign by time alone never reaches. */
export const RUNS_MAX = 1_000_000_000
