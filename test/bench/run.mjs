// Ratios of CPU time, measured side by side in one run: ours and the bare thing it is compared with take turns.
// Absolute times depend on the machine; only the ratios are meant to be quoted.
import { spawnSync } from 'node:child_process'
import { createHash, createPublicKey, verify as nodeVerify } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { nobleBackend } from '../../dist/trust/crypto/noble.js'
import { nodeBackend } from '../../dist/trust/crypto/node.js'
import { generateKey, trustedKey } from '../../dist/trust/keys/trusted-key.js'
import { formatPublicKey } from '../../dist/trust/keys/write.js'
import { sign } from '../../dist/trust/sign.js'
import { verifySync } from '../../dist/trust/verify.js'
import { buildRatios, largest } from './builds.mjs'
import { nodeStartRatios } from './node-start.mjs'
import { policyFigures } from './policy.mjs'
import { LIMITS, runtimeSizes } from './sizes.mjs'
import { startRatios } from './start.mjs'
import { sweepShare } from './sweep.mjs'

const ROUNDS = 9
/** Builds take long. */
const BUILD_ROUNDS = 5
const key = generateKey()
const keys = [trustedKey(key.publicKey, 'bench')]
const folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-bench-'))

/** A signed component that holds one custom section of that many bytes. */
function signedFile(bytes) {
  const content = new Uint8Array(bytes).map((_, index) => (index * 31) & 0xff)
  const name = [1, 0x78]
  const size = content.length + name.length
  const leb = [(size & 0x7f) | 0x80, ((size >> 7) & 0x7f) | 0x80, ((size >> 14) & 0x7f) | 0x80, size >> 21]
  const head = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00, 0x00, ...leb, ...name]
  return sign(new Uint8Array([...head, ...content]), key).bytes
}

function files(count, bytes) {
  const signed = signedFile(bytes)
  return Array.from({ length: count }, (_, index) => {
    const file = path.join(folder, `${bytes}-${index}.wasm`)
    writeFileSync(file, signed)
    return file
  })
}

/** Milliseconds of CPU that some work takes in this process. */
function cpuOf(work) {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

const spent = path.join(folder, 'spent')
const LAST_WORDS = `
  import { writeFileSync } from 'node:fs'
  process.on('exit', () => {
    const { user, system } = process.cpuUsage()
    writeFileSync(${JSON.stringify(spent)}, String((user + system) / 1000))
  })`

/** Milliseconds of CPU that a script takes from the start of Node to its end. */
function cpuOfNode(...args) {
  const preload = `data:text/javascript,${encodeURIComponent(LAST_WORDS)}`
  const { status, stderr } = spawnSync(process.execPath, ['--import', preload, ...args])
  if (status !== 0) throw new Error(String(stderr))
  return Number(readFileSync(spent, 'utf8'))
}

/** The median of a figure that is measured a few times. */
function medianOf(measure) {
  return median(Array.from({ length: ROUNDS }, measure))
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** Prints and returns how many times as much the first costs; both give milliseconds of CPU. */
function compare(title, ours, theirs) {
  ours()
  theirs()
  const rounds = Array.from({ length: ROUNDS }, () => ({ ours: ours(), theirs: theirs() }))
  const ratio = median(rounds.map((round) => round.ours / round.theirs))
  const times = ['ours', 'theirs'].map(
    (side) => `${median(rounds.map((round) => round[side])).toFixed(1)} ms`,
  )
  console.log(`${title.padEnd(64)} ${ratio.toFixed(2).padStart(6)}x   (${times.join(' : ')})`)
  return ratio
}

/** The least that any check must do: read, hash, verify. The layout is known here, so nothing is parsed. */
function bareLoop(paths) {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.publicKey])
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' })
  for (const file of paths) {
    const bytes = readFileSync(file)
    const sectionEnd = 8 + 1 + 2 + (((bytes[9] & 0x7f) | (bytes[10] << 7)) >>> 0)
    const hash = createHash('sha256').update(bytes.subarray(sectionEnd)).digest()
    const message = Buffer.concat([Buffer.from('wasmsig'), Buffer.from([1, 1, 1]), hash])
    if (!nodeVerify(null, message, publicKey, bytes.subarray(sectionEnd - 64, sectionEnd)))
      throw new Error('bare loop refused')
  }
}

function ourLoop(paths) {
  for (const file of paths) {
    if (verifySync(readFileSync(file), keys).status !== 'verified') throw new Error('we refused')
  }
}

const held = []
const hold = (what, figure, target, unit) => held.push({ what, figure, target, unit })

