/** Tools that build libraries, each with the configuration and the command that its users have. */

/** How a library is built. */
export interface Producer {
  name: string
  /** Of its configuration, which holds all that is not said by default. */
  file: string
  config: string
  /** What Node runs, in the folder of the library: a script of the workspace's `node_modules`, or else the configuration. */
  command: readonly string[]
  /** What the scripts in `dist` end with. @default .js */
  extension?: '.mjs'
  /** What those for `require` end with, where it makes some. */
  required?: '.cjs'
  /** Whether it takes TypeScript as it is. @default true */
  takesTypeScript?: false
  /** Whether the component is in the scripts. */
  isInline?: true
}

/** The packages that they come from, at versions which install and run on Node 20. */
export const TOOLS: Record<string, string> = {
  vite: '^8.3.8',
  vite7: 'npm:vite@^7.3.8',
  rollup: '^4.68.7',
  rolldown: '^1.3.2',
  esbuild: '^0.28.2',
  webpack: '^5.112.2',
  'webpack-cli': '~7.2.3',
  '@rspack/core': '^2.3.2',
  '@rslib/core': '^1.0.1',
  tsdown: '0.21.10',
  tsup: '8.5.1',
  unbuild: '3.6.1',
  typescript: '6.0.3',
  'vite-plugin-dts': '^5.1.2',
  '@microsoft/api-extractor': '^7.60.1',
}

const KEYS = `{ keys: ['release.pub'] }`

const vite = (name: string, folder: string): Producer => ({
  name,
  file: 'vite.config.ts',
  config: `import signedWasm from 'unplugin-signed-wasm/vite'
export default {
  // Of the app that shares the configuration.
  base: '/app/',
  plugins: [signedWasm(${KEYS})],
  build: { lib: { entry: ['src/index.ts', 'src/ready.ts'], formats: ['es'] } },
}`,
  command: [`${folder}/bin/vite.js`, 'build'],
})

const rollup = (name: string, { input = '', output = '', options = KEYS } = {}): Producer => ({
  name,
  file: 'rollup.config.js',
  config: `import signedWasm from 'unplugin-signed-wasm/rollup'
export default {
  input: ['src/index.js', 'src/ready.js'],
  output: { dir: 'dist', format: 'es'${output} },
  plugins: [signedWasm(${options})],${input}
}`,
  command: ['rollup/dist/bin/rollup', '-c'],
  takesTypeScript: false,
})

const webpackLike = (entry: string) => `mode: 'production',
  context: import.meta.dirname,
  entry: { index: './src/index.js', ready: './src/ready.js' },
  experiments: { outputModule: true },
  output: { module: true, filename: '[name].js', library: { type: 'module' } },
  plugins: [${entry}(${KEYS})],`

const tsdown = (name: string, more = ''): Producer => ({
  name,
  file: 'tsdown.config.ts',
  config: `import { defineConfig } from 'tsdown'
import signedWasm from 'unplugin-signed-wasm/rolldown'
export default defineConfig({
  entry: ['src/index.ts', 'src/ready.ts'],
  plugins: [signedWasm(${KEYS})],${more}
})`,
  command: ['tsdown/dist/run.mjs'],
  extension: '.mjs',
})

