/** Libraries with components in them: built by the tools that people have for that, published, and used by apps. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, inState, type Project, projectIn, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'
import { command, type Ended, HAS_BROWSER, type Outcome, runInBrowser, runInNode } from '../kit/run.js'
import { type App, consumersWith, COPYING_NOTHING, type Vite } from './consumers.js'
import {
  MOVED,
  type Producer,
  PRODUCERS,
  type ScriptProducer,
  SCRIPTS,
  TOO_OLD,
  TOOLS,
  LOOSE,
  TYPED,
  UNBUNDLED,
} from './producers.js'

const IS_WANTED = process.env['SIGNED_WASM_FRAMEWORKS'] === '1'
const ARE_ALL_WANTED = process.env['SIGNED_WASM_WORLD'] === '1'

const CONSUMERS = consumersWith(
  async () => (await import(world.at('tools/node_modules/vite7/dist/node/index.js'))) as Vite,
)

/** One app of one library. */
interface Cell {
  producer: Producer
  consumer: string
  hasPlugin: boolean
}

const APPS = Object.keys(CONSUMERS).flatMap((consumer) =>
  [false, true].map((hasPlugin) => ({ consumer, hasPlugin })),
)
const WHOLE: readonly Cell[] = PRODUCERS.flatMap((producer) => APPS.map((app) => ({ producer, ...app })))
/** Every library once at least, and every app. */
const PAIRS: readonly Cell[] = Array.from(
  { length: Math.max(PRODUCERS.length, APPS.length) },
  (_, index) => ({ producer: PRODUCERS[index % PRODUCERS.length]!, ...APPS[index % APPS.length]! }),
)
const CELLS = !IS_WANTED || !HAS_BROWSER ? [] : ARE_ALL_WANTED ? WHOLE : PAIRS

if (CELLS.length < WHOLE.length)
  console.warn(
    `\n  SKIPPED: ${WHOLE.length - CELLS.length} of ${WHOLE.length} apps with libraries, whose tools npm would have to install. ` +
      `Set SIGNED_WASM_FRAMEWORKS=1 for a few, and SIGNED_WASM_WORLD=1 for all.\n`,
  )

/** Outside of the repository, whose own packages would be found: the tools with the libraries, and the apps beside them. */
let world: Project
let apps: Project

const INDEX = `import instantiate from './hello.wasm?instantiate'

export const greet = async (name: string) => (await instantiate()).greet(name)
`
const READY = `import { greet } from './hello.wasm'

export const hello = greet('Ada')
`

const slugOf = (name: string) => name.toLowerCase().replaceAll(/\W+/g, '-')
const libraryOf = ({ name }: Producer) => `lib-${slugOf(name)}`

/** Writes the sources of a library, among the tools. */
function writeSources(producer: Producer, name: string): Project {
  const { file, config, takesTypeScript = true, extension = '.js', required } = producer
  const language = takesTypeScript ? 'ts' : 'js'
  const project = projectIn(world.at('tools', name))
  project.write({
    'package.json': JSON.stringify({
      name,
      version: '1.0.0',
      type: 'module',
      files: ['dist'],
      sideEffects: false,
      exports: {
        '.': {
          ...(required && { require: `./dist/index${required}` }),
          default: `./dist/index${extension}`,
        },
        ...(config.includes('src/ready') && { './ready': `./dist/ready${extension}` }),
      },
    }),
    ...(takesTypeScript && { 'tsconfig.json': '{}' }),
    [`src/index.${language}`]: takesTypeScript ? INDEX : INDEX.replace(': string', ''),
    [`src/ready.${language}`]: READY,
    'src/hello.wasm': inState(fixture('hello'), 'signed'),
    'release.pub': TRUSTED_PEM,
    [file]: config,
  })
  return project
}

function runTool({ command: [script, ...args], file }: Producer, { root }: Project): Promise<Ended> {
  const program = script === undefined ? file : world.at('tools/node_modules', script)
  return command(process.execPath, [program, ...args], { cwd: root })
}

async function buildLibrary(producer: Producer, name: string): Promise<Project> {
  const project = writeSources(producer, name)
  const ended = await runTool(producer, project)
  expect(ended.code, `${name}\n${ended.output}`).toBe(0)
  return project
}

async function npm(args: readonly string[], cwd: string): Promise<void> {
  const ended = await command('npm', args, { cwd, timeoutMs: 280_000 })
  expect(ended.code, ended.output).toBe(0)
}

// The peers of one tool and another differ.
const INSTALL = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps']

