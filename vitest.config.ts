// Tests run on the source: `#sim` and friends resolve to the .ts files, so no build is needed.
import { defineConfig } from 'vitest/config'

const conditions = ['locksim-source', 'module', 'node', 'development|production']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{sim,algorithms,checkers,runs,bin,test,bench}/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    coverage: {
      provider: 'v8',
      include: ['{sim,algorithms,checkers,runs,bin}/**/*.ts'],
      exclude: ['**/*.test.ts'],
    },
  },
})
