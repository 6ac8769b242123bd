/** Nondeterminism planted in users' modules is caught, each with the call, or with the first event that differs. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parsePlan } from '#runs'
import type { AuditRequest, Nondeterminism } from '#runs'
import { BUILT, makeFolder, moduleOf, outside } from './planted.ts'
import type { Plant } from './planted.ts'

type Kind = Nondeterminism['kind']

/** What is planted, how it is caught, and what is said of it. */
interface Row extends Plant {
  readonly what: string
  readonly kind: Kind
  readonly says: string
}

const refused = (what: string, says: string, plant: Plant): Row => ({
  what,
  kind: 'refused',
  says,
  ...plant,
})
const worn = (what: string, plant: Plant): Row => ({
  what,
  kind: 'worn',
  says: 'the module keeps something between runs',
  ...plant,
})
const fresh = (what: string, says: string, plant: Plant): Row => ({
  what,
  kind: 'fresh',
  says,
  ...plant,
})

const ROWS: readonly Row[] = [
  refused('Date.now', 'called Date.now()', { nap: 'Date.now()' }),
  refused('new Date', 'called new Date()', { nap: 'new Date().getTime()' }),
  refused('a captured Date.now', 'called Date.now()', {
    top: 'const now = Date.now',
    nap: 'now()',
  }),
  refused('a captured Date', 'called new Date()', {
    top: 'const Clock = Date',
    nap: 'new Clock().getMilliseconds()',
  }),
  refused('Math.random', 'called Math.random()', { nap: 'Math.random() * 100' }),
  refused('a captured Math.random', 'called Math.random()', {
    top: 'const { random } = Math',
    nap: 'random() * 100',
  }),
  refused('crypto.randomUUID', 'called crypto.randomUUID()', {
    nap: 'parseInt(crypto.randomUUID(), 16) % 100',
  }),
  refused('randomUUID of node:crypto, by name', 'called crypto.randomUUID()', {
    top: "import { randomUUID } from 'node:crypto'",
    nap: 'parseInt(randomUUID(), 16) % 100',
  }),
  refused('randomInt of node:crypto, by default', 'called crypto.randomInt()', {
    top: "import nodeCrypto from 'node:crypto'",
    nap: 'nodeCrypto.randomInt(100)',
  }),
  refused('getRandomValues', 'called crypto.getRandomValues()', {
    nap: 'crypto.getRandomValues(new Uint8Array(1))[0]',
  }),
  refused('webcrypto of node:crypto', 'called crypto.getRandomValues()', {
    top: "import { webcrypto } from 'node:crypto'",
    nap: 'webcrypto.getRandomValues(new Uint8Array(1))[0]',
  }),
  refused('performance.now', 'called performance.now()', { nap: 'performance.now()' }),
  refused('performance of node:perf_hooks', 'called performance.now()', {
    top: "import { performance as watch } from 'node:perf_hooks'",
    nap: 'watch.now()',
  }),
  refused('performance.timeOrigin', 'read performance.timeOrigin', {
    nap: 'performance.timeOrigin',
  }),
  refused('process.hrtime', 'called process.hrtime()', { nap: 'process.hrtime()[1]' }),
  refused('process.hrtime.bigint', 'called process.hrtime.bigint()', {
    nap: 'Number(process.hrtime.bigint() % 100n)',
  }),
  refused('hrtime of node:process, by name', 'called process.hrtime()', {
    top: "import { hrtime } from 'node:process'",
    nap: 'hrtime()[1]',
  }),
  refused('process.uptime', 'called process.uptime()', { nap: 'process.uptime()' }),
  refused('process.memoryUsage', 'called process.memoryUsage()', {
    nap: 'process.memoryUsage().heapUsed',
  }),
  refused('process.pid', 'read process.pid', { nap: 'process.pid' }),
  refused('process.env', 'read process.env', { nap: "(process.env.HOME ?? '').length" }),
  refused('a captured process.env', 'read process.env', {
    top: 'const { env } = process',
    nap: "(env.HOME ?? '').length",
  }),
  refused('os.hostname', 'called os.hostname()', {
    top: "import { hostname } from 'node:os'",
    nap: 'hostname().length',
  }),
  refused('setTimeout', 'called setTimeout()', { acquire: 'setTimeout(() => {}, 1)' }),
  refused('a captured setTimeout', 'called setTimeout()', {
    top: 'const later = setTimeout',
    acquire: 'later(() => {}, 1)',
  }),
  refused('setTimeout of node:timers/promises', 'called timers/promises.setTimeout()', {
    top: "import { setTimeout as wait } from 'node:timers/promises'",
    acquire: 'void wait(1)',
  }),
  refused('queueMicrotask', 'called queueMicrotask()', { acquire: 'queueMicrotask(() => {})' }),
  refused('process.nextTick', 'called process.nextTick()', {
    acquire: 'process.nextTick(() => {})',
  }),
  refused('an async function', 'made a promise at ', {
    top: 'let calls = 0\nconst count = async () => { calls++ }',
    acquire: 'void count()',
  }),
  refused('Promise.resolve().then', 'made a promise at ', {
    acquire: 'Promise.resolve(1).then(() => {})',
  }),
  refused('a call whose error is caught', 'called Math.random()', {
    acquire: 'try { Math.random() } catch {}',
  }),
  refused('a call in holders', 'called Date.now()', { holders: 'Date.now()' }),
  refused('fetch', 'called fetch()', {
    acquire: "try { void fetch('http://localhost') } catch {}",
  }),
  refused('a file', 'called fs.readFileSync()', {
    top: "import { readFileSync } from 'node:fs'",
    nap: "readFileSync('/etc/hostname').length",
  }),
  refused('another program', 'called child_process.execSync()', {
    top: "import { execSync } from 'node:child_process'",
    nap: "Number(execSync('date +%N'))",
  }),
  refused('a logarithm', 'called Math.log()', { nap: 'Math.log(7) * 100' }),
  refused('the language of the machine', 'called String.prototype.localeCompare()', {
    nap: "'a'.localeCompare('B') + 2",
  }),
  refused('a formatter', 'called Intl.NumberFormat()', {
    nap: 'new Intl.NumberFormat().format(1234).length',
  }),
  refused('a WeakRef', 'called new WeakRef()', { nap: 'new WeakRef({}).deref() ? 1 : 2' }),
  refused('a FinalizationRegistry', 'called new FinalizationRegistry()', {
    acquire: 'new FinalizationRegistry(() => {})',
  }),
  refused('Atomics.wait', 'called Atomics.wait()', {
    acquire: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)',
  }),

  worn('a counter', { top: 'let calls = 0', nap: 'calls++' }),
  worn('a cache by client', {
    top: 'const seen = new Map()',
    nap: '(seen.set(me.name, (seen.get(me.name) ?? 0) + 1), seen.get(me.name))',
  }),
  worn('a set of objects, in the order in which earlier runs have put them', {
    top: 'const all_ = new Set()',
    nap: '(all_.add({ client: me.name, nap: all_.size * 3 }), [...all_].at(-1).nap)',
  }),
  worn('a sum of fractions', {
    top: 'let sum = 0',
    nap: 'Math.floor((sum += 0.1) * 1e3)',
  }),
  worn('the order of the keys of an object', {
    top: 'const order = {}',
    nap: '((order[`${me.name}/${Object.keys(order).length}`] = 1), Object.keys(order).length)',
  }),
  worn('a list that is not emptied', { top: 'const queue = []', nap: 'queue.push(me.name)' }),
  worn('a generator that is not begun anew', {
    top: 'const ids = (function* () { for (let id = 0; ; id++) yield id })()',
    nap: 'ids.next().value',
  }),
  worn('what hangs on a global object', {
    nap: '(globalThis.attempts = (globalThis.attempts ?? 0) + 1)',
  }),

  fresh('chance when it was loaded', 'Math.random() at ', {
    top: 'const mine = Math.floor(Math.random() * 1e9)',
    nap: 'mine',
  }),
  fresh('time when it was loaded', 'Date.now() at ', {
    top: 'const began = Date.now()',
    nap: 'began',
  }),
  fresh('a name of its own when it was loaded', 'crypto.randomUUID() at ', {
    top: "import { randomUUID } from 'node:crypto'\nconst id = parseInt(randomUUID().slice(0, 8), 16)",
    nap: 'id',
  }),
  fresh('the age of the process when it was loaded', 'process.hrtime.bigint() at ', {
    top: 'const began = Number(process.hrtime.bigint() % 1_000_000_000n)',
    nap: 'began',
  }),
]

