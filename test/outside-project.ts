/** A project outside of this repository: an empty folder into which locksim was installed from its tarball, without a network. */

import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

/** Why locksim cannot be packed here, if it cannot. */
export const notBuilt = !existsSync(join(ROOT, 'dist/runs/library.js'))

/** How long packing and installing may take on a slow machine. */
export const INSTALL_TIMEOUT_MS = 120_000

/** What a command came to. */
export interface Ended {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** A file of a tarball. */
interface PackedFile {
  readonly path: string
  readonly mode: number
}

/** The project. */
export interface OutsideProject {
  readonly folder: string
  /** What is in the tarball of locksim. */
  readonly packed: readonly PackedFile[]
  /** Runs a program in it; `node` is this Node. */
  exec(program: string, ...words: readonly string[]): Ended
  /** Runs a line as a person types it. */
  shell(line: string): Ended
  /** The TypeScript compiler of this repository. */
  tsc(...words: readonly string[]): Ended
  /** The vitest of this repository, on one of the project's files. */
  vitest(path: string): Ended
  write(path: string, text: string): void
  remove(): void
}

/** Without what npm and vitest tell their children: it is about this repository, not about that project. */
const plainEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|vitest|vite_|node_env|force_color)/i.test(name),
    ),
  ),
  NO_COLOR: '1',
})

const execute = (cwd: string, program: string, words: readonly string[], shell: boolean): Ended => {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    cwd,
    encoding: 'utf8',
    env: plainEnvironment(),
    shell,
  })
  if (error !== undefined) throw error
  return { status, out: stdout, err: stderr }
}

const succeeded = (what: string, { status, out, err }: Ended): string => {
  if (status !== 0) throw new Error(`${what} ended with ${status}:\n${out}\n${err}`)
  return out
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
}

const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

/** The folders of everything that a package needs, and what that needs. */
const neededBy = (
  folder: string,
  known = new Map<string, string>(),
): ReadonlyMap<string, string> => {
  for (const name of Object.keys(manifestIn(folder).dependencies ?? {})) {
    if (known.has(name)) continue
    const found = join(ROOT, 'node_modules', name)
    known.set(name, found)
    neededBy(found, known)
  }
  return known
}

/** Packs locksim and what it needs, and installs all of it into an empty folder. The built `dist` is what is packed. */
export const outsideProject = (): OutsideProject => {
  const above = mkdtempSync(join(tmpdir(), 'locksim-outside-'))
  const folder = join(above, 'project')
  mkdirSync(folder)
  const exec = (program: string, ...words: readonly string[]): Ended =>
    program === 'node'
      ? execute(folder, process.execPath, words, false)
      : // On Windows npm and npx are scripts, which only a shell can start.
        execute(folder, program, words, process.platform === 'win32')
  const write = (path: string, text: string): void => writeFileSync(join(folder, path), text)

  write('package.json', '{ "name": "outside", "private": true, "type": "module" }\n')
  // Without scripts: packing would build, and so delete what other tests are running.
  const written = succeeded(
    'npm pack',
    exec(
      'npm',
      ...['pack', '--json', '--ignore-scripts', '--pack-destination', above, ROOT],
      ...neededBy(ROOT).values(),
    ),
  )
  const tarballs = JSON.parse(written) as readonly {
    readonly name: string
    readonly filename: string
    readonly files: readonly PackedFile[]
  }[]
  const paths = tarballs.map(({ filename }) => join(above, filename))
  succeeded(
    'npm install',
    exec(
      'npm',
      ...['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'],
      ...['--omit=optional', '--omit=peer', ...paths],
    ),
  )
  symlinkSync(join(ROOT, 'node_modules/vitest'), join(folder, 'node_modules/vitest'), 'junction')
  return {
    folder,
    packed: tarballs.find(({ name }) => name === 'locksim')?.files ?? [],
    exec,
    shell: (line) => execute(folder, line, [], true),
    tsc: (...words) => exec('node', join(ROOT, 'node_modules/typescript/bin/tsc'), ...words),
    vitest: (path) => exec('node', join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', path),
    write,
    remove: () => rmSync(above, { recursive: true, force: true }),
  }
}
