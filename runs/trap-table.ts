/** What of the host a run must not touch: time, chance, input, whatever goes on by itself, and what differs between engines. */

import childProcess from 'node:child_process'
import nodeCrypto from 'node:crypto'
import dgram from 'node:dgram'
import dns from 'node:dns'
import fs from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import os from 'node:os'
import timers from 'node:timers'
import timersPromises from 'node:timers/promises'
import tls from 'node:tls'
import workerThreads from 'node:worker_threads'

/** One thing that is trapped. */
export interface Trap {
  readonly owner: object
  readonly key: string
  /** As a person would write it. */
  readonly name: string
  /** Completes "called it, which …". */
  readonly because: string
  /** Completes "use …". */
  readonly instead: string
  /** Whether it is a value that is read, not a function that is called. */
  readonly isValue: boolean
  /** Whether it is set only for good: to set it for each run would cost more than it finds. */
  readonly isLasting: boolean
}

const CLOCK = '`yield* clock()` or `yield* monotonic()`'
const SLEEP = '`yield* sleep(ms)`'
const STREAMS = '`me.token()` or `me.jitterMs(max)`'
const SERVICES = 'the clients in `me.services`'
const PARAMETERS = 'a parameter of the lock'
const WHOLE = 'whole numbers, `*`, `/` and `Math.floor()`'
const PLAIN = '`<` and `>`, or plain string code'

const DIFFERS = 'would make the run differ from machine to machine'
const BITS = 'gives other last bits on another engine'
const COLLECTED = 'depends on when garbage is collected'
const ENDS = 'would end locksim itself'

/** Whom the functions belong to, in words before their name. */
interface Group {
  readonly owner: object | undefined
  readonly prefix: string
  readonly keys: readonly string[]
  readonly instead: string
  readonly because?: string
  readonly isValue?: boolean
  readonly isLasting?: boolean
}

const keysOf = (owner: object): readonly string[] =>
  Object.keys(owner).filter((key) => typeof Reflect.get(owner, key) === 'function')

const READS =
  /^(?:access|exists|l?stat|statfs|open|opendir|openAsBlob|readdir|readFile|readlink|realpath|createReadStream|watch|watchFile|mkdtemp)(?:Sync)?$/

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate']
const CHANCE = ['randomUUID', 'getRandomValues']
const CONNECTS = ['request', 'get', 'connect', 'createConnection', 'createSocket']

// What Node's modules export is set for good only: named imports do not see a change that lasts for one run.
const MODULES: readonly Group[] = [
  {
    owner: nodeCrypto,
    prefix: 'crypto.',
    keys: keysOf(nodeCrypto).filter((key) => /^(?:random|getRandom|generateKey)/.test(key)),
    instead: STREAMS,
  },
  { owner: timers, prefix: '', keys: TIMERS, instead: SLEEP },
  { owner: timersPromises, prefix: 'timers/promises.', keys: TIMERS, instead: SLEEP },
  { owner: os, prefix: 'os.', keys: keysOf(os), instead: PARAMETERS },
  {
    owner: fs,
    prefix: 'fs.',
    keys: keysOf(fs).filter((key) => READS.test(key)),
    instead: PARAMETERS,
  },
  {
    owner: fs.promises,
    prefix: 'fs.promises.',
    keys: keysOf(fs.promises).filter((key) => READS.test(key)),
    instead: PARAMETERS,
  },
  { owner: childProcess, prefix: 'child_process.', keys: keysOf(childProcess), instead: SERVICES },
  { owner: http, prefix: 'http.', keys: CONNECTS, instead: SERVICES },
  { owner: https, prefix: 'https.', keys: CONNECTS, instead: SERVICES },
  { owner: http2, prefix: 'http2.', keys: CONNECTS, instead: SERVICES },
  { owner: net, prefix: 'net.', keys: [...CONNECTS, 'Socket'], instead: SERVICES },
  { owner: tls, prefix: 'tls.', keys: CONNECTS, instead: SERVICES },
  { owner: dgram, prefix: 'dgram.', keys: CONNECTS, instead: SERVICES },
  {
    owner: dns,
    prefix: 'dns.',
    keys: ['lookup', 'resolve', 'resolve4', 'resolve6'],
    instead: SERVICES,
  },
  {
    owner: workerThreads,
    prefix: 'worker_threads.',
    keys: ['Worker'],
    instead: '`yield* spawn(name, process)`',
  },
]

