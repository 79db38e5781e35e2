// Takes jco's bindgen component from the pinned package, and puts it beside the scripts that run it. Users install that alone:
// the package it is from weighs a hundred megabytes with what it depends on. @see .github/SECURITY.md
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { build } from 'esbuild'

const PACKAGE = '@bytecodealliance/jco-transpile'
const OUT = 'dist/jco'
const SCRIPTS = ['worker', 'child']

const entry = createRequire(import.meta.url).resolve(`${PACKAGE}/component`)
const vendor = dirname(entry)
const manifest = JSON.parse(readFileSync(join(vendor, '../package.json'), 'utf8'))
const modules = ['core', 'core2'].map((name) => `js-component-bindgen-component.${name}.wasm`)

rmSync(OUT, { recursive: true, force: true })
mkdirSync(OUT, { recursive: true })

await build({
  entryPoints: SCRIPTS.map((name) => `dist/bindings/jco/${name}.js`),
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [
    {
      name: 'stubs',
      setup({ onResolve }) {
        onResolve({ filter: /^@bytecodealliance\/preview2-shim\// }, () => ({
          path: resolve('dist/bindings/jco/wasi.js'),
        }))
      },
    },
  ],
})
// These are bundled now.
for (const name of [...SCRIPTS, 'wasi'])
  for (const ending of ['.js', '.js.map', '.d.ts', '.d.ts.map']) rmSync(`dist/bindings/jco/${name}${ending}`)

for (const name of modules) copyFileSync(join(vendor, name), join(OUT, name))
copyFileSync(join(vendor, '../LICENSE'), join(OUT, 'LICENSE'))

const about = {
  package: manifest.name,
  version: manifest.version,
  license: manifest.license,
  // Of the files as they are in that package.
  sha256: Object.fromEntries(
    [...modules, 'js-component-bindgen-component.js'].map((name) => [
      `vendor/${name}`,
      createHash('sha256')
        .update(readFileSync(join(vendor, name)))
        .digest('hex'),
    ]),
  ),
}
writeFileSync(join(OUT, 'jco.json'), `${JSON.stringify(about, undefined, 2)}\n`)
