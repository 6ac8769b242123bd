/** What is said of a module by which a plan is not the same run each time in one thread. */

/** The likely cause, and the way out. */
export const WORN_CAUSE =
  'likely cause: the module keeps something between runs (a variable, a cache, a counter outside of its functions); keep it in what `open` returns, or make it anew in each call'
