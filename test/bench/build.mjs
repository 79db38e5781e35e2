// One build, in a process of its own, which says at its end what it and all that it has started have taken.
// Arguments, as JSON: bundler, plugin ('none', 'jco by hand' or 'ours'), folder, cache; `changes`, how often a component
// changes while the build is watched, of which alone the cost is said then.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { cpuSpent, memoryTaken } from './spent.mjs'

const { bundler, plugin, folder, cache, spent, changes } = JSON.parse(process.argv[2])
const entry = path.join(folder, plugin === 'ours' ? 'ours.js' : 'plain.js')
const out = path.join(folder, `dist-${bundler}-${plugin.replaceAll(' ', '-')}`)

/** Not loaded where it is not measured. */
const transpile = async (id) => (await import('./by-hand.mjs')).transpile(readFileSync(id))

const wrap = ({ js, urls }) => `${js}
const load = async (url) => WebAssembly.compile(await (await fetch(url)).arrayBuffer())
const urls = { ${urls.join(', ')} }
export default (imports) => instantiate((name) => load(urls[name]()), imports)`

/** For Rollup, Rolldown and Vite. */
const byHand = {
  name: 'jco-by-hand',
  enforce: 'pre',
  load: {
    filter: { id: /\.wasm$/ },
    async handler(id) {
      this.addWatchFile(id)
      const { js, cores } = await transpile(id)
      const urls = cores.map(([name, source]) => {
        const reference = this.emitFile({ type: 'asset', name, source })
        return `${JSON.stringify(name)}: () => import.meta.ROLLUP_FILE_URL_${reference}`
      })
      return { code: wrap({ js, urls }), moduleSideEffects: true }
    },
  },
}

const inEsbuild = {
  name: 'jco-by-hand',
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, async ({ path: id }) => {
      const { js, cores } = await transpile(id)
      const urls = cores.map(
        ([name, bytes]) =>
          `${JSON.stringify(name)}: () => "data:application/wasm;base64,${Buffer.from(bytes).toString('base64')}"`,
      )
      return { contents: wrap({ js, urls }), loader: 'js' }
    })
  },
}

const options = {
  keys: readFileSync(path.join(folder, 'release.pub'), 'utf8'),
  types: false,
  ...(cache !== undefined && { cache }),
}

async function pluginOf() {
  if (plugin === 'none') return []
  if (plugin === 'jco by hand') return [bundler === 'esbuild' ? inEsbuild : byHand]
  const { default: signedWasm } = await import(`../../dist/${bundler}.js`)
  return [signedWasm(options)]
}

/** jco by hand binds none, so that they are in neither. */
const SHIMS = /^@bytecodealliance\//

const inEsbuildWith = (plugins) => ({
  external: ['@bytecodealliance/*'],
  entryPoints: [entry],
  outdir: out,
  bundle: true,
  format: 'esm',
  target: 'esnext',
  logLevel: 'silent',
  plugins,
})

const BUILDS = {
  async rolldown(plugins) {
    const { rolldown } = await import('rolldown')
    const bundle = await rolldown({ input: entry, plugins, cwd: folder, external: SHIMS })
    await bundle.write({ dir: out, format: 'es' })
    await bundle.close()
  },
  async vite(plugins) {
    const { build } = await import('vite')
    await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      plugins,
      build: {
        outDir: out,
        emptyOutDir: true,
        minify: false,
        target: 'esnext',
        rolldownOptions: { input: entry, external: SHIMS },
      },
    })
  },
  async esbuild(plugins) {
    const { build } = await import('esbuild')
    await build(inEsbuildWith(plugins))
  },
  async webpack(plugins) {
    const { default: webpack } = await import('webpack')
    const { promise, resolve, reject } = withResolvers()
    const rules =
      plugin === 'jco by hand'
        ? [
            {
              test: /\.wasm$/,
              type: 'javascript/auto',
              use: [new URL('jco-loader.cjs', import.meta.url).pathname],
            },
          ]
        : []
    webpack({
      context: folder,
      entry,
      externals: [SHIMS],
      externalsType: 'module',
      experiments: { outputModule: true },
      mode: 'production',
      devtool: false,
      performance: false,
      optimization: { minimize: false },
      output: { path: out, module: true },
      module: { rules },
      plugins: plugin === 'jco by hand' ? [] : plugins,
    }).run((error, stats) =>
      error || stats.hasErrors() ? reject(error ?? new Error(stats.toString('errors-only'))) : resolve(),
    )
    await promise
  },
}

/** Each builds once, and again whenever the promise that it waits for is there. */
const WATCHES = {
  async rolldown(plugins, change) {
    const { watch } = await import('rolldown')
    const watcher = watch({ input: entry, plugins, cwd: folder, external: SHIMS, output: { dir: out } })
    const { promise, resolve, reject } = withResolvers()
    let left = changes
    watcher.on('event', (event) => {
      if (event.code === 'ERROR') reject(event.error)
      if (event.code === 'END' && left-- === 0) resolve()
      else if (event.code === 'END') setTimeout(change, 200, left)
    })
    await promise
    await watcher.close()
  },
  async esbuild(plugins, change) {
    const { context } = await import('esbuild')
    const watched = await context(inEsbuildWith(plugins))
    await watched.rebuild()
    for (let left = changes - 1; left >= 0; left--) {
      change(left)
      await watched.rebuild()
    }
    await watched.dispose()
  },
}

function withResolvers() {
  const made = {}
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
  return made
}

/** What was taken before the first change. */
let before = 0

// At the very end, which comes when V8 has optimised what it had begun to.
process.on('exit', () => {
  writeFileSync(spent, JSON.stringify({ cpuMs: cpuSpent() - before, peakMiB: memoryTaken() }))
})

if (changes === undefined) await BUILDS[bundler](await pluginOf())
else
  await WATCHES[bundler](await pluginOf(), (left) => {
    before ||= cpuSpent()
    copyFileSync(path.join(folder, `changed/${left}.wasm`), path.join(folder, 'c0.wasm'))
  })