/** See the first line of this file. */
export const PRODUCERS: readonly Producer[] = [
  vite('Vite 8', 'vite'),
  vite('Vite 7', 'vite7'),
  rollup('Rollup'),
  rollup('Rollup, preserveModules', {
    input: '\n  external: [/node_modules/, /^[\\w@]/],',
    output: ', preserveModules: true, entryFileNames: "[name].js"',
  }),
  { ...rollup('Rollup, inline', { options: `{ keys: ['release.pub'], asset: 'inline' }` }), isInline: true },
  {
    name: 'Rolldown',
    file: 'rolldown.config.js',
    config: `import signedWasm from 'unplugin-signed-wasm/rolldown'
export default {
  input: ['src/index.ts', 'src/ready.ts'],
  output: { dir: 'dist' },
  plugins: [signedWasm(${KEYS})],
}`,
    command: ['rolldown/bin/cli.mjs', '-c'],
  },
  {
    name: 'esbuild',
    file: 'build.js',
    config: `import { build } from 'esbuild'
import signedWasm from 'unplugin-signed-wasm/esbuild'
await build({
  entryPoints: ['src/index.ts', 'src/ready.ts'],
  bundle: true,
  format: 'esm',
  outdir: 'dist',
  plugins: [signedWasm(${KEYS})],
})`,
    command: [],
  },
  {
    name: 'webpack',
    file: 'webpack.config.js',
    config: `import signedWasm from 'unplugin-signed-wasm/webpack'
export default {
  ${webpackLike('signedWasm')}
}`,
    command: ['webpack-cli/bin/cli.js'],
    takesTypeScript: false,
  },
  {
    name: 'Rspack',
    file: 'build.js',
    config: `import { rspack } from '@rspack/core'
import signedWasm from 'unplugin-signed-wasm/rspack'
rspack({
  ${webpackLike('signedWasm')}
}).run((error, stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString())
})`,
    command: [],
    takesTypeScript: false,
  },
  {
    name: 'Rslib',
    file: 'rslib.config.ts',
    config: `import { defineConfig } from '@rslib/core'
import signedWasm from 'unplugin-signed-wasm/rspack'
export default defineConfig({
  source: { entry: { index: './src/index.ts', ready: './src/ready.ts' } },
  tools: { rspack: { plugins: [signedWasm(${KEYS})] } },
})`,
    command: ['@rslib/core/bin/rslib.js', 'build'],
  },
  tsdown('tsdown'),
  tsdown('tsdown, unbundle', '\n  unbundle: true,\n  skipNodeModulesBundle: true,'),
  {
    name: 'tsup',
    file: 'tsup.config.ts',
    config: `import { defineConfig } from 'tsup'
import signedWasm from 'unplugin-signed-wasm/esbuild'
const esbuildPlugins = [signedWasm(${KEYS})]
export default defineConfig([
  { entry: ['src/index.ts'], format: ['esm', 'cjs'], esbuildPlugins },
  { entry: ['src/ready.ts'], format: ['esm'], esbuildPlugins, skipNodeModulesBundle: true },
])`,
    command: ['tsup/dist/cli-default.js'],
    required: '.cjs',
  },
  {
    name: 'unbuild',
    file: 'build.config.ts',
    config: `import { defineBuildConfig } from 'unbuild'
import signedWasm from 'unplugin-signed-wasm/rollup'
export default defineBuildConfig({
  entries: ['src/index', 'src/ready'],
  hooks: { 'rollup:options': (_, { plugins }) => void plugins.unshift(signedWasm(${KEYS})) },
})`,
    command: ['unbuild/dist/cli.mjs'],
    extension: '.mjs',
  },
]

/** Scripts that are no modules, of a library whose component is loaded when it is called. */
export interface ScriptProducer extends Producer {
  /** What is opened in a browser, by its format: a script that sets `Lib`. */
  pages: Record<string, string>
  /** What Node requires. */
  required: '.cjs'
}

const named = (name: string): Producer => PRODUCERS.find((one) => one.name === name)!

const viteScripts = (name: string, folder: string): ScriptProducer => ({
  ...vite(name, folder),
  config: `import signedWasm from 'unplugin-signed-wasm/vite'
export default {
  base: '/app/',
  plugins: [signedWasm(${KEYS})],
  build: {
    lib: {
      entry: 'src/index.ts',
      name: 'Lib',
      formats: ['iife', 'umd', 'cjs'],
      fileName: (format) => (format === 'cjs' ? 'index.cjs' : \`index.\${format}.js\`),
    },
  },
}`,
  pages: { iife: 'index.iife.js', umd: 'index.umd.js' },
  required: '.cjs',
})

