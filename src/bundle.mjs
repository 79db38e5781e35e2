// Bundles what must be few files: the command line, which starts once for each call, the plugin, which is loaded for each
// build, and what emitted code loads late, where each file imports nothing. @see .github/CONTRIBUTING.md
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { build } from 'esbuild'
import { rolldown } from 'rolldown'

const LATE = ['native', 'noble', 'whole'].map((name) => `dist/runtime/late/${name}.js`)
const CLI = ['main', 'start', ...namesIn('dist/cli/commands')].map((name) => `cli/${name}`)

const PLUGIN = [
  ...[
    'index',
    'vite',
    'rollup',
    'rolldown',
    'webpack',
    'rspack',
    'esbuild',
    'farm',
    'bun',
    'node',
    'next',
    'nuxt',
  ],
  // Threads start from these, and processes of Turbopack from the last.
  ...['node/hooks', 'node/blocking-thread', 'next/loader'].map((name) => `plugin/${name}`),
]

/** Packages whose code is ours to load: each file that Node has to find costs more than what it holds. */
const BUNDLED = /^(?:@noble\/|unplugin(?:$|\/)|picomatch$|@jridgewell\/|webpack-virtual-modules$)/

/** What unplugin gets for picomatch, which it calls for filters that are globs: ours are none. */
const LATE_PICOMATCH = `import { loadPicomatch } from ${JSON.stringify(resolve('dist/disk/glob-path.js'))}
export default (...globs) => loadPicomatch()(...globs)`

/** Folders of packages that were bundled. */
const packages = new Set()

const files = [
  ...(await bundleLate()),
  ...(await bundleCli()),
  ...(await bundlePlugin()),
  ...(await bundleFor(['errors/diagnostic'], {})),
]
// Nothing imports these but they themselves, so what the compiler made of them is of no more use.
rmSync('dist/cli', { recursive: true })
files.push({ path: 'dist/LICENSES.txt', text: [...packages].toSorted().map(licenseOf).join('\n') })
for (const { path, text } of files) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, path.endsWith('.map') ? withoutPackages(text) : text)
}

function namesIn(folder) {
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'))
  return scripts.map((name) => `commands/${name.slice(0, -'.js'.length)}`)
}

async function bundleLate() {
  const { outputFiles } = await build({
    entryPoints: LATE,
    outbase: 'dist',
    outdir: 'dist',
    write: false,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'inline',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
  })
  return outputFiles
}

/**
 * All that several commands have in one file, noble among it: finding, reading and linking seventeen files took a third of
 * the time of a call.
 */
function bundleCli() {
  return bundleFor(CLI, {
    chunkFileNames: 'cli/[name]-[hash].js',
    codeSplitting: { groups: [{ name: 'base', test: isShared }] },
  })
}

/**
 * Few files for each door of the plugin, with what it takes of unplugin. The class of its errors is left where it is, since
 * others ask for it by `instanceof`, and so are the files that workers and loaders of bundlers start from, those of unplugin
 * among them.
 */
function bundlePlugin() {
  const outside = (id, importer) =>
    id.endsWith('/errors/diagnostic.js') ||
    (id.startsWith('unplugin') &&
      /\/dist\/(?:index|webpack|rspack|plugin\/bundlers\/webpack[\w-]*)\.js$/.test(importer))
  const isPlain = (id) => /\/dist\/plugin\/bundlers\/(?!vite\/|rollup|webpack|esbuild|farm|bun)/.test(id)
  // What a few doors share is too little for a file of its own.
  const isSmall = (id) =>
    /\/dist\/(?:bindings\/shims|disk\/(?:replace-file|versions)|plugin\/(?:admit-folder|bundlers\/webpack-watch))\.js$/.test(
      id,
    )
  const codeSplitting = { groups: [{ name: 'plugin', test: (id) => isPlain(id) || isSmall(id) }] }
  return bundleFor(PLUGIN, { chunkFileNames: 'plugin/plugin-[hash].js', codeSplitting }, outside)
}

async function bundleFor(names, options, outside) {
  const bundle = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, `dist/${name}.js`])),
    platform: 'node',
    external: (id, importer) => (!/^[./]/.test(id) && !BUNDLED.test(id)) || outside?.(id, importer),
    plugins: [
      { name: 'source-maps', load: { filter: { id: /\/dist\/.*\.js$/ }, handler: withMap } },
      {
        name: 'late-picomatch',
        resolveId: { filter: { id: /^picomatch$/ }, handler: () => '\0late-picomatch' },
        load: { filter: { id: /^\0late-picomatch$/ }, handler: () => LATE_PICOMATCH },
      },
    ],
  })
  const { output } = await bundle.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    sourcemap: true,
    sourcemapExcludeSources: true,
    comments: { annotation: true, jsdoc: false, legal: false },
    ...options,
  })
  for (const { modules = {} } of output) Object.keys(modules).forEach(notePackage)
  return output.flatMap(({ fileName, code, source, map }) => {
    const path = resolve('dist', fileName)
    const text = code ?? source
    // What only hands on what is in another file has no map, and the compiler's is there already.
    if (code === undefined || map !== null) return { path, text }
    return [
      { path, text: `${text}//# sourceMappingURL=${basename(path)}.map\n` },
      { path: `${path}.map`, text: JSON.stringify({ version: 3, sources: [], names: [], mappings: '' }) },
    ]
  })
}

function notePackage(id) {
  const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []
  if (folder !== undefined) packages.add(folder)
}

/** Whose code a file holds, and on what terms. */
function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one))
  return `${name} ${version}, ${license}\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}\n`
}

/** What the compiler made, with the map that leads to its source. */
function withMap(id) {
  return { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') }
}

/** Whether a module is one that every command may want: not the commands, nor what they have for themselves. */
function isShared(id) {
  return /\/dist\/(?:errors|format|trust|policy|report|disk(?!\/(?:versions|find-wasm|encodings)))\/|\/dist\/cli\/(?!commands\/|main\.|start\.|declare-file|git|sign-places|transpiler)|\/@noble\//.test(
    id,
  )
}

/** A source map whose lines of packages come from nowhere: their files are not in our package. */
function withoutPackages(text) {
  const map = JSON.parse(text)
  const sources = map.sources.map((source) => (source?.includes('node_modules/') ? null : source))
  return JSON.stringify({ ...map, sources })
}
