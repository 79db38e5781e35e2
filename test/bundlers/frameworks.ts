/** An application for each framework, whose config is that of the README. */

/** One of them. */
export interface Framework {
  name: string
  /** Exact versions. What they depend on is the newest that they allow. */
  packages: readonly string[]
  /** The file that the README shows. */
  config: string
  /** What an application adds to that file. */
  complete?: (text: string) => string
  /** Of the `package.json`. */
  main?: string
  /** The rest of the application. Its first page calls a component in the browser as well. */
  files: Record<string, string>
  /** Files that are there after the install only. */
  installed?: Record<string, string>
  /** Those of them that can be run. */
  programs?: readonly string[]
  /** Where it has components, all of which are imported. */
  components: readonly string[]
  /** How messages name one, where that is not its path. */
  display?: (component: string) => string
  build: readonly [tool: string, ...args: string[]]
  /** How what was built is used: by a server, out of a folder, by scripts that Node runs. */
  built: { server?: readonly string[]; folder?: string; scripts?: readonly string[] }
  /** Absent where development is not tested, which the README says. */
  dev?(port: string): readonly [tool: string, ...args: string[]]
  /** What its own program prints. */
  devSays?: string
  devEnv?(root: string): Record<string, string>
  /** What checks types after a build, and sources that are wrong, with what is then said. */
  types?: {
    check: readonly [tool: string, ...args: string[]]
    wrong: Record<string, string>
    said: readonly string[]
  }
  /** Texts by path. */
  pages: Record<string, string>
}

const IS_NODE_20 = process.versions.node.startsWith('20.')

const ADAPTER = `import adapter from '@sveltejs/adapter-node'\n`

const at = (port: string) => ['--port', port, '--host', '127.0.0.1']

/** A page of an application that renders in the browser alone. */
const PAGE = (script: string) => `<!doctype html><h1>page</h1><script type="module" src="${script}"></script>`

const IN_BROWSER = `import { greet } from './hello.wasm'\nglobalThis.answers = greet('browser')`
const IN_NODE = `import { greet } from './hello.wasm'\nglobalThis.answers = greet('server')`

