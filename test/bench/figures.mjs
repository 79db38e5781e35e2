// How large the house is: files, lines and functions of each room, and how long a function is.
//
// Counted is every function, method and accessor, and every arrow that has a block or takes more than one line: what a reader takes
// in as one piece. `(key) => key.name` in the middle of a line is none. The length is that of all its lines, from the first of its
// signature to the closing brace; what stands in another function counts for both. Declarations without a body, and `.d.ts`, do not count.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'

/** Lines that half and nine tenths of all functions may take. */
const LIMITS = { median: 8, p90: 20 }

const src = fileURLToPath(new URL('../../src', import.meta.url))

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .toSorted()
  .map((name) => measure(name, readFileSync(path.join(src, name), 'utf8')))

function measure(name, text) {
  const functions = []
  const imports = new Set()
  const lineAt = lineFinder(text)
  visit(parseAst(text, { lang: 'ts' }), (node) => {
    if (isReadAsOne(node, lineAt)) functions.push(linesOf(node, lineAt))
    const specifier = specifierOf(node)
    if (specifier?.startsWith('.')) imports.add(specifier)
  })
  return { name, room: roomOf(name), lines: text.trimEnd().split('\n').length, functions, imports }
}

function roomOf(name) {
  return name.includes('/') ? name.slice(0, name.indexOf('/')) : 'doors'
}

/** Calls back for a node and all below it. */
function visit(node, see) {
  if (typeof node?.type === 'string') see(node)
  for (const value of Object.values(node ?? {})) if (typeof value === 'object') visit(value, see)
}

function isReadAsOne(node, lineAt) {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
      return node.body !== null
    case 'ArrowFunctionExpression':
      return node.body.type === 'BlockStatement' || linesOf(node, lineAt) > 1
    default:
      return false
  }
}

function linesOf({ start, end }, lineAt) {
  return lineAt(end - 1) - lineAt(start) + 1
}

/** Gives the line of an offset in UTF-16 units, as the parser counts. */
function lineFinder(text) {
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index)
  return (offset) => {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (ends[middle] < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

function specifierOf({ type, source }) {
  return /^(?:Import|Export|TSImport)/.test(type) ? source?.value : undefined
}

/** The value that this part of all does not exceed. */
function quantile(values, part) {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? 0
}

const sum = (values) => values.reduce((total, value) => total + value, 0)
const greatest = (all, of) => all.reduce((one, other) => (of(other) > of(one) ? other : one))

const row = (name, ...values) =>
  console.log(name.padEnd(10) + values.map((value) => String(value).padStart(11)).join(''))

function print(name, some) {
  const lengths = some.flatMap(({ functions }) => functions)
  row(
    name,
    some.length,
    sum(some.map(({ lines }) => lines)),
    lengths.length,
    quantile(lengths, 0.5),
    quantile(lengths, 0.9),
  )
}

row('room', 'files', 'lines', 'functions', 'median', 'p90')
for (const room of new Set(files.map((file) => file.room)))
  print(
    room,
    files.filter((file) => file.room === room),
  )
print('all', files)

const largest = greatest(files, ({ lines }) => lines)
const busiest = greatest(files, ({ imports }) => imports.size)
const longest = greatest(files, ({ functions }) => Math.max(0, ...functions))
console.log(`
largest file            src/${largest.name}, ${largest.lines} lines
longest function        in src/${longest.name}, ${Math.max(...longest.functions)} lines
most imports of ours    src/${busiest.name}, ${busiest.imports.size} files`)

const lengths = files.flatMap(({ functions }) => functions)
const figures = { median: quantile(lengths, 0.5), p90: quantile(lengths, 0.9) }
for (const [name, limit] of Object.entries(LIMITS)) {
  if (figures[name] <= limit) continue
  console.error(`\nThe ${name} of all functions is ${figures[name]} lines, over the limit of ${limit}.`)
  process.exitCode = 1
}