async function installTools(): Promise<void> {
  await npm(['pack', '--ignore-scripts', '--pack-destination', world.root], REPOSITORY)
  const [tarball] = world.files('.')
  world.write({
    'tools/package.json': JSON.stringify({
      private: true,
      type: 'module',
      dependencies: { ...TOOLS, 'unplugin-signed-wasm': `file:../${tarball}` },
    }),
  })
  await npm(INSTALL, world.at('tools'))
}

/** Gives apps the libraries as somebody gets them who installs them: what `files` leaves out is not there. */
async function publish(libraries: readonly Project[]): Promise<void> {
  world.write({ 'published/.keep': '' })
  const folders = libraries.map(({ root }) => root)
  await npm(['pack', '--pack-destination', world.at('published'), ...folders], world.root)
  const tarballs = folders.map((folder) => world.at('published', `${path.basename(folder)}-1.0.0.tgz`))
  apps.write({ 'package.json': JSON.stringify({ name: 'apps', private: true, type: 'module' }) })
  await npm([...INSTALL, ...tarballs], apps.root)
}

beforeAll(async () => {
  if (!IS_WANTED) return
  world = projectIn(mkdtempSync(path.join(tmpdir(), 'signed-wasm-')))
  apps = projectIn(world.at('apps'))
  await installTools()
  const libraries: Project[] = []
  for (const producer of PRODUCERS) libraries.push(await buildLibrary(producer, libraryOf(producer)))
  await publish(libraries)
})

afterAll(() => {
  if (CELLS.length === WHOLE.length) console.log(table())
  if (world !== undefined && process.env['SIGNED_WASM_KEEP'] !== '1')
    rmSync(world.root, { recursive: true, force: true, maxRetries: 5 })
})

function appOf({ producer, consumer, hasPlugin }: Cell): App {
  const library = libraryOf(producer)
  const entry = `app-${library}.js`
  apps.write({
    [entry]: `import { greet } from '${library}'
import { hello } from '${library}/ready'
globalThis.answers = [await greet('Bob'), hello]`,
  })
  const out = `out/${library}-${slugOf(consumer)}-${hasPlugin ? 'with' : 'without'}`
  return { project: apps, entry, library, out, hasPlugin }
}

const ANSWERS: Outcome = { answers: ['Hello, Bob!', 'Hello, Ada!'] }
/** What an app says that was shipped without the file. */
const MISSING: Outcome = {
  error: expect.stringMatching(/\[signed-wasm\] COMPONENT_UNREADABLE: .*\.wasm.* answered 404/) as string,
}

/** In one word, what became of each app that was made. */
const seen = new Map<string, string>()

const nodeNameOf = ({ name }: Producer) => `${name} in Node`
const nameOf = ({ producer, consumer, hasPlugin }: Cell) =>
  `${producer.name} in ${consumer}, ${hasPlugin ? 'with' : 'without'} our plugin`

async function outcomeOf(cell: Cell): Promise<Outcome> {
  const outcome = await CONSUMERS[cell.consumer]!(appOf(cell)).catch((error: unknown): Outcome => ({
    error: String(error),
  }))
  return note(nameOf(cell), outcome)
}

function note(name: string, outcome: Outcome): Outcome {
  seen.set(name, 'answers' in outcome ? 'ok' : outcome.error.includes(' answered 404') ? '404' : 'fails')
  return outcome
}

/** Markdown, for a note. */
function table(): string {
  const consumers = Object.keys(CONSUMERS)
  const wordsOf = (producer: Producer) =>
    consumers.map((consumer) => {
      const words = [false, true].map((hasPlugin) => seen.get(nameOf({ producer, consumer, hasPlugin })))
      return [...new Set(words)].join(' / ')
    })
  const head = ['a library of, in', 'Node', ...consumers]
  const rows = PRODUCERS.map((one) => [one.name, seen.get(nodeNameOf(one)), ...wordsOf(one)])
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return ['Where two words differ: without our plugin in the app / with it.', '', ...lines].join('\n')
}

const scriptsOf = ({ files, at }: Project) =>
  files('dist')
    .filter((file) => file.endsWith('js'))
    .map((file) => readFileSync(at('dist', file), 'utf8'))

