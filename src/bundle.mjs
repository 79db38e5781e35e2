// Bundles what must be few files: the command line, which starts once for each call, and what emitted code
// loads late, where each file imports nothing. @see .github/CONTRIBUTING.md
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { build } from 'esbuild'
import { rolldown } from 'rolldown'

const LATE = ['native', 'noble', 'whole'].map((name) => `dist/runtime/late/${name}.js`)
const CLI = ['main', 'start', ...namesIn('dist/cli/commands')].map((name) => `cli/${name}`)

const files = [...(await bundleLate()), ...(await bundleCli())]
// Nothing imports these but they themselves, so what the compiler made of them is of no more use.
rmSync('dist/cli', { recursive: true })
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
async function bundleCli() {
  const bundle = await rolldown({
    input: Object.fromEntries(CLI.map((name) => [name, `dist/${name}.js`])),
    platform: 'node',
    external: (id) => !/^[./]/.test(id) && !id.startsWith('@noble/'),
    plugins: [{ name: 'source-maps', load: { filter: { id: /\/dist\/.*\.js$/ }, handler: withMap } }],
  })
  const { output } = await bundle.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'cli/[name]-[hash].js',
    sourcemap: true,
    sourcemapExcludeSources: true,
    codeSplitting: { groups: [{ name: 'base', test: isShared }] },
  })
  return output.map(({ fileName, code, source }) => ({
    path: resolve('dist', fileName),
    text: code ?? source,
  }))
}

/** What the compiler made, with the map that leads to its source. */
function withMap(id) {
  return { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') }
}

/** Whether a module is one that every command may want: not the commands, nor what they have for themselves. */
function isShared(id) {
  return /\/dist\/(?:errors|format|trust|policy|report|disk(?!\/versions))\/|\/dist\/cli\/(?!commands\/|main\.|start\.|declare-file|git|sign-places)|\/@noble\//.test(
    id,
  )
}

/** A source map whose lines of packages come from nowhere: their files are not in our package. */
function withoutPackages(text) {
  const map = JSON.parse(text)
  const sources = map.sources.map((source) => (source?.includes('node_modules/') ? null : source))
  return JSON.stringify({ ...map, sources })
}
