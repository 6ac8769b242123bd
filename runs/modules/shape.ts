/** The shape of a lock that comes out of a module: what is missing or wrong is told before it is run. */

import { algorithms, isProtocol } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { checkers } from '#checkers'
import { services } from '#sim'
import * as v from 'valibot'
import { didYouMean, InputError } from '../errors.ts'
import { describeValue, explainIssue } from '../issues.ts'

const NAME = /^[a-z0-9][a-z0-9._-]*$/i
/** What a name may look like, in words. */
export const NAME_EXPECTED =
  'letters, digits, dots, hyphens and underscores, a letter or digit first, e.g. my-lock'

/** Whether a lock may be called so. */
export const isAlgorithmName = (name: string): boolean => NAME.test(name)
const ASYNC = ['AsyncFunction', 'AsyncGeneratorFunction']

const text = (what: string) => v.pipe(v.string(what), v.nonEmpty(what))

/** The simulated world is synchronous: a promise would be settled when the run is over. */
const method = (what: string) =>
  v.custom<() => unknown>(
    (value) => typeof value === 'function' && !ASYNC.includes(value.constructor.name),
    ({ input }) =>
      typeof input === 'function' ? `${what}, and not an async one: nothing is awaited` : what,
  )

const plain = method('a function')
const generator = method('a generator function')

const promises = checkers.map(({ promise }) => promise).filter((name) => name !== 'contention')
const serviceNames = Object.keys(services).filter((name) => name !== services.store.name)

const known = (what: string, names: readonly string[]) =>
  v.picklist(
    names,
    ({ input }) =>
      `${what}${typeof input === 'string' ? didYouMean(input, names) : ''}: one of ${names.join(', ')}`,
  )

const about = text('a few words')
const parameter = v.variant(
  'type',
  [
    v.looseObject({
      type: v.literal('duration'),
      default: v.pipe(v.number('a number of ms'), v.minValue(0, 'a number of ms, 0 or more')),
      about,
    }),
    v.looseObject({
      type: v.literal('count'),
      default: v.pipe(v.number('a whole number'), v.integer('a whole number')),
      about,
    }),
    v.looseObject({ type: v.literal('flag'), default: v.boolean('true or false'), about }),
    v.looseObject({
      type: v.literal('choice'),
      default: v.string('one of the words'),
      words: v.array(v.string('a word'), 'a list of words'),
      about,
    }),
  ],
  'what duration(…), count(…), flag(…) or oneOf(…) give',
)

const base = {
  name: v.pipe(v.string(NAME_EXPECTED), v.check(isAlgorithmName, NAME_EXPECTED)),
  summary: text('a line that says what it is'),
  sources: v.array(v.string('a text'), 'a list of texts: where the steps come from'),
  steps: v.optional(v.array(v.string('a sentence'), 'a list of sentences')),
  useWhen: v.optional(v.string('a sentence')),
  claims: v.array(
    v.looseObject({ promise: known('a promise', promises), from: text('who promises it') }),
    'a list of { promise, from }; an empty one if it claims nothing',
  ),
  canary: v.optional(v.boolean('true or false')),
  needs: v.record(
    known('a service', serviceNames),
    v.pipe(
      v.number('how many servers'),
      v.integer('how many servers'),
      v.minValue(1, 'one server at least'),
    ),
    'how many servers of which service, e.g. { redis: 1 }',
  ),
  scales: v.optional(known('a service that it needs', serviceNames)),
  parameters: v.record(
    v.string(),
    parameter,
    'the parameters by name; {} if it has none, e.g. { ttlMs: duration(10_000, "…") }',
  ),
  services: v.optional(plain),
}

const lockSchema = v.looseObject({
  ...base,
  gives: plain,
  leaseMs: plain,
  answerTimeoutMs: v.optional(plain),
  fencing: v.optional(plain),
  doorway: v.optional(v.looseObject({ name: text('what its queue begins with'), waiting: plain })),
  jobs: v.optional(
    v.array(
      v.looseObject({ name: text('the name of its node'), run: generator }),
      'a list of jobs',
    ),
  ),
  open: v.optional(generator),
  acquire: generator,
  release: generator,
  holders: plain,
})

const protocolSchema = v.looseObject({
  ...base,
  timeoutMs: plain,
  coordinate: generator,
  recover: generator,
})

/** Fields by which something is taken for a lock, or for what was meant to be one. */
const TELLING = ['acquire', 'release', 'holders', 'leaseMs', 'coordinate', 'recover', 'claims']
const TELLING_MIN = 2

/** Whether this is, or was meant to be, a lock or a commit protocol. */
export const looksLikeAlgorithm = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  TELLING.filter((field) => field in value).length >= TELLING_MIN

/**
 * Makes sure that what a module exports can be run.
 *
 * @throws InputError naming the module, each field that is wrong, what was found and what would be right
 */
export const checkAlgorithm = (value: unknown, where: string): AnyAlgorithm => {
  if (!looksLikeAlgorithm(value)) {
    throw new InputError(
      `${where}: found ${describeValue(value)}, expected a lock: defineAlgorithm({ … })`,
    )
  }
  const schema = 'coordinate' in value ? protocolSchema : lockSchema
  // Field by field: they may come from a class, and of one that is there, if undefined, the schema tells what it should be.
  const fields = Object.keys(schema.entries).map((name) => [name, Reflect.get(value, name)])
  const { issues } = v.safeParse(schema, Object.fromEntries(fields))
  if (issues !== undefined) {
    const said = issues.slice(0, 10).map((issue) => `  ${explainIssue(issue, 'the lock')}`)
    throw new InputError([`${where}: this is no lock that can be run:`, ...said].join('\n'))
  }
  const algorithm = value as AnyAlgorithm
  if (algorithms.some(({ name }) => name === algorithm.name)) {
    throw new InputError(
      `${where}: name: "${algorithm.name}" is the name of a ${isProtocol(algorithm) ? 'protocol' : 'lock'} of locksim; give yours a name of its own`,
    )
  }
  if (algorithm.scales !== undefined && !Object.hasOwn(algorithm.needs, algorithm.scales)) {
    throw new InputError(
      `${where}: scales: found "${algorithm.scales}", expected a service that it needs: one of ${Object.keys(algorithm.needs).join(', ')}`,
    )
  }
  return algorithm
}
