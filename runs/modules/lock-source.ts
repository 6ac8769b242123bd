/** The source of a small lock, for tests of what loads it. */

/** Its fields; each can be replaced by other text, or left out with an empty one. */
const FIELDS = {
  name: `'file-lock'`,
  summary: `'a key'`,
  sources: '[]',
  claims: `[{ promise: 'ownership', from: 'its users' }]`,
  needs: '{ redis: 1 }',
  parameters: `{ ttlMs: duration(10_000, 'how long the key lives') }`,
  gives: '() => ({ token: false, validity: false })',
  leaseMs: '({ ttlMs }) => ttlMs',
  acquire: `function* (me, { ttlMs }) {
    const value = me.token()
    const stored = yield* me.services.redis.primary.setIfAbsent(me.lock, value, ttlMs)
    yield* sleep(1)
    return stored.ok && stored.value ? { value } : undefined
  }`,
  release: `function* (me, { value }) {
    const deleted = yield* me.services.redis.primary.deleteIfEquals(me.lock, value)
    if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  }`,
  holders: `({ redis }, lock) =>
    redis.flatMap(({ up, data }) => (up ? (data.granted(lock)?.origin ?? []) : []))`,
}

/** What is imported by a module that defines locks. */
export const IMPORTS = `import { defineAlgorithm, duration, sleep } from 'locksim'\n`

/** The call that defines the lock. */
export const definition = (
  fields: Readonly<Partial<Record<keyof typeof FIELDS | 'scales' | 'jobs', string>>> = {},
): string => {
  const lines = Object.entries({ ...FIELDS, ...fields })
    .filter(([, text]) => text !== '')
    .map(([field, text]) => `  ${field}: ${text},\n`)
  return `defineAlgorithm({\n${lines.join('')}})`
}

/** A module that exports it. */
export const lockSource = (fields: Parameters<typeof definition>[0] = {}): string =>
  `${IMPORTS}export const fileLock = ${definition(fields)}\n`
