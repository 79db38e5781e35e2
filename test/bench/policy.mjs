// What a policy costs: `check` of a hundred locked components, and the start of a build with a hundred rules and a long lock.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateKey } from '../../dist/trust/keys/trusted-key.js'
import { formatPublicKey } from '../../dist/trust/keys/write.js'
import { sign } from '../../dist/trust/sign.js'

const BIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const BUILD = `
  import { build } from '${import.meta.resolve('vite')}'
  import signedWasm from '${new URL('../../dist/vite.js', import.meta.url)}'
  await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [signedWasm({ policy: process.argv[2] })],
    build: { rolldownOptions: { input: 'main.js' } },
  })`
const [COMPONENTS, RULES, ENTRIES] = [100, 100, 1000]

const section = (id, bytes) => [id, (bytes.length & 0x7f) | 0x80, bytes.length >> 7, ...bytes]

/** A component that imports an interface with nothing in it, and holds 10 kB. */
function component(index) {
  const name = [...Buffer.from(`docs:bench/i${index}@1.0.0`)]
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00],
    ...[7, 3, 1, 0x42, 0],
    ...[10, name.length + 5, 1, 0, name.length, ...name, 5, 0],
    ...section(0, [1, 0x78, ...new Uint8Array(10_000)]),
  ])
}

function makeProject() {
  const folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-bench-'))
  const write = (name, content) => writeFileSync(path.join(folder, name), content)
  const key = generateKey()
  mkdirSync(path.join(folder, 'src'))
  for (let index = 0; index < COMPONENTS; index++)
    write(`src/c${index}.wasm`, sign(component(index), key).bytes)
  const others = Array.from({ length: RULES - 1 }, (_, index) => `npm:@scope${index}/*`)
  const rules = ['src/**', ...others].map((files) => ({ files, signers: ['release'] }))
  write('signed-wasm.json', JSON.stringify({ signers: { release: { key: 'release.pub' } }, rules }))
  write('release.pub', formatPublicKey(key, 'pem'))
  write('package.json', '{ "type": "module" }')
  write('main.js', 'globalThis.done = true')
  write('build.mjs', BUILD)
  mkdirSync(path.join(folder, 'small'))
  const one = { signers: { release: { key: '../release.pub' } }, rules: rules.slice(0, 1) }
  write('small/signed-wasm.json', JSON.stringify(one))
  const { status, stderr } = spawnSync(process.execPath, [BIN, 'lock', '--yes'], { cwd: folder })
  if (status !== 0) throw new Error(String(stderr))
  const lock = JSON.parse(readFileSync(path.join(folder, 'signed-wasm.lock.json'), 'utf8'))
  const entry = lock.files['src/c0.wasm']
  for (let index = COMPONENTS; index < ENTRIES; index++) lock.files[`npm:@scope/p${index}/a.wasm`] = entry
  write('signed-wasm.lock.json', JSON.stringify(lock, undefined, 2))
  return folder
}

/**
 * @param {{ compare: (title: string, ours: () => number, theirs: () => number) => number,
 *   cpuOfNode: (...args: string[]) => number, empty: string }} tools those of the other figures; `empty` is a script
 * @returns {{ what: string, figure: number, target: number, unit: string }[]}
 */
export function policyFigures({ compare, cpuOfNode, empty }) {
  const folder = makeProject()
  const before = process.cwd()
  process.chdir(folder)
  try {
    const figure = compare(
      `signed-wasm check, ${COMPONENTS} locked components, ${RULES} rules : an empty script`,
      () => cpuOfNode(BIN, 'check', '--quiet'),
      () => cpuOfNode(empty),
    )
    const check = { what: `check of ${COMPONENTS} locked components`, figure, target: 4, unit: 'x' }
    const start = compare(
      `a Vite build, ${RULES} rules, ${ENTRIES.toLocaleString('en')} entries : one rule, none`,
      () => cpuOfNode('build.mjs', 'signed-wasm.json'),
      () => cpuOfNode('build.mjs', 'small/signed-wasm.json'),
    )
    return [check, { what: 'the start with a large policy', figure: start, target: 1.1, unit: 'x' }]
  } finally {
    process.chdir(before)
    rmSync(folder, { recursive: true })
  }
}
