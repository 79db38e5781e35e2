// Ratios, measured side by side in one run: ours and the bare thing it is compared with take turns.
// Absolute times depend on the machine; only the ratios are meant to be quoted.
import { spawnSync } from 'node:child_process'
import { createHash, createPublicKey, verify as nodeVerify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { nobleBackend } from '../../dist/trust/crypto/noble.js'
import { nodeBackend } from '../../dist/trust/crypto/node.js'
import { generateKey, trustedKey } from '../../dist/trust/keys/trusted-key.js'
import { formatPublicKey } from '../../dist/trust/keys/write.js'
import { sign } from '../../dist/trust/sign.js'
import { verifySync } from '../../dist/trust/verify.js'
import { LIMITS, runtimeSizes } from './sizes.mjs'

const ROUNDS = 9
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

const milliseconds = (work) => {
  const start = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - start) / 1e6
}
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

function compare(title, ours, theirs) {
  ours()
  theirs()
  const rounds = Array.from({ length: ROUNDS }, () => ({
    ours: milliseconds(ours),
    theirs: milliseconds(theirs),
  }))
  const ratio = median(rounds.map((round) => round.ours / round.theirs))
  const times = `${median(rounds.map((round) => round.ours)).toFixed(1)} ms : ${median(rounds.map((round) => round.theirs)).toFixed(1)} ms`
  console.log(`${title.padEnd(64)} ${ratio.toFixed(2).padStart(6)}x   (${times})`)
  return { ratio, extraMs: median(rounds.map((round) => round.ours - round.theirs)) }
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
const hold = (what, figure, limit, unit) => held.push({ what, figure, limit, unit })

try {
  console.log(`node ${process.version}, median of ${ROUNDS} rounds\n`)
  const small = files(1000, 20_000)
  hold(
    '1,000 files of 20 kB',
    compare(
      'verify 1,000 files of 20 kB : read, hash, node:crypto verify',
      () => ourLoop(small),
      () => bareLoop(small),
    ).ratio,
    1.5,
    'x',
  )
  const large = files(100, 1_000_000)
  hold(
    '100 files of 1 MB',
    compare(
      'verify 100 files of 1 MB : read, hash, node:crypto verify',
      () => ourLoop(large),
      () => bareLoop(large),
    ).ratio,
    1.5,
    'x',
  )

  const bytes = readFileSync(small[0])
  const repeat = (backend) => () => {
    for (let index = 0; index < 50; index++) verifySync(bytes, keys, { backend })
  }
  compare('20 kB, noble : node:crypto', repeat(nobleBackend), repeat(nodeBackend))

  const bin = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
  const publicKeyFile = path.join(folder, 'bench.pub')
  writeFileSync(publicKeyFile, formatPublicKey(key, 'pem'))
  const node = (...args) => {
    const { status, stderr } = spawnSync(process.execPath, args)
    if (status !== 0) throw new Error(String(stderr))
  }
  const empty = path.join(folder, 'empty.mjs')
  writeFileSync(empty, '')
  const { extraMs } = compare(
    'signed-wasm verify, one file of 20 kB : an empty script',
    () => node(bin, 'verify', '--key', publicKeyFile, small[0]),
    () => node(empty),
  )
  console.log(`  that is ${extraMs.toFixed(0)} ms more than Node itself takes`)
  hold('starting signed-wasm', extraMs, 40, ' ms')

  console.log('\nwhat emitted code brings into a page, minified and compressed')
  for (const [use, size] of Object.entries(await runtimeSizes())) {
    console.log(`${`recheck ${use}`.padEnd(64)} ${String(size).padStart(6)} bytes`)
    hold(`the runtime with recheck ${use}`, size, LIMITS[use], ' bytes')
  }
} finally {
  rmSync(folder, { recursive: true })
}

const broken = held.filter(({ figure, limit }) => figure > limit)
for (const { what, figure, limit, unit } of broken) {
  console.error(`\n${what}: ${figure.toFixed(2)}${unit} is over the limit of ${limit}${unit}`)
}
process.exitCode = broken.length > 0 ? 1 : 0