try {
  console.log(`node ${process.version}, CPU time, median of ${ROUNDS} rounds\n`)
  for (const [count, bytes, size] of [
    [1000, 20_000, '20 kB'],
    [100, 1_000_000, '1 MB'],
  ]) {
    const what = `${count.toLocaleString('en')} files of ${size}`
    const paths = files(count, bytes)
    const ratio = compare(
      `verify ${what} : read, hash, node:crypto verify`,
      () => cpuOf(() => ourLoop(paths)),
      () => cpuOf(() => bareLoop(paths)),
    )
    hold(what, ratio, bytes < 1e6 ? 1.25 : 1.1, 'x')
  }

  const [small] = files(1, 20_000)
  const bytes = readFileSync(small)
  const repeat = (backend) => () =>
    cpuOf(() => {
      for (let index = 0; index < 50; index++) verifySync(bytes, keys, { backend })
    })
  compare('20 kB, noble : node:crypto', repeat(nobleBackend), repeat(nodeBackend))

  const bin = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
  const publicKeyFile = path.join(folder, 'bench.pub')
  writeFileSync(publicKeyFile, formatPublicKey(key, 'pem'))
  const empty = path.join(folder, 'empty.mjs')
  writeFileSync(empty, '')
  const verify = (...paths) => cpuOfNode(bin, 'verify', '--quiet', '--key', publicKeyFile, ...paths)
  const start = compare(
    'signed-wasm verify, one file of 20 kB : an empty script',
    () => verify(small),
    () => cpuOfNode(empty),
  )
  hold('starting signed-wasm', start, 1.7, 'x')

  // As a difference, so that what Node itself takes is in neither.
  const paths = files(1000, 20_000)
  bareLoop(paths)
  const more = medianOf(() => (verify(...paths) - verify(small)) / cpuOf(() => bareLoop(paths)))
  const each = 'signed-wasm verify, 1,000 files less one : the bare loop'
  console.log(`${each.padEnd(64)} ${more.toFixed(2).padStart(6)}x`)
  hold('1,000 files of the command', more, 2.5, 'x')

  for (const { what, figure, target, unit } of policyFigures({ compare, cpuOfNode, empty }))
    hold(what, figure, target, unit)

  const { percent, chunks, bytes: written } = await sweepShare(3)
  const title = `the sweep, in a Vite build of ${chunks} chunks, ${(written / 1e6).toFixed(0)} MB`
  console.log(`${title.padEnd(64)} ${percent.toFixed(1).padStart(6)} %`)
  if (chunks < 200 || written < 20e6) throw new Error('the build is smaller than it should be')
  hold('the sweep', percent, 3, ' %')

  console.log('\nbuilds: jco by hand, in the process of the same bundler, is 1\n')
  for (const { what, figure, target } of buildRatios(BUILD_ROUNDS)) hold(what, figure, target, 'x')

  console.log('\nwithout a bundler\n')
  for (const { what, figure, target } of await nodeStartRatios(BUILD_ROUNDS)) hold(what, figure, target, 'x')

  const chromium = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
  if (existsSync(chromium)) {
    console.log('\nstart of a component in a page; the first visit, as one file, is 1\n')
    for (const { what, figure } of await startRatios(ROUNDS, largest(), chromium)) {
      console.log(`${what.padEnd(72)} ${figure.toFixed(2).padStart(6)}x`)
      hold(what, figure, undefined, 'x')
    }
  } else console.warn(`\nSKIPPED: the start in Chromium, for there is no ${chromium} (CHROMIUM_PATH)`)

  console.log('\nwhat emitted code brings into a page, minified and compressed')
  for (const [use, size] of Object.entries(await runtimeSizes())) {
    console.log(`${`recheck ${use}`.padEnd(64)} ${String(size).padStart(6)} bytes`)
    hold(`the runtime with recheck ${use}`, size, LIMITS[use], ' bytes')
  }
} finally {
  rmSync(folder, { recursive: true })
}

const missed = held.filter(({ figure, target }) => target !== undefined && figure > target)
for (const { what, figure, target, unit } of missed)
  console.error(`\n${what}: ${figure.toFixed(2)}${unit} misses the target of ${target}${unit}`)
const about = { node: process.version, date: new Date().toISOString().slice(0, 10), rounds: ROUNDS }
const file = process.argv[2] ?? 'bench.json'
writeFileSync(file, `${JSON.stringify({ ...about, figures: held }, undefined, 2)}\n`)
console.log(`\n${file} has the figures, each with its target`)
process.exitCode = missed.length > 0 ? 1 : 0