describe.runIf(IS_WANTED).each(PRODUCERS)('a library of $name', (producer) => {
  it('has the component beside its scripts, and nothing of whoever built it', () => {
    const library = projectIn(apps.at('node_modules', libraryOf(producer)))
    const files = library.files('.')
    expect(files.filter((file) => file.endsWith('.wasm'))).toHaveLength(producer.isInline ? 0 : 1)
    expect(files.filter((file) => file.includes('node_modules'))).toEqual([])
    for (const script of scriptsOf(library)) expect(script).not.toContain(path.basename(world.root))
  })

  it('runs in Node', async () => {
    const { project, entry } = appOf({ producer, consumer: 'Node', hasPlugin: false })
    const [outcome] = await runInNode([project.at(entry)])
    expect(note(nodeNameOf(producer), outcome!)).toEqual(ANSWERS)
  })
})

describe('an app', () => {
  it.each(CELLS.map((cell) => [nameOf(cell), cell] as const))('%s', async (_, cell) => {
    const isLost = COPYING_NOTHING.includes(cell.consumer) && !cell.producer.isInline
    expect(await outcomeOf(cell)).toEqual(isLost ? MISSING : ANSWERS)
  })
})

const scriptNameOf = ({ name }: Producer) => `script-${slugOf(name)}`

/** Builds a library once, whoever asks. */
const built = new Map<string, Promise<Project>>()
function buildOnce(producer: ScriptProducer): Promise<Project> {
  const name = scriptNameOf(producer)
  const building = built.get(name) ?? buildLibrary(producer, name)
  built.set(name, building)
  return building
}

describe.runIf(IS_WANTED)('a script without modules', () => {
  const pages = SCRIPTS.flatMap((producer) =>
    Object.entries(producer.pages).map(([format, file]) => ({ producer, name: producer.name, format, file })),
  )

  it.runIf(HAS_BROWSER).each(pages)(
    'of $name as $format works in a page elsewhere, and late',
    async ({ producer, file }) => {
      const project = await buildOnce(producer)
      const page = `page/${file}.html`
      project.write({
        [page]: `<!doctype html><script src="../dist/${file}"></script><script>
        setTimeout(() => Lib.greet('Bob').then((it) => (globalThis.answers = it)), 200)</script>`,
      })
      expect(await runInBrowser(project.root, [page])).toEqual([{ answers: 'Hello, Bob!' }])
    },
  )

  it.each(SCRIPTS)('of $name is required by Node', async (producer) => {
    const project = await buildOnce(producer)
    project.write({
      'elsewhere/main.cjs': `require('../dist/index${producer.required}').greet('Bob').then((it) => (globalThis.answers = it))`,
    })
    expect(await runInNode([project.at('elsewhere/main.cjs')])).toEqual([{ answers: 'Hello, Bob!' }])
  })

  it('of tsup is what Node requires of a library with both', async () => {
    const library = libraryOf(PRODUCERS.find(({ name }) => name === 'tsup')!)
    apps.write({
      'require.cjs': `require('${library}').greet('Bob').then((it) => (globalThis.answers = it))`,
    })
    expect(await runInNode([apps.at('require.cjs')])).toEqual([{ answers: 'Hello, Bob!' }])
  })
})

describe.runIf(IS_WANTED)('what can be no library', () => {
  const refusalOf = async (producer: Producer) => {
    const { code, output } = await runTool(
      producer,
      writeSources(producer, `refused-${slugOf(producer.name)}`),
    )
    expect(code).not.toBe(0)
    return output
  }

  it.each(TOO_OLD)('is told what to do by $name where a target has no top-level await', async (producer) => {
    const refusal = await refusalOf(producer)
    expect(refusal).toContain('[signed-wasm] TOP_LEVEL_AWAIT src/hello.wasm')
    expect(refusal).toContain("hint: import instantiate from './hello.wasm?instantiate'")
  })

  it.each(UNBUNDLED)('is refused by $name, whose output imports the component itself', async (producer) => {
    expect(await refusalOf(producer)).toContain('[signed-wasm] WASM_EXTERNAL src/hello.wasm')
  })
})

describe.runIf(IS_WANTED)('an app whose files are moved elsewhere', () => {
  it.each(MOVED)('has the address that `renderBuiltUrl` gives: $name', async (producer) => {
    const app = await buildLibrary(producer, `moved-${slugOf(producer.name)}`)
    expect(scriptsOf(app).join('\n').replaceAll("'", '"')).toMatch(producer.address)
  })
})

const TYPED_INDEX = `import hello from './hello.wasm'
import instantiate from './hello.wasm?instantiate'
export { greet, greeter } from './hello.wasm'
export type { Exports, Instantiate } from './hello.wasm'
export const make = () => instantiate()
export const whole = hello
`

