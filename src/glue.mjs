// Makes of what jco writes into every component one module for all of them: `dist/runtime/glue.js`, which generated code imports, and
// `dist/bindings/glue.json`, by which its pieces are found in jco's code. What is taken is found out with a parser here, where the
// version of jco is known, and not in each build. @see src/bindings/module/glue.ts
import { writeFileSync } from 'node:fs'
import { componentEmbed, componentNew } from '@bytecodealliance/jco'
import { parseAst } from 'rolldown/parseAst'
import { DEFAULT_TRANSPILE_LIMITS } from '../dist/bindings/jco/job.js'
import { createTranspiler } from '../dist/bindings/jco/transpiler.js'
import { OWN_PART, withoutIndent } from '../dist/bindings/module/glue.js'
import { coreModuleSlices } from '../dist/format/wasm.js'
import { namesOf } from './scope.mjs'

/**
 * Components of which each has the pieces of one group, and those of the groups before it: what every component has, what those
 * have that call something, and what those have that exchange more than numbers, such as all that use WASI.
 */
const WORLDS = {
  core: 'export run: func();',
  calls: 'import go: func(); export run: func();',
  values: 'import io; export run: func();',
}

const IO = `interface io {
  resource flow {
    read: func(len: u64) -> result<list<u8>, problem>;
    write: func(contents: list<u8>) -> result<_, problem>;
  }
  resource error {}
  variant problem { failed(error), closed }
  variables: func() -> list<tuple<string, string>>;
  label: func() -> option<string>;
  open: func() -> result<flow, problem>;
  look: func(at: borrow<flow>) -> u64;
}`

/**
 * Not taken: the log, which every module has for itself so that bundlers see that it does nothing; the loader that we cut out; and
 * `dv`, which can change and is what many a local variable is called as well, so that a text does not tell which of them it means.
 */
const OWN = ['_debugLog', 'fetchCompile', 'dv']

await main()

async function main() {
  const groups = makeGroups(await transpileWorlds())
  const described = groups.map((group, index) => ({
    ...group,
    needs: needsOf(group, groups.slice(0, index)),
  }))
  writeFileSync('dist/runtime/glue.js', formatModule(described))
  writeFileSync('dist/bindings/glue.json', JSON.stringify(described.map(toEntry)))
}

async function transpileWorlds() {
  const transpiler = createTranspiler({ jco: {}, limits: DEFAULT_TRANSPILE_LIMITS })
  const outputs = []
  for (const [name, world] of Object.entries(WORLDS)) {
    const witSource = `package glue:glue; ${IO} world w { ${world} }`
    const bytes = await componentNew(await componentEmbed({ witSource, dummy: true, world: 'w' }), [])
    const source = { bytes, contentDigest: name, cores: coreModuleSlices(bytes) }
    const { js } = await transpiler.transpile(source, { name: 'component', file: name })
    outputs.push({ name, statements: readStatements(js) })
  }
  await transpiler.close()
  return outputs
}

/** The statements in the body of `instantiate`, with the names that each has to do with. */
function readStatements(js) {
  const [body] = parseAst(js).body.flatMap(({ declaration }) =>
    declaration?.type === 'FunctionDeclaration' ? [declaration.body.body] : [],
  )
  const own = body.findIndex((node) => js.startsWith(OWN_PART, node.start))
  if (own === -1) throw new Error('jco writes the functions of a component in another way')
  return body.map((node, index) => {
    const raw = js.slice(node.start, node.end)
    const isVariable = node.kind === 'let'
    return { raw, text: withoutIndent(raw).text, isEarly: index < own, isVariable, node, ...namesOf(node) }
  })
}