/** As the tools for Electron have it for the main process. */
const viteServer = (name: string, folder: string): ScriptProducer => ({
  ...vite(name, folder),
  config: `import signedWasm from 'unplugin-signed-wasm/vite'
export default {
  plugins: [signedWasm(${KEYS})],
  build: {
    ssr: 'src/index.ts',
    rollupOptions: { output: { format: 'cjs', entryFileNames: 'index.cjs' } },
  },
}`,
  pages: {},
  required: '.cjs',
})

/** See {@link ScriptProducer}. */
export const SCRIPTS: readonly ScriptProducer[] = [
  viteScripts('Vite 8', 'vite'),
  viteScripts('Vite 7', 'vite7'),
  viteServer('Vite 8 for servers', 'vite'),
  viteServer('Vite 7 for servers', 'vite7'),
  {
    ...named('tsdown'),
    config: `import { defineConfig } from 'tsdown'
import signedWasm from 'unplugin-signed-wasm/rolldown'
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['iife', 'umd', 'cjs'],
  globalName: 'Lib',
  plugins: [signedWasm(${KEYS})],
})`,
    pages: { iife: 'index.iife.js', umd: 'index.umd.js' },
    required: '.cjs',
  },
  {
    ...named('tsup'),
    config: `import { defineConfig } from 'tsup'
import signedWasm from 'unplugin-signed-wasm/esbuild'
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['iife', 'cjs'],
  globalName: 'Lib',
  esbuildPlugins: [signedWasm(${KEYS})],
})`,
    pages: { iife: 'index.global.js' },
    required: '.cjs',
  },
  {
    ...named('Rslib'),
    config: `import { defineConfig } from '@rslib/core'
import signedWasm from 'unplugin-signed-wasm/rspack'
export default defineConfig({
  lib: [
    { format: 'umd', umdName: 'Lib', output: { target: 'web', filename: { js: '[name].umd.js' } } },
    { format: 'cjs' },
  ],
  tools: { rspack: { plugins: [signedWasm(${KEYS})] } },
})`,
    pages: { umd: 'index.umd.js' },
    required: '.cjs',
  },
  {
    ...named('unbuild'),
    config: `import { defineBuildConfig } from 'unbuild'
import signedWasm from 'unplugin-signed-wasm/rollup'
export default defineBuildConfig({
  entries: ['src/index'],
  rollup: { emitCJS: true },
  hooks: { 'rollup:options': (_, { plugins }) => void plugins.unshift(signedWasm(${KEYS})) },
})`,
    pages: {},
    required: '.cjs',
  },
]

