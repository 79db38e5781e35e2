// One build, in a process of its own, which says at its end what it and all that it has started have taken.
// Arguments, as JSON: bundler, plugin ('none', 'jco by hand' or 'ours'), folder, cache.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const { bundler, plugin, folder, cache, spent } = JSON.parse(process.argv[2])
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
    await build({
      external: ['@bytecodealliance/*'],
      entryPoints: [entry],
      outdir: out,
      bundle: true,
      format: 'esm',
      target: 'esnext',
      logLevel: 'silent',
      plugins,
    })
  },
  async webpack(plugins) {
    const { default: webpack } = await import('webpack')
    const { promise, resolve, reject } = Promise.withResolvers?.() ?? withResolvers()
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

function withResolvers() {
  const made = {}
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
  return made
}

// At the very end, which comes when V8 has optimised what it had begun to.
process.on('exit', () => {
  const own = process.resourceUsage()
  const children = descendants(process.pid)
  const cpuMs = (own.userCPUTime + own.systemCPUTime) / 1000 + sum(children.map(cpuOf))
  const peakMiB = own.maxRSS / 1024 + sum(children.map(peakOf))
  writeFileSync(spent, JSON.stringify({ cpuMs, peakMiB }))
})

await BUILDS[bundler](await pluginOf())

/** Processes that one has started, and so on. Linux only: elsewhere it is this process alone. */
function descendants(parent) {
  if (!existsSync('/proc/self/stat')) return []
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => parentOf(pid) === parent)
    .map(Number)
  return found.flatMap((pid) => [pid, ...descendants(pid)])
}

function parentOf(pid) {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

/** Of all its threads, in nanoseconds: the clock of `stat` ticks too seldom. */
function cpuOf(pid) {
  const threads = readdirSync(`/proc/${pid}/task`)
  return (
    sum(
      threads.map((thread) =>
        Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
      ),
    ) / 1e6
  )
}

function peakOf(pid) {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
