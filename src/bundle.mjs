// Bundles what must be few files: the command line, which starts once for each call, and what emitted code
// loads late, where each file imports nothing. @see .github/CONTRIBUTING.md
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { build } from 'esbuild'

const LATE = ['native', 'noble', 'whole'].map((name) => `dist/runtime/late/${name}.js`)
const CLI = ['main', 'run', 'io', ...namesIn('dist/cli/commands')].map((name) => `dist/cli/${name}.js`)

const late = await bundled({ entryPoints: LATE, target: 'es2022', legalComments: 'inline' })
const cli = await bundled({
  entryPoints: CLI,
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  splitting: true,
  chunkNames: 'cli/[name]-[hash]',
})

// Nothing imports these but they themselves, so what the compiler made of them is of no more use.
rmSync('dist/cli', { recursive: true })
for (const { path, text } of [...late, ...cli]) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, path.endsWith('.map') ? withoutPackages(text) : text)
}

function namesIn(folder) {
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'))
  return scripts.map((name) => `commands/${name.slice(0, -'.js'.length)}`)
}

async function bundled(options) {
  const { outputFiles } = await build({
    outbase: 'dist',
    outdir: 'dist',
    write: false,
    bundle: true,
    format: 'esm',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
    ...options,
  })
  return outputFiles
}

/** A source map whose lines of packages come from nowhere: their files are not in our package. */
function withoutPackages(text) {
  const map = JSON.parse(text)
  const sources = map.sources.map((source) => (source.includes('node_modules/') ? null : source))
  return JSON.stringify({ ...map, sources })
}
