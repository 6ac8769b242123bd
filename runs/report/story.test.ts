import { describe, expect, it } from 'vitest'
import type { TraceEvent } from '#sim'
import { parsePlan } from '../plan.ts'
import { story } from './story.ts'
import { asciiGlyphs, plainPaint, plainStyle } from './style.ts'

const clients = ['client-1', 'client-2']
const plan = parsePlan({
  format: 'locksim-plan/1',
  algorithm: 'redlock',
  faults: [
    { kind: 'pause', node: 'client-1', at: 300, forMs: 15_000 },
    { kind: 'partition', groups: [['client-2'], ['redis-5']], at: 0, forMs: 100 },
  ],
})

const one = { client: 'client-1', hold: 'client-1#1' }
const two = { client: 'client-2', hold: 'client-2#1' }
const set = { op: 'set', key: 'lock', value: 'client-1.1.90203396', condition: 'NX', pxMs: 10_000 }

/** The story of the first figure of Kleppmann's article, by hand. */
const events: TraceEvent[] = [
  { atMs: 0, node: 'client-1', kind: 'acquiring', hold: one.hold },
  { atMs: 0, node: 'client-1', kind: 'request-sent', message: 1, to: 'redis-1', body: set },
  { atMs: 0, node: 'client-1', kind: 'request-sent', message: 2, to: 'redis-2', body: set },
  { atMs: 0, node: 'client-1', kind: 'request-sent', message: 3, to: 'redis-3', body: set },
  {
    atMs: 1,
    node: 'redis-1',
    kind: 'reply-sent',
    message: 1,
    to: 'client-1',
    body: { ok: true, value: true },
  },
  {
    atMs: 1,
    node: 'redis-2',
    kind: 'reply-sent',
    message: 2,
    to: 'client-1',
    body: { ok: true, value: true },
  },
  { atMs: 1, node: 'redis-2', kind: 'service-granted', ...one },
  { atMs: 2, node: 'client-1', kind: 'reply-arrived', message: 1, from: 'redis-1' },
  { atMs: 2, node: 'client-1', kind: 'reply-arrived', message: 2, from: 'redis-2' },
  { atMs: 50, node: 'client-1', kind: 'timed-out', message: 3, from: 'redis-3' },
  { atMs: 50, node: 'client-1', kind: 'granted', hold: one.hold, validUntilMs: 9_898 },
  { atMs: 51, node: 'store', kind: 'store-read', ...one, value: 0 },
  { atMs: 100, node: 'client-2', kind: 'acquiring', hold: two.hold },
  { atMs: 101, node: 'client-2', kind: 'denied', hold: two.hold },
  { atMs: 200, node: 'client-2', kind: 'acquiring', hold: 'client-2#2' },
  { atMs: 201, node: 'client-2', kind: 'denied', hold: 'client-2#2' },
  {
    atMs: 300,
    node: 'client-1',
    kind: 'fault-began',
    fault: 0,
    what: 'pause',
    text: 'client-1 stands still for 15000 ms',
  },
  { atMs: 300, node: 'client-1', kind: 'paused', clocksStop: false },
  { atMs: 9_898, node: 'client-1', kind: 'validity-ended', hold: one.hold },
  { atMs: 10_001, node: 'redis-2', kind: 'service-revoked', ...one, cause: 'expired' },
  { atMs: 11_000.5, node: 'client-2', wallMs: 11_100.5, kind: 'acquiring', hold: 'client-2#3' },
  {
    atMs: 11_001,
    node: 'redis-2',
    kind: 'service-granted',
    client: 'client-2',
    hold: 'client-2#3',
  },
  {
    atMs: 11_002,
    node: 'client-2',
    wallMs: 11_102,
    kind: 'granted',
    hold: 'client-2#3',
    token: 34,
  },
  { atMs: 15_300, node: 'client-1', kind: 'resumed' },
  { atMs: 15_300, node: 'client-1', kind: 'write-sent', hold: one.hold, value: 1 },
  { atMs: 15_301, node: 'store', kind: 'store-written', ...one, value: 1, before: 0 },
  { atMs: 15_302, node: 'client-1', kind: 'note', text: 'beep \u0007' },
]

const told = (list: readonly TraceEvent[], style = plainStyle) =>
  story({ plan, clients, events: list, marked: [] }, style)

