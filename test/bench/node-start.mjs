// Starts of Node with a component of 12 MB and no bundler, in turns, in CPU time of all processes: the first, for which jco runs, a
// second, which finds in the cache what that has made, and one of jco's code by hand, without any check.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateKey } from '../../dist/trust/keys/trusted-key.js'
import { formatPublicKey } from '../../dist/trust/keys/write.js'
import { sign } from '../../dist/trust/sign.js'
import { buildBigComponent } from '../fixtures/components/big.mjs'
import { transpile } from './by-hand.mjs'

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url))

const SCRIPTS = {
  'register.mjs': `import { register } from ${JSON.stringify(fileOf('../../dist/node.js'))}
register({ keys: ['release.pub'] })`,
  'ours.mjs': `import { greet } from './big.wasm'
console.log(greet('Ada'))`,
  'spent.mjs': `import { writeFileSync } from 'node:fs'
import { cpuSpent } from ${JSON.stringify(fileOf('spent.mjs'))}
process.on('exit', () => writeFileSync('spent', String(cpuSpent())))`,
}

async function makeFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-bench-'))
  const key = generateKey()
  const component = await buildBigComponent()
  const { js, cores } = await transpile(component)
  const files = {
    ...SCRIPTS,
    'package.json': '{ "type": "module" }',
    'release.pub': formatPublicKey(key, 'pem'),
    'big.wasm': sign(component, key).bytes,
    ...Object.fromEntries(cores),
    'by-hand.mjs': `import { readFileSync } from 'node:fs'
${js}
const load = (name) => WebAssembly.compile(readFileSync(name))
const { greet } = await instantiate(load, {})
console.log(greet('Ada'))`,
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content)
  return folder
}

/** @returns {number} milliseconds of CPU */
function start(cwd, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', './spent.mjs', ...args], {
    cwd,
  })
  if (status !== 0 || !String(stdout).includes('Hello, Ada')) throw new Error(`${stdout}${stderr}`)
  return Number(readFileSync(path.join(cwd, 'spent'), 'utf8'))
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/**
 * @param {number} rounds
 * @returns {Promise<{ what: string, figure: number, target?: number }[]>}
 */
export async function nodeStartRatios(rounds) {
  const cwd = await makeFolder()
  const modules = path.join(cwd, 'node_modules')
  const again = () => start(cwd, '--import', './register.mjs', 'ours.mjs')
  const first = () => {
    rmSync(modules, { recursive: true, force: true })
    mkdirSync(modules) // where the cache is
    return again()
  }
  try {
    const taken = Array.from({ length: rounds }, () => {
      const [one, two, bare] = [first(), again(), start(cwd, 'by-hand.mjs')]
      return { second: two / one, ours: two / bare, binding: (two - bare) / (one - bare) }
    })
    const ratio = (of) => median(taken.map((round) => round[of]))
    const figures = [
      { what: 'second start of 12 MB in Node, to the first', figure: ratio('second') },
      { what: 'second start of 12 MB in Node, to the same by hand, unchecked', figure: ratio('ours') },
      {
        what: 'what a second start takes beyond that, to what the first does',
        figure: ratio('binding'),
        target: 0.1,
      },
    ]
    for (const { what, figure } of figures)
      console.log(`${what.padEnd(64)} ${figure.toFixed(2).padStart(6)}x`)
    return figures
  } finally {
    rmSync(cwd, { recursive: true })
  }
}
