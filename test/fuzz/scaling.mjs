// What everything that reads a stranger's bytes costs for each of them, in CPU time and memory, while the bytes double: hostile
// inputs that are known, and random ones that are made of what readers look for. Prints a table; a seed repeats a run.
import { parseArgs } from 'node:util'
import { checkNames } from '../../dist/bindings/safe-names.js'
import { createFilter } from '../../dist/disk/glob.js'
import { specifiersIn } from '../../dist/disk/packages.js'
import { isInert } from '../../dist/format/inert.js'
import { inspect } from '../../dist/format/inspect.js'
import { readNames } from '../../dist/format/names.js'
import { coreModuleSlices } from '../../dist/format/wasm.js'
import { findWasm } from '../../dist/disk/find-wasm.js'
import { parsePublicKeys } from '../../dist/trust/keys/read.js'
import { generateKey, trustedKey } from '../../dist/trust/keys/trusted-key.js'
import { verifySync } from '../../dist/trust/verify.js'
import { carrying, component, FILES } from './inputs.mjs'

const KIB = 1024
const MIB = 1024 * KIB

/** A quadratic cost grows without end; engines and garbage make a linear one uneven. */
const MAX_GROWTH = 4
/** Milliseconds that are lost in noise, whatever is read. */
const NOISE_MS = 20
/** What takes this long is not measured twice: what disturbs it is short beside it. */
const LONG_MS = 300
/** Bytes of memory for each byte of an input, and what a process takes anyway. */
const [MAX_MEMORY, SPARE_MEMORY] = [24, 192 * MIB]

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    'max-bytes': { type: 'string', default: String(64 * MIB) },
    random: { type: 'string', default: '6' },
  },
})
const [seed, maxBytes, randomCount] = [
  Number(values.seed),
  Number(values['max-bytes']),
  Number(values.random),
]

const keys = [trustedKey(generateKey().publicKey, 'fuzz')]

/** @type {Record<string, (file: Uint8Array) => unknown>} */
const FILE_READERS = {
  verify: (file) => verifySync(file, keys),
  'verify, detached': (file) => verifySync(component(), keys, { detached: file }),
  inspect,
  readNames,
  checkNames,
  coreModuleSlices,
  isInert,
  sweep: (file) => [...findWasm([{ name: 'x.data', content: file }])].length,
}

/** @type {Record<string, (text: string) => unknown>} */
const TEXT_READERS = {
  'sweep of a script': (text) => [...findWasm([{ name: 'x.js', content: text }])].length,
  'sweep of a pack': (text) =>
    [...findWasm([{ name: 'x.data', content: Buffer.from(text, 'latin1') }])].length,
  imports: (text) => specifiersIn(text).length,
  keys: (text) => parsePublicKeys(text, 'x'),
  patterns: (text) => createFilter({ include: [], exclude: [text.slice(0, 200)] }, '/app')(text),
}

/** What readers look for, whole or begun. */
const BYTES = [
  '\0asm\r\0\x01\0',
  '\0asm\x01\0\0\0',
  '\0\x01\0',
  '\x02\0',
  '\0\x0a\x09signature',
  '\0\x14\x13signature_delimiter',
  '\x0b\x05\x01\0\x01a\0',
  '\x80',
  '\xff',
  '\x01\x01\x01',
]
const TEXTS = [
  'AGFzbQ',
  'AGFzbQEAAAA',
  'Bhc20',
  'AYXNt',
  'H4sI',
  '0061736d',
  '\\0asm',
  '\\x00\\x61',
  '\\u0000asm',
  '%00asm',
  '0,97,115,109,',
  '0x0,0x61,',
  '"',
  "'",
  '`',
  '\\',
  '\\\\',
  '//',
  '/*',
  '*/',
  ' ',
  '\n',
  ',',
  'import(',
  'from "',
  'import source x from ',
  '.wasm',
  '-----BEGIN A-----',
  '-----END',
  '{',
  '[',
  '#',
  '=',
  'A',
  '0',
]