const LOCALE = {
  because: 'depends on the language of the machine',
  instead: PLAIN,
  isLasting: true,
}

const LASTING: readonly Group[] = [
  ...MODULES.map((group) => ({ ...group, isLasting: true })),
  {
    owner: process,
    prefix: 'process.',
    keys: ['env', 'pid', 'ppid', 'argv', 'title'],
    instead: PARAMETERS,
    isValue: true,
    isLasting: true,
  },
  {
    owner: performance,
    prefix: 'performance.',
    keys: ['timeOrigin'],
    instead: CLOCK,
    isValue: true,
    isLasting: true,
  },
  {
    owner: String.prototype,
    prefix: 'String.prototype.',
    keys: ['localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase'],
    ...LOCALE,
  },
  { owner: Number.prototype, prefix: 'Number.prototype.', keys: ['toLocaleString'], ...LOCALE },
  { owner: BigInt.prototype, prefix: 'BigInt.prototype.', keys: ['toLocaleString'], ...LOCALE },
  { owner: Array.prototype, prefix: 'Array.prototype.', keys: ['toLocaleString'], ...LOCALE },
  {
    owner: Date.prototype,
    prefix: 'Date.prototype.',
    keys: ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString', 'getTimezoneOffset'],
    ...LOCALE,
  },
  {
    owner: Intl,
    prefix: 'Intl.',
    keys: Object.getOwnPropertyNames(Intl).filter((key) => /^[A-Z]/.test(key)),
    ...LOCALE,
  },
]

const GLOBALS: readonly Group[] = [
  { owner: Date, prefix: 'Date.', keys: ['now'], instead: CLOCK },
  { owner: globalThis, prefix: 'new ', keys: ['Date'], instead: CLOCK },
  { owner: performance, prefix: 'performance.', keys: ['now', 'mark', 'measure'], instead: CLOCK },
  { owner: process, prefix: 'process.', keys: ['hrtime', 'uptime'], instead: CLOCK },
  { owner: process.hrtime, prefix: 'process.hrtime.', keys: ['bigint'], instead: CLOCK },
  { owner: process, prefix: 'process.', keys: ['nextTick'], instead: SLEEP },
  {
    owner: process,
    prefix: 'process.',
    keys: ['cpuUsage', 'memoryUsage', 'resourceUsage', 'cwd'],
    instead: PARAMETERS,
  },
  {
    owner: process,
    prefix: 'process.',
    keys: ['exit', 'abort', 'kill'],
    because: ENDS,
    instead: '`return`, or `throw` an error',
  },
  { owner: Math, prefix: 'Math.', keys: ['random'], instead: STREAMS },
  {
    owner: Math,
    prefix: 'Math.',
    keys: [
      ...['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh'],
      ...['atanh', 'atan2', 'exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'cbrt', 'hypot'],
    ],
    because: BITS,
    instead: WHOLE,
  },
  { owner: crypto, prefix: 'crypto.', keys: CHANCE, instead: STREAMS },
  { owner: globalThis, prefix: '', keys: [...TIMERS, 'queueMicrotask'], instead: SLEEP },
  { owner: AbortSignal, prefix: 'AbortSignal.', keys: ['timeout'], instead: SLEEP },
  { owner: Atomics, prefix: 'Atomics.', keys: ['wait', 'waitAsync'], instead: SLEEP },
  { owner: globalThis, prefix: '', keys: ['fetch'], instead: SERVICES },
  {
    owner: globalThis,
    prefix: 'new ',
    keys: ['XMLHttpRequest', 'WebSocket', 'EventSource', 'MessageChannel', 'BroadcastChannel'],
    instead: SERVICES,
  },
  {
    owner: globalThis,
    prefix: 'new ',
    keys: ['WeakRef', 'FinalizationRegistry'],
    because: COLLECTED,
    instead: 'a `Map`, and delete from it yourself',
  },
]

/** Every trap; what this Node does not have has none. */
export const TRAPS: readonly Trap[] = [...GLOBALS, ...LASTING].flatMap(
  ({ owner, prefix, keys, instead, because = DIFFERS, isValue = false, isLasting = false }) =>
    owner === undefined
      ? []
      : keys
          .filter((key) => key in owner)
          .map((key): Trap => {
            const name = isValue ? `${prefix}${key}` : `${prefix}${key}()`
            return { owner, key, name, because, instead, isValue, isLasting }
          }),
)
