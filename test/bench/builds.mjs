// Builds with components, in turns: jco by hand in the bundler's own process, and ours, in CPU time of all processes.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateKey } from '../../dist/trust/keys/trusted-key.js'
import { formatPublicKey } from '../../dist/trust/keys/write.js'
import { sign } from '../../dist/trust/sign.js'

const SCRIPT = fileURLToPath(new URL('build.mjs', import.meta.url))
const FIXTURES = fileURLToPath(new URL('../fixtures/components', import.meta.url))

/** What needs no host. The collection of real components makes the figures that BENCHMARKS has. */
const REAL = [
  'adder',
  'strings',
  'flavorful',
  'lists',
  'numbers',
  'resources',
  'variants',
  'records',
  'many-arguments',
  'smoke',
]

function components() {
  const real = process.env['SIGNED_WASM_COMPONENTS']
  return real === undefined
    ? ['hello', 'hello2', 'calculator', 'counter'].map((name) =>
        readFileSync(`${FIXTURES}/${name}/${name}.wasm`),
      )
    : REAL.map((name) => readFileSync(`${real}/${name}.component.wasm`))
}

/** The largest of them. */
export const largest = () => components().reduce((one, other) => (one.length > other.length ? one : other))

/** How often a component changes in a build that is watched. */
const CHANGES = 5

/** A project with so many components, all different: after the first few they differ by a custom section. */
export function makeProject({ count, plain = 0 }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-bench-'))
  const key = generateKey()
  const all = components()
  const lines = []
  for (let index = 0; index < count; index++) {
    const note = [0, 3, 1, 0x6e, index]
    const bytes = sign(new Uint8Array([...all[index % all.length], ...note]), key).bytes
    writeFileSync(path.join(folder, `c${index}.wasm`), bytes)
    lines.push(`import c${index} from './c${index}.wasm?instantiate'`)
  }
  mkdirSync(path.join(folder, 'changed'))
  for (let index = 0; index < CHANGES; index++) {
    const { bytes } = sign(new Uint8Array([...all[0], 0, 4, 1, 0x6e, 1, index]), key)
    writeFileSync(path.join(folder, `changed/${index}.wasm`), bytes)
  }
  symlinkSync(path.join(FIXTURES, '../../../node_modules'), path.join(folder, 'node_modules'))
  mkdirSync(path.join(folder, 'plain'))
  for (let index = 0; index < plain; index++) {
    writeFileSync(
      path.join(folder, `plain/m${index}.js`),
      `export const m${index} = (x) => x * ${index} + 'text ${index}'\n`,
    )
    lines.push(`import { m${index} } from './plain/m${index}.js'`)
  }
  const used = [
    ...Array.from({ length: count }, (_, index) => `c${index}`),
    ...Array.from({ length: plain }, (_, index) => `m${index}`),
  ]
  const ours = `${lines.join('\n')}\nglobalThis.used = [${used.join(', ')}]\n`
  writeFileSync(path.join(folder, 'ours.js'), ours)
  writeFileSync(path.join(folder, 'plain.js'), ours.replaceAll('?instantiate', ''))
  writeFileSync(path.join(folder, 'release.pub'), formatPublicKey(key, 'pem'))
  return folder
}

/** @returns {{ cpuMs: number, peakMiB: number }} */
export function build(about) {
  const spent = path.join(about.folder, 'spent.json')
  const { status, stderr, stdout } = spawnSync(process.execPath, [
    SCRIPT,
    JSON.stringify({ ...about, spent }),
  ])
  if (status !== 0) throw new Error(`${about.bundler}, ${about.plugin}\n${stdout}${stderr}`)
  return JSON.parse(readFileSync(spent, 'utf8'))
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** Two builds in turns. @returns the medians of the ratios */
function inTurns(rounds, ours, theirs) {
  ours()
  theirs()
  const taken = Array.from({ length: rounds }, () => ({ ours: ours(), theirs: theirs() }))
  const ratio = (of) => median(taken.map((round) => round.ours[of] / round.theirs[of]))
  return { cpu: ratio('cpuMs'), memory: ratio('peakMiB'), ms: median(taken.map(({ ours: it }) => it.cpuMs)) }
}

/**
 * @param {number} rounds
 * @returns {{ what: string, figure: number, target?: number }[]}
 */
export function buildRatios(rounds, only = /./) {
  const figures = []
  const add = (what, figure, target) => {
    figures.push({ what, figure, target })
    console.log(`${what.padEnd(64)} ${figure.toFixed(2).padStart(6)}x`)
  }
  const measure = (
    what,
    { count, plain, bundler, theirs = 'jco by hand', cache = false, changes, target, memory },
  ) => {
    if (!only.test(what)) return
    const folder = makeProject({ count, plain })
    const about = { folder, bundler, changes }
    try {
      const ratios = inTurns(
        rounds,
        () => build({ ...about, plugin: 'ours', cache: cache && path.join(folder, 'cache') }),
        () => build({ ...about, plugin: theirs }),
      )
      add(what, ratios.cpu, target)
      if (memory !== undefined) add(`${what}, memory`, ratios.memory, memory)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const FIRST = { rolldown: 0.65, vite: 0.7, webpack: undefined, esbuild: undefined }
  for (const [bundler, target] of Object.entries(FIRST))
    measure(`first build of 10 components, ${bundler}`, { count: 10, bundler, target, memory: 1 })
  measure('first build of 1 component, rolldown', { count: 1, bundler: 'rolldown', target: 0.65 })
  measure('first build of 50 components, rolldown', { count: 50, bundler: 'rolldown', target: 1 })
  for (const bundler of Object.keys(FIRST))
    measure(`second build of 10 components, ${bundler}`, { count: 10, bundler, cache: true, target: 0.27 })
  for (const bundler of ['rolldown', 'esbuild'])
    measure(`${CHANGES} changes of one of 10 components, ${bundler}`, {
      count: 10,
      bundler,
      changes: CHANGES,
    })
  for (const bundler of Object.keys(FIRST))
    measure(`2,000 plain modules, ${bundler}, to a build without the plugin`, {
      count: 0,
      plain: 2000,
      bundler,
      theirs: 'none',
      target: 1.2,
    })
  return figures
}