/** Numbers that a seed repeats. @see https://en.wikipedia.org/wiki/Xorshift */
function* numbers(state) {
  for (let x = state || 1; ;) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    yield (x >>> 0) / 2 ** 32
  }
}

const random = numbers(seed)
const pick = (items) => items[Math.floor(random.next().value * items.length)]
const unitOf = (parts) =>
  Array.from({ length: 1 + Math.floor(random.next().value * 5) }, () => pick(parts)).join('')

/** A text of so many characters. */
const repeat = (unit, size) => unit.repeat(Math.ceil(size / unit.length)).slice(0, size)
const bytesOf = (text) => new Uint8Array(Buffer.from(text, 'latin1'))

/** Milliseconds of CPU. What is refused has an end as well. */
function cost(read, input) {
  const before = process.cpuUsage()
  try {
    read(input)
  } catch (error) {
    if (error?.code === undefined) throw error
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const findings = []
let measured = 0

/** Doubles an input from 64 KiB on. The least of two measurements counts, as engines compile and collect in between. */
function examine(what, read, make) {
  let [first, last] = [0, 0]
  cost(read, make(16 * KIB))
  for (let size = 64 * KIB; size <= maxBytes; size *= 2) {
    const input = make(size)
    const before = process.resourceUsage().maxRSS * KIB
    last = cost(read, input)
    if (last < LONG_MS) last = Math.min(last, cost(read, input))
    const memory = process.resourceUsage().maxRSS * KIB - before
    measured++
    if (size === 64 * KIB) first = last
    const most = ((first + NOISE_MS) * MAX_GROWTH * size) / (64 * KIB)
    // Measured anew before it counts: other processes have their bursts as well.
    for (let more = 0; more < 2 && last > most; more++) last = Math.min(last, cost(read, input))
    if (last > most)
      return void findings.push(
        `${what}: ${last.toFixed(0)} ms for ${size} bytes, ${first.toFixed(1)} ms for ${64 * KIB}`,
      )
    if (memory > size * MAX_MEMORY + SPARE_MEMORY)
      return void findings.push(`${what}: ${Math.round(memory / MIB)} MiB for ${size} bytes`)
  }
  const largest = 2 ** Math.floor(Math.log2(maxBytes / (64 * KIB))) * 64 * KIB
  table.set(what.split(': ')[0], Math.max(table.get(what.split(': ')[0]) ?? 0, (last / largest) * MIB))
}

/** The most milliseconds for each MiB, by reader. */
const table = new Map()

console.log(`seed ${seed}, up to ${maxBytes} bytes`)
for (const [reader, read] of Object.entries(FILE_READERS)) {
  for (const [kind, make] of Object.entries(FILES)) examine(`${reader}: ${kind}`, read, make)
  for (let count = 0; count < randomCount; count++) {
    const unit = unitOf(BYTES)
    const wrap = pick([(bytes) => bytes, component, carrying])
    examine(`${reader}: ${JSON.stringify(unit)}`, read, (size) => wrap(bytesOf(repeat(unit, size))))
  }
}
for (const [reader, read] of Object.entries(TEXT_READERS)) {
  for (const unit of TEXTS) examine(`${reader}: ${JSON.stringify(unit)}`, read, (size) => repeat(unit, size))
  for (let count = 0; count < randomCount; count++) {
    const unit = unitOf(TEXTS)
    examine(`${reader}: ${JSON.stringify(unit)}`, read, (size) => repeat(unit, size))
  }
}

for (const [reader, most] of table)
  console.log(`${reader.padEnd(24)} at most ${most.toFixed(1).padStart(7)} ms for each MiB`)
for (const finding of findings) console.error(`finding: ${finding}`)
console.log(`${measured} measurements, ${findings.length} findings, seed ${seed}`)
process.exitCode = findings.length > 0 ? 1 : 0