function makeGroups(worlds) {
  const statements = worlds.flatMap((world) => world.statements)
  // Whatever else a piece names is global, wherever it stands.
  const local = new Set([
    'getCoreModule',
    'imports',
    'instantiateCore',
    'instantiate',
    ...statements.flatMap(({ declared }) => [...declared]),
  ])
  const groups = []
  for (const { name, statements: those } of worlds) {
    const taken = new Set(groups.flatMap(({ pieces }) => pieces.map(({ text }) => text)))
    const given = new Set(['_debugLog', ...groups.flatMap((group) => group.exports)])
    const fresh = those.filter((one) => !taken.has(one.text) && mayBePiece(one, statements))
    const pieces = closed(fresh, { given, local, statements, taken })
    const named = (isVariable) =>
      pieces.filter((one) => one.isVariable === isVariable).flatMap((one) => [...one.declared])
    groups.push({ name, pieces, exports: named(false), variables: named(true) })
  }
  return groups
}

/** Whether a statement can stand elsewhere at all, and is always the same. */
function mayBePiece({ node, raw, text, declared, isEarly }, statements) {
  const names = [...declared]
  return (
    isEarly &&
    names.length > 0 &&
    !names.some((name) => OWN.includes(name)) &&
    // In a text over several lines, white space before a line is part of it.
    !hasLongText(node) &&
    !raw.includes('getCoreModule(') &&
    !statements.some((other) => other.text !== text && names.some((name) => other.declared.has(name)))
  )
}

function hasLongText(node) {
  const isLong = node.type === 'TemplateElement' && node.value.raw.includes('\n')
  const children = Object.values(node).flat()
  return isLong || children.some((child) => typeof child?.type === 'string' && hasLongText(child))
}

/** Of these pieces, those that name nothing but one another and what is given, and that nobody else changes. */
function closed(pieces, { given, local, statements, taken }) {
  const texts = new Set(pieces.map(({ text }) => text))
  const names = new Set(pieces.flatMap(({ declared }) => [...declared]))
  const others = statements.filter(({ text }) => !texts.has(text))
  const stays = ({ used, declared, isVariable }) =>
    [...used].every((name) => !local.has(name) || given.has(name) || names.has(name)) &&
    // What leaves a function is a copy, which a new value does not reach.
    !others.some((other) =>
      [...declared].some((name) => other.assigned.has(name) || (isVariable && other.used.has(name))),
    )
  const kept = pieces.filter(stays)
  return kept.length === pieces.length ? pieces : closed(kept, { given, local, statements, taken })
}

/** The groups of which one names something, among those before it. */
function needsOf({ pieces }, before) {
  const used = new Set(pieces.flatMap((piece) => [...piece.used]))
  return before.filter(({ exports }) => exports.some((name) => used.has(name)))
}

function formatModule(groups) {
  return `/**
 * What jco writes into every component, once for all of them: made by our build of what @bytecodealliance/jco-transpile writes (Apache-2.0
 * WITH LLVM-exception). Each instance calls these functions for itself, so that none shares its state with another.
 */
const _debugLog = /* @__NO_SIDE_EFFECTS__ */ () => {};

${groups.map(formatGroup).join('\n')}`
}

// An array, since names of properties stay as long as they are, which costs half a kilobyte in each page.
function formatGroup({ name, pieces, exports, needs }) {
  const used = new Set(pieces.flatMap((piece) => [...piece.used]))
  const params = needs.map((need) => `[${pick(need.exports, (one) => used.has(one))}]`)
  return `/** Makes the group "${name}" for one instance. */
export const ${name} = (${params.join(', ')}) => {
${pieces.map(({ raw }) => `  ${raw}`).join('\n')}
  return [${exports.join(', ')}];
};
`
}

/** The elements of an array as a pattern that leaves out the others. */
function pick(names, isWanted) {
  const last = names.findLastIndex(isWanted)
  return names
    .slice(0, last + 1)
    .map((name) => (isWanted(name) ? name : ''))
    .join(', ')
}

/** As plugins read it: a `GlueGroup`. */
function toEntry({ name, needs, pieces, exports, variables }) {
  return {
    name,
    needs: needs.map((need) => need.name),
    pieces: pieces.map(({ text }) => text),
    exports,
    variables,
  }
}