/** Apps of Vite whose files are moved elsewhere. */
export const MOVED: readonly (Producer & { address: RegExp })[] = ['Vite 8', 'Vite 7'].flatMap((name) =>
  (
    [
      ['to another server', '`https://cdn.example/${file}`', /\("https:\/\/cdn\.example\/assets\/hello-/],
      [
        'by a function of the page',
        '({ runtime: `window.cdn(${JSON.stringify(file)})` })',
        /\(window\.cdn\("assets\/hello-/,
      ],
      [
        'beside the script',
        '({ relative: true })',
        /\(new URL\("\.\/assets\/hello-[^"]+", ?import\.meta\.url\)/,
      ],
    ] as const
  ).map(([where, answer, address]) => ({
    ...named(name),
    name: `${name}, ${where}`,
    address,
    config: `import signedWasm from 'unplugin-signed-wasm/vite'
export default {
  plugins: [signedWasm(${KEYS})],
  build: { rollupOptions: { input: 'src/ready.ts', output: { entryFileNames: '[name].js' } }, minify: false },
  experimental: { renderBuiltUrl: (file) => ${answer} },
}`,
  })),
)

const SIBLINGS = `{ keys: ['release.pub'], types: 'sibling' }`

/** Libraries that publish the types of their components, with declarations that are bundled. */
export const TYPED: readonly Producer[] = [
  {
    ...named('Vite 8'),
    config: `import dts from 'vite-plugin-dts'
import signedWasm from 'unplugin-signed-wasm/vite'
export default {
  plugins: [signedWasm(${SIBLINGS}), dts({ bundleTypes: true })],
  build: { lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index' } },
}`,
  },
  {
    ...named('tsdown'),
    config: `import { defineConfig } from 'tsdown'
import signedWasm from 'unplugin-signed-wasm/rolldown'
export default defineConfig({ entry: ['src/index.ts'], dts: true, plugins: [signedWasm(${SIBLINGS})] })`,
  },
  {
    ...named('tsdown'),
    name: 'tsdown, by the compiler',
    config: `import { defineConfig } from 'tsdown'
import signedWasm from 'unplugin-signed-wasm/rolldown'
export default defineConfig({
  entry: ['src/index.ts'],
  dts: { resolver: 'tsc' },
  plugins: [signedWasm(${SIBLINGS})],
})`,
  },
  {
    ...named('tsup'),
    config: `import { defineConfig } from 'tsup'
import signedWasm from 'unplugin-signed-wasm/esbuild'
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm'],
  // tsup sets an option that TypeScript 6 no longer has.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  esbuildPlugins: [signedWasm(${SIBLINGS})],
})`,
  },
  {
    ...named('unbuild'),
    config: `import { defineBuildConfig } from 'unbuild'
import signedWasm from 'unplugin-signed-wasm/rollup'
export default defineBuildConfig({
  entries: ['src/index'],
  declaration: true,
  hooks: { 'rollup:options': (_, { plugins }) => void plugins.unshift(signedWasm(${SIBLINGS})) },
})`,
  },
]

/** Libraries whose declarations import the component as the sources do: they are not bundled, or only after the component is out of sight. */
export const LOOSE: readonly Producer[] = [
  {
    ...named('Vite 8'),
    config: `import dts from 'vite-plugin-dts'
import signedWasm from 'unplugin-signed-wasm/vite'
export default {
  plugins: [signedWasm(${SIBLINGS}), dts()],
  build: { lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index' } },
}`,
  },
  {
    ...named('Rslib'),
    config: `import { defineConfig } from '@rslib/core'
import signedWasm from 'unplugin-signed-wasm/rspack'
export default defineConfig({
  lib: [{ format: 'esm', dts: true }],
  tools: { rspack: { plugins: [signedWasm(${SIBLINGS})] } },
})`,
  },
  {
    ...named('Rslib'),
    name: 'Rslib, bundled',
    config: `import { defineConfig } from '@rslib/core'
import signedWasm from 'unplugin-signed-wasm/rspack'
export default defineConfig({
  lib: [{ format: 'esm', dts: { bundle: true } }],
  tools: { rspack: { plugins: [signedWasm(${SIBLINGS})] } },
})`,
  },
]

/** Configurations with a target that has no top-level await, for a module with one. */
export const TOO_OLD: readonly Producer[] = ['Vite 8', 'Vite 7'].map((name) => ({
  ...named(name),
  config: `import signedWasm from 'unplugin-signed-wasm/vite'
export default {
  plugins: [signedWasm(${KEYS})],
  build: { target: 'es2020', lib: { entry: 'src/ready.ts', formats: ['es'] } },
}`,
}))

/** Configurations that leave each import as it is. */
export const UNBUNDLED: readonly Producer[] = [
  {
    ...named('Rslib'),
    name: 'Rslib, not bundled',
    config: `import { defineConfig } from '@rslib/core'
import signedWasm from 'unplugin-signed-wasm/rspack'
export default defineConfig({
  source: { entry: { index: ['./src/**', '!./src/**/*.wasm'] } },
  lib: [{ format: 'esm', bundle: false }],
  tools: { rspack: { plugins: [signedWasm(${KEYS})] } },
})`,
  },
  {
    ...named('tsup'),
    name: 'tsup, not bundled',
    config: `import { defineConfig } from 'tsup'
import signedWasm from 'unplugin-signed-wasm/esbuild'
export default defineConfig({
  entry: ['src/index.ts'],
  bundle: false,
  format: ['esm'],
  esbuildPlugins: [signedWasm(${KEYS})],
})`,
  },
]
