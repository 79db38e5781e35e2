// Bundles what emitted code loads late, each file so that it imports nothing. @see .github/CONTRIBUTING.md
import { writeFile } from 'node:fs/promises'
import { build } from 'esbuild'

const { outputFiles } = await build({
  entryPoints: ['native', 'noble', 'whole'].map((name) => `dist/runtime/late/${name}.js`),
  outdir: 'dist/runtime/late',
  write: false,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'inline',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
})

for (const { path, text } of outputFiles)
  await writeFile(path, path.endsWith('.map') ? withoutPackages(text) : text)

/** A source map whose lines of packages come from nowhere: their files are not in our package. */
function withoutPackages(text) {
  const map = JSON.parse(text)
  const sources = map.sources.map((source) => (source.includes('node_modules/') ? null : source))
  return JSON.stringify({ ...map, sources })
}