/** What somebody writes who has installed the library. */
const TYPED_USES = (library: string) => `
import { type Exports, greet, greeter, type Instantiate, make, whole } from '${library}'
const text: string = greet('a') + greeter.greet('b') + whole.greet('c') + (await make()).greeter.greet('d')
const all: Exports = whole
const create: Instantiate = make
// @ts-expect-error a number where a string belongs
greet(1)
// @ts-expect-error no such export
whole.goodbye()
// @ts-expect-error of another type
const wrong: number = (await make()).greet('e')
// @ts-expect-error no such type
const other: Exports = { greet: 1 }
export { text, all, create }
`

const declarationsOf = ({ files, at }: Project) =>
  files('dist')
    .filter((file) => /\.d\.m?ts$/.test(file))
    .map((file) => readFileSync(at('dist', file), 'utf8'))

/** Writes a library that has types. */
function writeTyped(producer: Producer, name: string): Project {
  const library = writeSources(producer, name)
  const { extension = '.js' } = producer
  const exports = { '.': { default: `./dist/index${extension}` } }
  const types = `./dist/index${extension.replace('js', 'd.ts').replace('.md.ts', '.d.mts')}`
  library.write({
    'package.json': JSON.stringify({
      name,
      version: '1.0.0',
      type: 'module',
      types,
      exports: { '.': { types, ...exports['.'] } },
    }),
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'es2022',
        module: 'esnext',
        moduleResolution: 'bundler',
        strict: true,
        rootDir: 'src',
        declaration: true,
        types: [],
      },
      include: ['src'],
    }),
    'src/index.ts': TYPED_INDEX,
  })
  return library
}

/** What is to be done before a build. */
async function declareFirst(library: Project): Promise<void> {
  const cli = world.at('tools/node_modules/unplugin-signed-wasm/dist/cli/main.js')
  const args = [cli, 'types', '--sibling', '--key', 'release.pub']
  const { code, output } = await command(process.execPath, args, { cwd: library.root })
  expect(code, output).toBe(0)
}

describe.runIf(IS_WANTED).each(TYPED)('the types of a library, with $name', (producer) => {
  const name = `typed-${slugOf(producer.name)}`
  const LOST = /\bany\b|\.wasm['"]/

  it('are exact, in whatever way their users look them up', async () => {
    const library = writeTyped(producer, name)
    await declareFirst(library)
    const ended = await runTool(producer, library)
    expect(ended.code, ended.output).toBe(0)
    expect(ended.output).not.toContain('"any"')
    for (const moduleResolution of ['bundler', 'nodenext']) {
      const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext'
      const compilerOptions = {
        target: 'es2022',
        module,
        moduleResolution,
        strict: true,
        noEmit: true,
        types: [],
      }
      library.write({
        'use/tsconfig.json': JSON.stringify({ compilerOptions, files: ['uses.ts'] }),
        'use/uses.ts': TYPED_USES(name),
      })
      const tsc = world.at('tools/node_modules/typescript/bin/tsc')
      const checked = await command(process.execPath, [tsc, '-p', 'use'], { cwd: library.root })
      expect(checked.output).toBe('')
    }
    expect(declarationsOf(library).length).toBeGreaterThan(0)
    for (const text of declarationsOf(library)) expect(text).not.toMatch(LOST)
  })

  it('are not lost without a word where they were not there before', async () => {
    const library = writeTyped(producer, name)
    rmSync(library.at('dist'), { recursive: true, force: true })
    for (const file of library.files('src').filter((one) => one.endsWith('.d.ts')))
      rmSync(library.at('src', file))
    const ended = await runTool(producer, library)
    const isSaid = ended.output.includes('signed-wasm types --sibling --key <name>.pub  before the build')
    const areLost = declarationsOf(library).some((text) => LOST.test(text))
    // tsup makes declarations beside the scripts, so that it may find them missing.
    expect(ended.code === 0 && areLost && !isSaid, ended.output).toBe(false)
  })
})

describe.runIf(IS_WANTED).each(LOOSE)(
  'declarations of a library without those of its component, with $name',
  (producer) => {
    it('import the component, which its users do not find: a limit', async () => {
      const library = writeTyped(producer, `loose-${slugOf(producer.name)}`)
      await declareFirst(library)
      const ended = await runTool(producer, library)
      expect(ended.code, ended.output).toBe(0)
      expect(declarationsOf(library).join('')).toContain("'./hello.wasm'")
      expect(library.files('dist').filter((file) => /hello\..*d\..*ts$/.test(file))).toEqual([])
    })
  },
)