describe('story', () => {
  it('shows what each client believes beside what the servers say', () => {
    expect(`\n${told(events)}`).toMatchInlineSnapshot(`
      "
         true ms   own clock  c1 c2 servers
           0                  │● │  ·         client-1  asks for it: set NX →
                              │  │  ·                   redis-1…3: true (redis-1,
                              │  │  ·                   redis-2), no answer in time
                              │  │  ·                   (redis-3)
           1                  │  │  c1        redis-2   the lock is now granted to
                              │  │  c1                  client-1
          50                  █● │  c1        client-1  has the lock, valid until
                              █  │  c1                  9,898
          51                  █● │  c1        client-1  reads 0
         100                  █  │● c1        client-2  asks in vain (2 times, until
                              █  │  c1                  200)
         300                  █║ │  c1      ▶ client-1 stands still for 15,000 ms
       9,898                  ▒║ │  c1        client-1  its validity is over; it
                              ▒║ │  c1                  stands still and cannot tell
      10,001                  ▒║ │  ·         redis-2   the lease of client-1 is over
      11,000.5    11,100.5    ▒║ │● ·         client-2  asks for the lock
      11,001                  ▒║ │  c2        redis-2   the lock is now granted to
                              ▒║ │  c2                  client-2
      11,002      11,102      ▒║ █● c2        client-2  has the lock, token 34;
                              ▒║ █  c2                  client-1 still believes it has
                              ▒║ █  c2                  it
      15,300                  ▒● █  c2      ▶ client-1  runs on after 15,000 ms as if
                              ▒  █  c2                  nothing had happened
      15,301                  ▒● █  c2        client-1  writes 1 over 0
      15,302                  ▒● █  c2        client-1  beep �

      █ believes that it holds the lock   ▒ believes so after its validity
      ║ stands still   servers: who has the lock by their data
      "
    `)
  })

  it('marks the events that clash', () => {
    const written = events[25] as never
    const witness = { events: [written], proof: [] }
    const marked = [
      { promise: 'exclusion/effect', verdict: 'violated', evidence: '', witness, measures: {} },
    ] as const
    const text = story({ plan, clients, events, marked }, plainStyle)
    expect(text.split('\n').filter((line) => line.includes('✗'))).toEqual([
      expect.stringContaining('writes 1 over 0'),
    ])
  })

  it('shows who is cut off while it is cut off', () => {
    const cut: TraceEvent[] = [
      {
        atMs: 0,
        node: 'client-2',
        kind: 'fault-began',
        fault: 1,
        what: 'partition',
        text: 'client-2 | redis-5 cut for 100 ms',
      },
      { atMs: 1, node: 'client-1', kind: 'note', text: 'before' },
      {
        atMs: 100,
        node: 'client-2',
        kind: 'fault-ended',
        fault: 1,
        what: 'partition',
        text: 'client-2 | redis-5 cut for 100 ms',
      },
      { atMs: 101, node: 'client-1', kind: 'note', text: 'after' },
    ]
    expect(`\n${told(cut)}`).toMatchInlineSnapshot(`
      "
       true ms  c1 c2 servers
         0      │  │╎ ·       ▶ client-2 | redis-5 cut for 100 ms
         1      │● │╎ ·         client-1  before
       100      │  │  ·       ▶ over: client-2 | redis-5 cut
       101      │● │  ·         client-1  after

      ╎ cut off   servers: who has the lock by their data
      "
    `)
  })

  it('draws with ASCII alone where it must', () => {
    const text = told(events, { paint: plainPaint, glyphs: asciiGlyphs, columns: 80 })
    const board = text
      .split('\n')
      .map((line) => line.slice(0, 30))
      .join('\n')
    expect(board).toMatch(/^[\n -~]*$/)
  })

  it('leaves out the middle of a long story and says how much', () => {
    const long = Array.from({ length: 1_000 }, (_, index): TraceEvent => ({
      atMs: index,
      node: 'client-1',
      kind: 'note',
      text: `number ${index}`,
    }))
    const text = told(long)
    expect(text).toContain('number 0\n')
    expect(text).toContain('number 999\n')
    expect(text).toMatch(/… 978 lines left out …/)
  })

  it('says so when nothing happened', () => {
    expect(told([])).toBe('nothing happened\n')
  })
})
