/** Frameworks that render on a server: the last versions for Node 20, or newer ones for newer Node; installed for the test. */

import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build as viteBuild, type InlineConfig } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signedWasm } from '../../src/index.js'
import { writeFiles } from '../kit/bindings.js'
import { fixture, inState, makeProject, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'
import { blockWith } from '../kit/readme.js'
import { command, runInNode } from '../kit/run.js'

interface Framework {
  name: string
  /** Exact versions. What they depend on is the newest that they allow. */
  packages: readonly string[]
  /** The file that the README shows. */
  config: string
  /** What an application adds to that file. */
  complete?: (text: string) => string
  /** The rest of an application whose only page calls the component. */
  files: Record<string, string>
  component: string
  build: readonly [tool: string, ...args: string[]]
  server: string
}

const IS_NODE_20 = process.versions.node.startsWith('20.')

const ADAPTER = `import adapter from '@sveltejs/adapter-node'\n`

const FRAMEWORKS: readonly Framework[] = [
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
      'src/routes/+page.svelte': `<script>\nimport { greet } from '../lib/hello.wasm'\n</script>\n<h1>{greet('Ada')}</h1>`,
    },
    component: 'src/lib/hello.wasm',
    build: ['vite', 'build'],
    server: 'build/index.js',
  },
  {
    name: 'Nuxt',
    packages: [IS_NODE_20 ? 'nuxt@4.4.5' : 'nuxt@4.5.2'],
    config: 'nuxt.config.ts',
    files: {
      'app/app.vue': `<script setup>\nimport { greet } from './hello.wasm'\n</script>\n<template><h1>{{ greet('Ada') }}</h1></template>`,
    },
    component: 'app/hello.wasm',
    build: ['nuxt', 'build'],
    server: '.output/server/index.mjs',
  },
  {
    // The command of 6.0 refuses Node 20, whatever its manifest says. 5 brings Vite 6.
    name: 'Astro',
    packages: IS_NODE_20 ? ['astro@5.18.2', '@astrojs/node@9.5.5'] : ['astro@7.3.5', '@astrojs/node@11.1.6'],
    config: 'astro.config.mjs',
    files: {
      'src/pages/index.astro': `---\nimport { greet } from '../hello.wasm'\n---\n<h1>{greet('Ada')}</h1>`,
    },
    component: 'src/hello.wasm',
    build: ['astro', 'build'],
    server: 'dist/server/entry.mjs',
  },
]

const IS_WANTED = process.env['SIGNED_WASM_FRAMEWORKS'] === '1'
if (!IS_WANTED)
  console.warn(
    `\n  SKIPPED: ${FRAMEWORKS.map(({ name }) => name).join(', ')}, which npm would have to install. Set SIGNED_WASM_FRAMEWORKS=1.\n`,
  )

let packing: Promise<string> | undefined

/** Packs this package once for all frameworks. @returns the path of the tarball */
function tarball(): Promise<string> {
  packing ??= (async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-'))
    const pack = ['pack', '--ignore-scripts', '--pack-destination', folder]
    const packed = await command('npm', pack, { cwd: REPOSITORY })
    expect(packed.code, packed.output).toBe(0)
    return path.join(folder, readdirSync(folder)[0]!)
  })()
  return packing
}

describe.runIf(IS_WANTED).each(FRAMEWORKS)('$name', (framework) => {
  // Outside of the repository, whose own packages would be found.
  let root: string
  const at = (name: string) => path.join(root, name)
  const env = { NUXT_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1', CI: '1' }
  const run = (file: string, args: readonly string[]) =>
    command(file, args, { cwd: root, env, timeoutMs: 200_000 })
  const build = () => run(at(`node_modules/.bin/${framework.build[0]}`), framework.build.slice(1))

  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'signed-wasm-'))
    const { text } = blockWith(`// ${framework.config} (${framework.name})`)
    writeFiles(root, {
      'package.json': JSON.stringify({ name: 'app', private: true, type: 'module' }),
      'release.pub': TRUSTED_PEM,
      [framework.config]: framework.complete?.(text) ?? text,
      ...framework.files,
    })
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts']
    const installed = await run('npm', ['install', ...quiet, ...framework.packages, await tarball()])
    expect(installed.code, installed.output).toBe(0)
  })

  afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

  it('has the answer of a component in the page that the built server sends', async () => {
    writeFiles(root, { [framework.component]: inState(fixture('hello'), 'signed') })
    const built = await build()
    expect(built.code, built.output).toBe(0)
    expect(await pageOf(at(framework.server), root)).toContain('<h1>Hello, Ada!</h1>')
  })

  it('stops the build when the component is tampered', async () => {
    writeFiles(root, { [framework.component]: inState(fixture('hello'), 'tampered') })
    const built = await build()
    expect(built.code, built.output).not.toBe(0)
    expect(built.output).toContain('[signed-wasm] CONTENT_MODIFIED')
  })
})

/** Starts a server and asks it for its first page. */
async function pageOf(server: string, cwd: string): Promise<string> {
  const port = String(await freePort())
  const env = { ...process.env, PORT: port, HOST: '127.0.0.1', NODE_ENV: 'production' }
  const child = spawn(process.execPath, [server], { cwd, env, stdio: 'ignore' })
  try {
    for (;;) {
      const page = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
      if (page !== undefined) return await page.text()
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  } finally {
    child.kill('SIGKILL')
  }
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

describe('a build for servers whose files a framework takes apart', () => {
  const MOVES: [string, InlineConfig][] = [
    ['it moves the assets to the files for browsers', { build: { ssrEmitAssets: true } }],
    ['it bundles the scripts again, as Nuxt', { plugins: [{ name: 'nuxt:environments' }] }],
    ['it bundles the scripts again, as Nitro', { plugins: [{ name: 'nitro-vite' }] }],
  ]

  it.each(MOVES)('has the component in the script, for %s', async (_, { build = {}, plugins = [] }) => {
    const project = makeProject({
      'main.js': `import { answer } from './hello.wasm'\nglobalThis.answers = answer()`,
      'hello.wasm': inState(fixture('hello'), 'signed'),
    })
    await viteBuild({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      plugins: [signedWasm.vite({ keys: TRUSTED_PEM }), ...plugins],
      build: { ssr: 'main.js', ...build },
    })
    project.write({ 'elsewhere/main.js': project.read('dist/main.js') })
    expect(await runInNode([project.at('elsewhere/main.js')])).toEqual([{ answers: 42 }])
    expect(project.files('dist')).toEqual(['main.js'])
  })
})
