/** Amazon DynamoDB, as far as locks use it: items that are put, updated and deleted under a condition. */

import { sleep } from '../kernel/index.ts'
import type { Mailbox, Origin, Process, Reply } from '../kernel/index.ts'
import { ok, refused } from '../kernel/reply.ts'
import { defineService } from './service.ts'
import type { Input, Outbox, Port, RequestInput, StubEnvironment } from './service.ts'

/** The value of an attribute. */
type AttributeValue = string | number | boolean
/** The attributes of an item, without its key. */
type Item = Readonly<Record<string, AttributeValue>>

/** What must be true of the item as it is, or the write is refused. Everything named must hold. */
interface Condition {
  /** `attribute_exists(key)`, or `attribute_not_exists(key)`. */
  readonly exists?: boolean
  /** The attribute equals the value, or one of the values (`IN`). */
  readonly where?: Readonly<Record<string, AttributeValue | readonly AttributeValue[]>>
}

/** What can be asked of the table. */
export type DynamoDbRequest =
  | { readonly op: 'get'; readonly key: string; readonly consistent: boolean }
  | {
      readonly op: 'put'
      readonly key: string
      readonly item: Item
      readonly condition: Condition
    }
  | {
      readonly op: 'update'
      readonly key: string
      readonly set: Item
      readonly condition: Condition
    }
  | { readonly op: 'delete'; readonly key: string; readonly condition: Condition }

/** Options of the service. */
export interface DynamoDbOptions {
  /** How far the copy that answers eventually consistent reads is behind, in ms. */
  readonly replicaLagMs: number
}

/** An item, and the request that put it there. An update is no new owner. */
interface Stored {
  readonly item: Item
  readonly origin: Origin
}

/** What an item was from some instant on. */
interface Version {
  readonly sinceMs: number
  readonly stored: Stored | undefined
}

/** The table, all of it on the disks of three sites. */
export interface DynamoDbState {
  readonly replicaLagMs: number
  readonly items: Map<string, Stored>
  /** Versions that the slow copy may still answer with, oldest first. */
  readonly versions: Map<string, Version[]>
}

/** What a judge may look at. */
export interface DynamoDbView {
  item(key: string): Stored | undefined
}

/** The server's words for a condition that was not met. */
export const CONDITION_FAILED = 'ConditionalCheckFailedException'
const REFUSED = refused(CONDITION_FAILED)
const DONE: Reply<void> = ok(undefined)

const meets = (found: Item | undefined, { exists, where }: Condition): boolean => {
  if (exists !== undefined && exists !== (found !== undefined)) return false
  for (const name in where) {
    const wanted = where[name] as AttributeValue | readonly AttributeValue[]
    const is = found?.[name]
    if (is === undefined) return false
    if (typeof wanted === 'object' ? !wanted.includes(is) : wanted !== is) return false
  }
  return true
}

const keepVersion = (state: DynamoDbState, key: string, nowMs: number): void => {
  const kept = state.versions.get(key) ?? [{ sinceMs: -Infinity, stored: undefined }]
  kept.push({ sinceMs: nowMs, stored: state.items.get(key) })
  while ((kept[1]?.sinceMs ?? Infinity) <= nowMs - state.replicaLagMs) kept.shift()
  state.versions.set(key, kept)
}

/** What the slow copy has. */
const laggingItem = (state: DynamoDbState, key: string, nowMs: number): Stored | undefined =>
  state.versions.get(key)?.findLast(({ sinceMs }) => sinceMs <= nowMs - state.replicaLagMs)?.stored

const onRequest = (
  state: DynamoDbState,
  request: RequestInput<DynamoDbRequest>,
  nowMs: number,
  out: Outbox,
): void => {
  const { body, origin } = request
  const { key } = body
  const found = state.items.get(key)
  if (body.op === 'get') {
    out.reply(request, ok((body.consistent ? found : laggingItem(state, key, nowMs))?.item))
    return
  }
  if (!meets(found?.item, body.condition)) {
    out.reply(request, REFUSED)
    return
  }
  if (body.op === 'delete') state.items.delete(key)
  else if (body.op === 'put') state.items.set(key, { item: body.item, origin })
  // An update of what is not there makes it.
  else
    state.items.set(key, { item: { ...found?.item, ...body.set }, origin: found?.origin ?? origin })
  keepVersion(state, key, nowMs)
  out.changed('request', origin)
  out.reply(request, DONE)
}