const plansOf = (algorithm: string, count = 3) =>
  Array.from({ length: count }, (_, index) =>
    parsePlan({ format: 'locksim-plan/1', algorithm, rounds: 2, seed: 7 + index }),
  )

const auditAll = (requests: readonly AuditRequest[]): readonly (readonly Nondeterminism[])[] =>
  outside(
    'audit.js',
    `(async () => {
      const found = []
      for (const request of asked) found.push(await guard.auditDeterminism(request))
      return found
    })()`,
    requests,
  ) as readonly (readonly Nondeterminism[])[]

describe.skipIf(!BUILT)('the audit of determinism (needs `npm run build`)', () => {
  const folder = makeFolder()
  let findings: readonly (readonly Nondeterminism[])[]
  beforeAll(() => {
    const requests = ROWS.map(({ what, ...plant }) => {
      const path = folder.write(what.replaceAll(/\W/g, '-'), moduleOf('planted', plant))
      return { reference: path, plans: plansOf('planted') }
    })
    findings = auditAll(requests)
  }, 300_000)
  afterAll(() => folder.clear())

  const found = (what: string): readonly Nondeterminism[] =>
    findings[ROWS.findIndex((row) => row.what === what)] ?? []

  it.each(ROWS)('catches $what', ({ what, kind, says }) => {
    const [first] = found(what)
    expect([first?.lock, first?.seed, first?.kind]).toEqual(['planted', 7, kind])
    expect(first?.message).toMatch(/^planted, seed 7: /)
    expect(first?.message).toContain(says)
  })

  it.each(ROWS.filter(({ kind }) => kind === 'refused'))(
    'says where the call of $what was, and makes no traces',
    ({ what }) => {
      expect(found(what)).toHaveLength(1)
      expect(found(what)[0]?.message).toMatch(/planted, on [a-z]+(-1)? at \d/)
    },
  )

  it.each(ROWS.filter(({ kind }) => kind !== 'refused'))(
    'names the first event that differs because of $what',
    ({ what }) => {
      const [one] = found(what)
      expect(one?.first?.one).not.toBe(one?.first?.other)
      expect(one?.first?.line).toBeGreaterThan(1)
      expect(one?.message).toContain(`from line ${one?.first?.line} of its trace on (`)
      expect(one?.first?.node).toMatch(/^(?:client-\d|redis)$/)
    },
  )

  it('finds nothing in a lock that has nothing planted, nor in one of the registry', () => {
    const reference = folder.write('honest', moduleOf('honest', {}))
    const found = auditAll([
      { reference, plans: plansOf('honest', 10) },
      { reference: 'redlock', plans: plansOf('redlock', 5) },
    ])
    expect(found).toEqual([[], []])
  })
})
