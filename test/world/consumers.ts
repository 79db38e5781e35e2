/** Apps that use a library: what builds or serves them, with our plugin or without, and what runs the result. */

import { readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { rspack } from '@rspack/core'
import * as esbuild from 'esbuild'
import { rolldown } from 'rolldown'
import { type Plugin as RollupPlugin, rollup } from 'rollup'
import * as vite8 from 'vite'
import webpack from 'webpack'
import { signedWasm } from '../../src/index.js'
import { type Project, TRUSTED_PEM } from '../kit/project.js'
import { type Outcome, runInBrowser, runInNode, visit } from '../kit/run.js'

/** One app. */
export interface App {
  project: Project
  /** Its only module. */
  entry: string
  /** The library. */
  library: string
  /** Where to, in the project; nobody else's. */
  out: string
  hasPlugin: boolean
}

/** What an app does in the end. */
export type Consumer = (app: App) => Promise<Outcome>

const options = { keys: TRUSTED_PEM }

/** Whoever has loaded another version of Vite gives it. */
export type Vite = Pick<typeof vite8, 'build' | 'createServer'>

const viteConfig = ({ project, out, hasPlugin }: App) => ({
  root: project.root,
  configFile: false as const,
  logLevel: 'silent' as const,
  cacheDir: project.at(out, 'cache'),
  plugins: hasPlugin ? [signedWasm.vite(options)] : [],
})

const viteBuild =
  (vite: Vite): Consumer =>
  async (app) => {
    const { project, entry, out } = app
    const page = `page-${path.basename(out)}.html`
    project.write({ [page]: `<!doctype html><script type="module" src="/${entry}"></script>` })
    await vite.build({
      ...viteConfig(app),
      base: './',
      build: { outDir: out, assetsInlineLimit: 0, rollupOptions: { input: project.at(page) } },
    })
    return only(await runInBrowser(project.root, [`${out}/${page}`]))
  }

const viteServer =
  (vite: Vite, isBundled: boolean): Consumer =>
  async (app) => {
    const { project, entry, library, out } = app
    const page = `page-${path.basename(out)}.html`
    project.write({ [page]: `<!doctype html><script type="module" src="/${entry}"></script>` })
    const entries = [library, `${library}/ready`]
    const server = await vite.createServer({
      ...viteConfig(app),
      appType: 'mpa',
      server: { port: 0, host: '127.0.0.1' },
      optimizeDeps: { entries: [page], [isBundled ? 'include' : 'exclude']: entries },
    })
    try {
      await server.listen()
      return await visit(`${server.resolvedUrls!.local[0]!}${page}`)
    } finally {
      await server.close()
    }
  }

/** What `@rollup/plugin-node-resolve` does with the names of packages that are imported. */
const resolveNames = ({ at }: Project): RollupPlugin => ({
  name: 'resolve-names',
  resolveId(source) {
    const [, name, entry = ''] = /^([\w-]+)(\/.*)?$/.exec(source) ?? []
    if (name === undefined) return null
    const { exports } = JSON.parse(
      readFileSync(at('node_modules', name, 'package.json'), 'utf8'),
    ) as Installed
    const found = exports[`.${entry}`]!
    return realpathSync(at('node_modules', name, typeof found === 'string' ? found : found.default))
  },
})

interface Installed {
  exports: Record<string, string | { default: string }>
}

type OpenBundle = (input: object) => Promise<{ write(output: object): Promise<unknown> }>

const rollupLike =
  (open: unknown, name: 'rollup' | 'rolldown', isExternal: boolean): Consumer =>
  async ({ project, entry, library, out, hasPlugin }) => {
    const bundle = await (open as OpenBundle)({
      input: project.at(entry),
      cwd: name === 'rolldown' ? project.root : undefined,
      external: isExternal ? [library, `${library}/ready`] : [],
      plugins: [
        ...(hasPlugin ? [signedWasm[name](options)] : []),
        ...(isExternal ? [] : [resolveNames(project)]),
      ],
      onLog: () => {},
    })
    await bundle.write({ dir: project.at(out), format: 'es', entryFileNames: 'main.js' })
    return run(project, out, isExternal)
  }

const esbuildApp =
  (isExternal: boolean): Consumer =>
  async ({ project, entry, library, out, hasPlugin }) => {
    await esbuild.build({
      entryPoints: [{ in: project.at(entry), out: 'main' }],
      absWorkingDir: project.root,
      bundle: true,
      format: 'esm',
      outdir: project.at(out),
      logLevel: 'silent',
      external: isExternal ? [library, `${library}/*`] : [],
      plugins: hasPlugin ? [signedWasm.esbuild(options)] : [],
    })
    return run(project, out, isExternal)
  }

const webpackLike =
  (create: unknown, name: 'webpack' | 'rspack'): Consumer =>
  async ({ project, entry, out, hasPlugin }) => {
    const compiler = (create as typeof webpack)({
      context: project.root,
      entry: { main: `./${entry}` },
      mode: 'production',
      devtool: false,
      performance: false,
      output: { path: project.at(out), filename: 'main.js' },
      infrastructureLogging: { level: 'none' },
      plugins: hasPlugin ? [signedWasm[name](options) as webpack.WebpackPluginInstance] : [],
    })!
    await new Promise<void>((resolve, reject) => {
      compiler.run((error, stats) =>
        compiler.close(() =>
          error || stats!.hasErrors()
            ? reject(error ?? new Error(stats!.toString('errors-only')))
            : resolve(),
        ),
      )
    })
    return run(project, out)
  }

async function run(project: Project, out: string, isForNode = false): Promise<Outcome> {
  return only(
    isForNode
      ? await runInNode([project.at(out, 'main.js')])
      : await runInBrowser(project.root, [`${out}/main.js`]),
  )
}

function only([outcome]: readonly Outcome[]): Outcome {
  return outcome!
}

/** How the apps are made, by name. @param vite7 once it is installed */
export function consumersWith(vite7: () => Promise<Vite>): Record<string, Consumer> {
  const inVite7 =
    (make: (vite: Vite) => Consumer): Consumer =>
    async (app) =>
      make(await vite7())(app)
  return {
    'Vite 8': viteBuild(vite8),
    'Vite 8 dev': viteServer(vite8, true),
    'Vite 8 dev, excluded': viteServer(vite8, false),
    'Vite 7': inVite7(viteBuild),
    'Vite 7 dev': inVite7((vite) => viteServer(vite, true)),
    'Vite 7 dev, excluded': inVite7((vite) => viteServer(vite, false)),
    webpack: webpackLike(webpack, 'webpack'),
    Rspack: webpackLike(rspack, 'rspack'),
    Rollup: rollupLike(rollup, 'rollup', false),
    Rolldown: rollupLike(rolldown, 'rolldown', false),
    esbuild: esbuildApp(false),
    'Rollup, external': rollupLike(rollup, 'rollup', true),
    'Rolldown, external': rollupLike(rolldown, 'rolldown', true),
    'esbuild, external': esbuildApp(true),
  }
}

/**
 * Those that leave a file behind which a library refers to, whoever has built that, and whose apps find none: our plugin does
 * not change it. What there is to do is to leave the library external, which others here do, or to have it inline.
 */
export const COPYING_NOTHING: readonly string[] = ['Vite 7 dev', 'Rollup', 'Rolldown', 'esbuild']