/** A table, through an SDK that says everything again which was not answered. */
export interface DynamoDbTable {
  /** The item, or undefined. */
  get(key: string, consistent: boolean): Process<Reply<Item | undefined>>
  /** Replaces the item. */
  put(key: string, item: Item, condition?: Condition): Process<Reply<void>>
  /** Sets attributes of the item, or makes one. */
  update(key: string, set: Item, condition?: Condition): Process<Reply<void>>
  delete(key: string, condition?: Condition): Process<Reply<void>>
}

/** The client of the service. */
export interface DynamoDbClient {
  /** A table, each request to which is sent up to `attempts` times, `attemptTimeoutMs` each. */
  table(attempts: number, attemptTimeoutMs: number): DynamoDbTable
  /** A mailbox of this process. */
  mailbox<Letter>(): Mailbox<Letter>
  /** Whether the condition was not met: possibly because an earlier attempt of the SDK had met it. */
  readonly isConditionFailed: (reply: Reply<unknown>) => boolean
}

/** The longest wait between two attempts of the SDK's standard mode. */
const BACKOFF_MS_MAX = 20_000
const ANY: Condition = {}

class Table implements DynamoDbTable {
  private readonly port: Port
  private readonly environment: StubEnvironment
  private readonly attempts: number
  private readonly attemptTimeoutMs: number

  constructor(
    port: Port,
    environment: StubEnvironment,
    attempts: number,
    attemptTimeoutMs: number,
  ) {
    this.port = port
    this.environment = environment
    this.attempts = attempts
    this.attemptTimeoutMs = attemptTimeoutMs
  }

  get(key: string, consistent: boolean): Process<Reply<Item | undefined>> {
    return this.say<Item | undefined>({ op: 'get', key, consistent })
  }

  put(key: string, item: Item, condition = ANY): Process<Reply<void>> {
    return this.say<void>({ op: 'put', key, item, condition })
  }

  update(key: string, set: Item, condition = ANY): Process<Reply<void>> {
    return this.say<void>({ op: 'update', key, set, condition })
  }

  delete(key: string, condition = ANY): Process<Reply<void>> {
    return this.say<void>({ op: 'delete', key, condition })
  }

  private *say<Value>(body: DynamoDbRequest): Process<Reply<Value>> {
    let unanswered: Reply<Value> | undefined
    for (let attempt = 1; ; attempt++) {
      const reply = yield* this.port.call<Value>(body, this.attemptTimeoutMs)
      if (reply.ok || reply.code === CONDITION_FAILED) return reply
      if (reply.why === 'timeout') unanswered = reply
      if (attempt >= this.attempts) return unanswered ?? reply
      const backoffMs = Math.min(BACKOFF_MS_MAX, 1_000 * 2 ** (attempt - 1))
      yield* sleep(this.environment.pick('dynamodb-backoff', backoffMs + 1))
    }
  }
}

/**
 * One table of one region, as a single server that never forgets: the copies on three sites are the service's
 * own business, as long as it answers at all. Writes and consistent reads of an item are linearizable. An
 * eventually consistent read is answered by a copy that is `replicaLagMs` behind; the documentation
 * gives no bound and says only that a repeated read "after a short time" sees the newest.
 *
 * Not modelled: throttling, and transactions over several items.
 */
export const dynamodb = defineService({
  name: 'dynamodb',
  summary: 'Amazon DynamoDB: conditional writes of single items, consistent and lagging reads',
  sources: [
    'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html',
    'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html',
    'https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html, standard mode: three attempts, exponential backoff with jitter up to 20 s',
  ],
  nodeName: 'dynamodb',
  clock: 'monotonic',
  options: { replicaLagMs: 1_000 } as DynamoDbOptions,
  optionWords: {},

  create: ({ options }): DynamoDbState => ({
    replicaLagMs: options.replicaLagMs,
    items: new Map<string, Stored>(),
    versions: new Map<string, Version[]>(),
  }),

  step(state: DynamoDbState, input: Input<DynamoDbRequest>, nowMs, out) {
    // A write is on the disks of the other sites before it is answered: a crash loses nothing.
    if (input.kind === 'request') onRequest(state, input, nowMs, out)
  },

  wakeAtMs: () => Infinity,

  client(ports, environment): DynamoDbClient {
    const port = ports[0] as Port
    return {
      table: (attempts, attemptTimeoutMs) =>
        new Table(port, environment, attempts, attemptTimeoutMs),
      mailbox: () => environment.mailbox(),
      isConditionFailed: (reply) => !reply.ok && reply.code === CONDITION_FAILED,
    }
  },

  view: (state: DynamoDbState): DynamoDbView => ({ item: (key) => state.items.get(key) }),
})
