/** Every test run draws the same random cases; LOCKSIM_SEED draws others. */

import fc from 'fast-check'

const SEED = 20_160_208

fc.configureGlobal({ seed: Number(process.env['LOCKSIM_SEED'] ?? SEED) })
