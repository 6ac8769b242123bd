/** Makes the pages of docs/reference from the registries, so that what is written there is what runs. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { algorithms, isProtocol } from '#algorithms'
import type { AnyAlgorithm, ParameterDefinition } from '#algorithms'
import { checkers } from '#checkers'
import { isShown, matrixMarkdown, planScenario, rowsOfTable, scenarios, sections } from '#runs'
import type { SavedTable, Sequence, Shows } from '#runs'
import { faults, services } from '#sim'

const ROOT = join(import.meta.dirname, '..')

const sourceOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const link = (path: string): string => `[\`${path}\`](../../${path})`

/** Text in a cell of a table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : String(value)}\``

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** First letter large, and a full stop where there is no other end. */
const sentence = (text: string): string => {
  const trimmed = text.trim()
  const ended = /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`
  return ended.charAt(0).toUpperCase() + ended.slice(1)
}

const page = (title: string, about: string, sections: readonly string[]): string =>
  [
    `# ${title}`,
    '<!-- Generated from the registries by `UPDATE=1 npx vitest run test/docs.test.ts`. Edit the sources. -->',
    about,
    ...sections,
  ]
    .join('\n\n')
    .concat('\n')

/** What is said in the source right above each field of this name: `/** … *\/ name: …`. */
const commentsIn = (text: string): ReadonlyMap<string, string> => {
  const comments = new Map<string, string>()
  for (const [, comment = '', name = ''] of text.matchAll(
    /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*(?:readonly )?(\w+)\??:/g,
  )) {
    comments.set(
      name,
      comment
        .replace(/^\s*\* ?/gm, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
  }
  return comments
}

const namesOf = (entries: readonly { readonly name: string }[]): string =>
  entries.map(({ name }) => `[${name}](#${name.replace('/', '')})`).join(' · ')

const needsText = ({ needs, scales }: AnyAlgorithm): string => {
  const parts = Object.entries(needs).map(
    ([service, count]) =>
      `${count} × [${service}](services.md#${service})${service === scales ? ' (or as many as `--servers` says)' : ''}`,
  )
  return parts.length === 0 ? 'no servers' : parts.join(', ')
}

const typeText = (definition: ParameterDefinition): string => {
  switch (definition.type) {
    case 'duration':
      return 'ms'
    case 'count':
      return 'whole number'
    case 'flag':
      return 'true or false'
    case 'choice':
      return definition.words.map(code).join(', ')
  }
}

const lockSection = (algorithm: AnyAlgorithm): string => {
  const { name, summary, sources, claims, canary, parameters } = algorithm
  const rows = Object.entries(parameters).map(([parameter, definition]) => [
    code(parameter),
    typeText(definition),
    code(definition.default),
    cell(sentence(definition.about)),
  ])
  return [
    `## ${name}`,
    sentence(summary),
    [
      `- Steps: ${link(`algorithms/${name}.ts`)}`,
      `- Runs on: ${needsText(algorithm)}`,
      `- After: ${sources.join('; ')}`,
      ...claims.map(({ promise, from }) =>
        canary === true
          ? `- Wrong on purpose: must be caught breaking \`${promise}\``
          : `- Claims \`${promise}\`: ${from}`,
      ),
      ...(claims.length === 0 ? ['- Claims nothing.'] : []),
    ].join('\n'),
    rows.length === 0 ? 'No parameters.' : table(['parameter', 'type', 'default', 'meaning'], rows),
  ].join('\n\n')
}

const protocols = algorithms.filter(isProtocol)
const locks = algorithms.filter((algorithm) => !isProtocol(algorithm))

const locksPage = (): string =>
  page(
    'Locks',
    `${namesOf(locks)}

A parameter is set with \`--set name=value\`, or under \`parameters\` in a [plan](../plans.md). A run fails when a lock breaks a
promise that it claims, and when it breaks \`exclusion/effect\`, which every user of a lock needs.`,
    locks.map(lockSection),
  )

const protocolsPage = (): string =>
  page(
    'Commit protocols',
    `${namesOf(protocols)}

Each client of a plan is a coordinator, and each round a transaction. Parameters and options are set as they are for locks. A run fails when a
protocol breaks a promise that it claims, and when it breaks \`agreement\`, which everybody needs. The participants are
a [service](services.md#participant).`,
    protocols.map(lockSection),
  )

const scenarioFile = (name: string): string => {
  const files = readdirSync(join(ROOT, 'runs/scenarios'))
  const found = files.find((file) => sourceOf(`runs/scenarios/${file}`).includes(`name: '${name}'`))
  if (found === undefined) throw new Error(`no file defines the scenario ${name}`)
  return `runs/scenarios/${found}`
}

const scenariosPage = (): string =>
  page(
    'Scenarios',
    `${namesOf(scenarios)}

A scenario makes a [plan](../plans.md) for a lock: its times are fractions of the lock’s own lease, so that one timeline fits all.
\`locksim run redlock --scenario gc-pause --save plan.json\` writes that plan to a file.`,
    scenarios.map((scenario) => {
      const ofCommits = scenario.about === 'commits'
      const plans = (ofCommits ? protocols : locks).map((algorithm) => ({
        name: algorithm.name,
        plan: planScenario(scenario, algorithm, 0),
      }))
      const skipped = plans.flatMap(({ name, plan }) =>
        'skip' in plan ? [{ name, why: plan.skip }] : [],
      )
      const played = plans.filter(({ plan }) => !('skip' in plan)).map(({ name }) => code(name))
      return [
        `## ${scenario.name}`,
        sentence(scenario.summary),
        [
          `- Told by: ${scenario.source}`,
          `- Plan: ${link(scenarioFile(scenario.name))}`,
          `- ${ofCommits ? 'Commit protocols' : 'Locks'}: ${skipped.length === 0 ? 'all' : played.join(', ')}`,
          ...skipped.map(({ name, why }) => `- Not \`${name}\`: ${why}`),
        ].join('\n'),
      ].join('\n\n')
    }),
  )

/** As much of a valibot schema as a page needs. */
interface Shape {
  readonly type: string
  readonly message?: unknown
  readonly entries?: Readonly<Record<string, Shape>>
  readonly wrapped?: Shape
  readonly literal?: unknown
  readonly pipe?: readonly Shape[]
}

/** What the schema’s own message says would be right. */
const expectedText = (shape: Shape): string => {
  if (shape.type === 'optional' && shape.wrapped !== undefined) return expectedText(shape.wrapped)
  if (shape.type === 'literal') return JSON.stringify(shape.literal)
  const messages = [shape, ...(shape.pipe ?? [])]
    .map(({ message }) => message)
    .filter((message) => typeof message === 'string')
  const bounds = messages.filter((message) => /^at (least|most) /.test(message))
  return bounds.length > 0 ? bounds.join(', ') : (messages.at(-1) ?? shape.type)
}

const COMMON: Readonly<Record<string, string>> = {
  kind: 'which fault it is',
  at: '[when it begins](../plans.md#moments)',
  node: 'whom it strikes',
  from: 'who sends',
  to: 'who receives',
  byMs: 'by how much; 5 ms if left out',
}

const faultSection = (kind: string, summary: string, shape: Shape): string => {
  const file = `sim/faults/${kind}.ts`
  const comments = commentsIn(sourceOf(file))
  const isOptional = (field: Shape): boolean => field.type === 'optional'
  const rows = Object.entries(shape.entries ?? {}).map(([name, field]) => {
    const lasts = isOptional(field)
      ? 'how long it lasts; for ever if left out'
      : 'how long it lasts'
    const said = comments.get(name) ?? (name === 'forMs' ? lasts : COMMON[name])
    if (said === undefined) throw new Error(`${file} says nothing about ${name}`)
    const expected = name === 'at' ? 'a moment' : expectedText(field)
    return [code(name), cell(expected), isOptional(field) ? 'no' : 'yes', cell(sentence(said))]
  })
  const rules = (shape.pipe ?? []).flatMap(({ message }) =>
    typeof message === 'string' ? [message] : [],
  )
  return [
    `## ${kind}`,
    sentence(summary),
    table(['field', 'expected', 'needed', 'meaning'], rows),
    ...rules.map((rule) => `It takes ${rule}.`),
    `Source: ${link(file)}. [An example](../plans.md#faults).`,
  ].join('\n\n')
}

const faultsPage = (): string => {
  const all = Object.values(faults)
  return page(
    'Faults',
    `${namesOf(all.map(({ kind }) => ({ name: kind })))}

Faults stand in a [plan](../plans.md), under \`faults\`. Nodes are \`client-1\`, \`client-2\` …, the servers of the lock
(\`redis-1\` …; a lone server has no number) and \`store\`.`,
    all.map(({ kind, summary, schema }) => faultSection(kind, summary, schema as unknown as Shape)),
  )
}

const MOODS = {
  always: 'nothing of the kind ever happens',
  eventually: 'it happens in time',
  sometimes: 'it happened in this run; without it the run proves little',
} as const

const checkersPage = (): string =>
  page(
    'Checkers',
    `${namesOf(checkers.map(({ promise }) => ({ name: promise })))}

Each checker judges one promise from facts alone; it knows nothing of the lock. A verdict is \`held\`, \`violated\` with the
facts that clash and a proof in words, \`vacuous\` (never put to the test), \`inconclusive\` (cut off before it could be told) or
\`not offered\`.`,
    checkers.map(({ promise, about, summary, source, mood, sees }) => {
      const claimed = algorithms.filter(({ claims }) =>
        claims.some((claim) => claim.promise === promise),
      )
      return [
        `## ${promise}`,
        sentence(summary),
        [
          `- Of: ${about === 'commits' ? 'commit protocols' : 'locks'}`,
          `- Mood: ${mood} (${MOODS[mood]})`,
          `- Defined by: ${source}`,
          `- Sees: ${[...sees].map(code).join(', ')}`,
          `- Claimed by: ${claimed.map(({ name }) => code(name)).join(', ') || 'nobody'}`,
          `- Judge: ${link(`checkers/${promise.replace('/', '-')}.ts`)}`,
        ].join('\n'),
      ].join('\n\n')
    }),
  )

/** The folder or file in which a service is. */
const serviceSources = (name: string): { readonly path: string; readonly text: string } => {
  const entries = readdirSync(join(ROOT, 'sim/services'), { withFileTypes: true })
  if (!entries.some((entry) => entry.isDirectory() && entry.name === name)) {
    return { path: `sim/services/${name}.ts`, text: sourceOf(`sim/services/${name}.ts`) }
  }
  const folder = `sim/services/${name}`
  const files = readdirSync(join(ROOT, folder)).filter((file) => !file.endsWith('.test.ts'))
  return {
    path: folder,
    text: files
      .sort()
      .map((file) => sourceOf(join(folder, file)))
      .join('\n'),
  }
}

/** The body of `interface XOptions { … }` or `type XOptions = { … }` of service `x`, and of it only. */
const optionsDeclaration = (text: string, service: string): string =>
  new RegExp(`(?:interface|type) ${service}Options (?:= )?\\{\\n([^]*?)\\n\\}`, 'i').exec(
    text,
  )?.[1] ?? ''

const OPTIONS_SAID_ELSEWHERE: Readonly<Record<string, string>> = {
  'store.fencing': 'what it checks; set by `store` in a plan',
  'sql.flavour': 'whose locking rules it follows',
  'sql.maxConnections': 'connections that it takes; more are refused',
  'etcd.heartbeatMs': 'how often the leader tells the others that it is there',
  'etcd.electionTimeoutMs':
    'how long a member hears nothing before it stands for election; up to as much again is drawn',
  'hazelcast.sessionTtlMs': 'how long a session lives without a heartbeat',
  'hazelcast.sessionHeartbeatMs': 'how often a client sends one',
  'hazelcast.leaderHeartbeatMs': 'how often the leader tells the others that it is there',
  'hazelcast.missedHeartbeatsMax': 'how many of them a member misses before it wants an election',
  'hazelcast.leaderElectionMs': 'how long an election may take before it is begun anew',
  'sql.replication':
    '`asynchronous`: server 1 starts as the primary and the others as its replicas',
}

/** The type of an option as declared, with the names of types that are unions of words spelt out. */
const typeOfOption = (text: string, declaration: string, name: string): string => {
  const written = new RegExp(`readonly ${name}: (.+)$`, 'm').exec(declaration)?.[1] ?? ''
  const parts = written
    .split(' | ')
    .map((part) => new RegExp(`type ${part} = ('.+)$`, 'm').exec(text)?.[1] ?? part)
  return parts.join(' | ').replaceAll("'", '`')
}

const servicesPage = (): string =>
  page(
    'Services',
    `${namesOf(Object.values(services))}

An option is set in a [plan](../plans.md), under \`services\`, e.g. \`{ "redis": { "persistence": "always" } }\`.`,
    Object.values(services).map(({ name, summary, sources, nodeName, clock, options }) => {
      const { path, text } = serviceSources(name)
      const declaration = optionsDeclaration(text, name)
      const comments = commentsIn(declaration)
      const rows = Object.entries(options).map(([option, byDefault]) => {
        const said = comments.get(option) ?? OPTIONS_SAID_ELSEWHERE[`${name}.${option}`]
        if (said === undefined) throw new Error(`${path} says nothing about ${option}`)
        return [
          code(option),
          cell(typeOfOption(text, declaration, option)),
          code(byDefault),
          cell(sentence(said)),
        ]
      })
      return [
        `## ${name}`,
        sentence(summary),
        [
          `- Nodes: ${name === 'store' ? 'always the one node `store`' : `\`${nodeName}\`, or \`${nodeName}-1\`, \`${nodeName}-2\` … where there are several`}`,
          `- Tells time by: its own ${clock} clock${name === 'redis' ? ', unless an option says otherwise' : ''}`,
          `- After: ${sources.join('; ')}`,
          `- Source: ${link(path)}`,
        ].join('\n'),
        table(['option', 'type', 'default', 'meaning'], rows),
      ].join('\n\n')
    }),
  )

const matrixPage = (): string =>
  matrixMarkdown(rowsOfTable(JSON.parse(sourceOf('docs/reference/matrix.json')) as SavedTable))

const showsText = (shows: Shows): string =>
  Object.entries(shows)
    .map(([promise, verdict]) => `${promise} ${verdict}`)
    .join(', ')

const pageOf = (name: string): string =>
  protocols.some((protocol) => protocol.name === name) ? 'protocols.md' : 'locks.md'

const sequenceLine = (sequence: Sequence): readonly string[] => {
  const { row, tells } = sequence
  if (!isShown(sequence)) return [row, cell(tells), '', cell(sequence.note)]
  const { lock, shows, repaired, note } = sequence
  const repair =
    repaired === undefined
      ? []
      : [
          `Repaired: ${repaired.how}${repaired.lock === undefined ? '' : ` (${code(repaired.lock)})`}: ${showsText(repaired.shows)} (${code(`--sequence ${row}/repaired`)})`,
        ]
  const said = [
    `${showsText(shows)} (${code(`--sequence ${row}`)})`,
    ...repair,
    ...(note === undefined ? [] : [sentence(note)]),
  ]
  return [row, cell(tells), `[\`${lock}\`](${pageOf(lock)}#${lock})`, cell(said.join('<br>'))]
}

const sequencesPage = (): string =>
  page(
    'Published fault sequences',
    `Every sequence of faults that a source tells of a lock, row by row: what the run comes out as, or why no run shows it.
\`npx locksim run --sequence A9.1\` tells the story of a row, \`--sequence A9.1/repaired\` the same with the defect mended.
A test runs each of them with three seeds.`,
    sections.map(({ section, title, sequences }) =>
      [
        `## ${section}: ${title}`,
        table(['row', 'what happens', 'lock', 'what the run shows'], sequences.map(sequenceLine)),
      ].join('\n\n'),
    ),
  )

/** Every page of docs/reference, by its file name. */
export const referencePages = (): ReadonlyMap<string, string> =>
  new Map([
    ['locks.md', locksPage()],
    ['protocols.md', protocolsPage()],
    ['scenarios.md', scenariosPage()],
    ['faults.md', faultsPage()],
    ['checkers.md', checkersPage()],
    ['services.md', servicesPage()],
    ['sequences.md', sequencesPage()],
    ['matrix.md', matrixPage()],
  ])