export const FRAMEWORKS: readonly Framework[] = [
  {
    name: 'SvelteKit',
    packages: [
      ...(IS_NODE_20
        ? ['@sveltejs/kit@2.70.4', '@sveltejs/adapter-node@5.5.7']
        : ['@sveltejs/kit@3.2.0', '@sveltejs/adapter-node@6.0.1']),
      '@sveltejs/vite-plugin-svelte@7.3.1',
      'svelte@5.57.3',
      'vite@8.3.8',
    ],
    config: 'vite.config.js',
    complete: (text) =>
      IS_NODE_20 ? text : ADAPTER + text.replace('sveltekit()', 'sveltekit({ adapter: adapter() })'),
    files: {
      ...(IS_NODE_20 && { 'svelte.config.js': `${ADAPTER}export default { kit: { adapter: adapter() } }` }),
      'src/app.html': `<!doctype html><html><head>%sveltekit.head%</head><body><div>%sveltekit.body%</div></body></html>`,
      'src/routes/+page.svelte': `<script>\nimport { onMount } from 'svelte'\nimport { greet } from '../lib/hello.wasm'\nonMount(() => { globalThis.answers = greet('browser') })\n</script>\n<h1>{greet('Ada')}</h1>`,
    },
    components: ['src/lib/hello.wasm'],
    build: ['vite', 'build'],
    built: { server: ['build/index.js'] },
    dev: (port) => ['vite', 'dev', ...at(port)],
    pages: { '/': '<h1>Hello, Ada!</h1>' },
  },
  {
    name: 'Nuxt',
    packages: [IS_NODE_20 ? 'nuxt@4.4.5' : 'nuxt@4.5.2', 'typescript@6.0.3', 'vue-tsc@3.3.14'],
    config: 'nuxt.config.ts',
    files: {
      'app/app.vue': `<script setup lang="ts">\nimport { greet } from './hello.wasm'\nonMounted(() => { Object.assign(globalThis, { answers: greet('browser') }) })\n</script>\n<template><h1>{{ greet('Ada') }}</h1></template>`,
      'server/api/hello.ts': `import { greet } from '../greet.wasm'\nexport default defineEventHandler(() => greet('server'))`,
      // As `npm create nuxt` has it.
      'tsconfig.json': JSON.stringify({
        files: [],
        references: ['app', 'server', 'shared', 'node'].map((name) => ({
          path: `./.nuxt/tsconfig.${name}.json`,
        })),
      }),
    },
    types: {
      check: ['nuxt', 'typecheck'],
      wrong: {
        'app/app.vue': `<script setup lang="ts">\nimport { greet } from './hello.wasm'\n</script>\n<template>{{ greet(1) }}</template>`,
        'server/api/hello.ts': `import { greet } from '../greet.wasm'\nexport default defineEventHandler(() => greet(2))`,
      },
      said: [
        "app/app.vue(4,20): error TS2345: Argument of type 'number'",
        "server/api/hello.ts(2,47): error TS2345: Argument of type 'number'",
      ],
    },
    components: ['app/hello.wasm', 'server/greet.wasm'],
    build: ['nuxt', 'build'],
    built: { server: ['.output/server/index.mjs'] },
    pages: { '/': '<h1>Hello, Ada!</h1>', '/api/hello': 'Hello, server!' },
  },
  {
    // The command of 6.0 refuses Node 20, whatever its manifest says. 5 brings Vite 6.
    name: 'Astro',
    packages: IS_NODE_20 ? ['astro@5.18.2', '@astrojs/node@9.5.5'] : ['astro@7.3.5', '@astrojs/node@11.1.6'],
    config: 'astro.config.mjs',
    files: {
      'src/pages/index.astro': `---\nimport { greet } from '../hello.wasm'\n---\n<html><body><h1>{greet('Ada')}</h1>\n<script>\nimport { greet } from '../hello.wasm'\nglobalThis.answers = greet('browser')\n</script></body></html>`,
    },
    components: ['src/hello.wasm'],
    build: ['astro', 'build'],
    built: { server: ['dist/server/entry.mjs'] },
    dev: (port) => ['astro', 'dev', ...at(port)],
    // In development its tags have attributes.
    pages: { '/': 'Hello, Ada!</h1>' },
  },
  {
    name: 'React Router',
    packages: [
      ...['react-router', '@react-router/dev', '@react-router/node', '@react-router/serve'].map(
        (name) => `${name}@${IS_NODE_20 ? '7.18.4' : '8.4.0'}`,
      ),
      ...['react@19.3.1', 'react-dom@19.3.1', 'isbot@5.2.3', 'vite@8.3.8'],
    ],
    config: 'vite.config.js',
    files: {
      'app/root.jsx': `import { Outlet, Scripts } from 'react-router'\nexport default () => <html><body><Outlet /><Scripts /></body></html>`,
      'app/routes.js': `import { index } from '@react-router/dev/routes'\nexport default [index('home.jsx')]`,
      'app/home.jsx': `import { useEffect } from 'react'\nimport { greet } from './hello.wasm'
        export default function Home() {
          useEffect(() => void (globalThis.answers = greet('browser')), [])
          return <h1>{greet('Ada')}</h1>
        }`,
    },
    components: ['app/hello.wasm'],
    build: ['react-router', 'build'],
    built: { server: ['node_modules/.bin/react-router-serve', 'build/server/index.js'] },
    dev: (port) => ['react-router', 'dev', ...at(port)],
    pages: { '/': '<h1>Hello, Ada!</h1>' },
  },
  {
    name: 'Rsbuild',
    packages: ['@rsbuild/core@2.3.2'],
    config: 'rsbuild.config.js',
    complete: (text) =>
      text.replace(
        'export default {',
        `export default {
          html: { template: './index.html' },
          environments: {
            web: { source: { entry: { index: './src/index.js' } } },
            node: { source: { entry: { index: './server/index.js' } }, output: { target: 'node', module: true, distPath: 'dist/server' } },
          },`,
      ),
    files: {
      'index.html': '<!doctype html><h1>page</h1>',
      'src/index.js': IN_BROWSER,
      'server/index.js': IN_NODE,
    },
    components: ['src/hello.wasm', 'server/hello.wasm'],
    build: ['rsbuild', 'build'],
    built: { folder: 'dist', scripts: ['dist/server/index.js'] },
    dev: (port) => ['rsbuild', 'dev', ...at(port)],
    pages: { '/index.html': '<h1>page</h1>' },
  },
  {
    // In the place of Electron, which is no package, stands a program that runs the main script.
    name: 'electron-vite',
    packages: ['electron-vite@6.0.0', 'vite@8.3.8'],
    config: 'electron.vite.config.js',
    main: 'out/main/index.js',
    complete: (text) =>
      text.replace(
        'renderer: {',
        'renderer: { server: { host: "127.0.0.1", port: Number(process.env.PORT ?? 0) },',
      ),
    files: {
      'src/main/index.js': `${IN_NODE}\nimport { app } from 'electron'\nglobalThis.answers += app.name`,
      'src/renderer/index.html': PAGE('./index.js'),
      'src/renderer/index.js': IN_BROWSER,
    },
    installed: {
      'node_modules/electron/package.json': JSON.stringify({
        name: 'electron',
        version: '45.5.0',
        main: 'index.js',
      }),
      'node_modules/electron/index.js': `exports.app = { name: '' }`,
      electron: `#!/usr/bin/env node\nimport(process.cwd() + '/out/main/index.js').then(() => console.log(globalThis.answers))\nsetInterval(() => {}, 1e6)`,
    },
    programs: ['electron'],
    components: ['src/main/hello.wasm', 'src/renderer/hello.wasm'],
    display: (component) => component.replace('src/renderer/', ''),
    build: ['electron-vite', 'build'],
    built: { folder: 'out/renderer', scripts: ['out/main/index.js'] },
    dev: () => ['electron-vite', 'dev', '--watch'],
    devSays: 'Hello, server!',
    devEnv: (root) => ({ ELECTRON_EXEC_PATH: `${root}/electron` }),
    pages: { '/index.html': '<h1>page</h1>' },
  },
]
