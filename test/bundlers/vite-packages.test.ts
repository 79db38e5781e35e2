/** Components that packages bring, which Vite treats otherwise than the project's own files. */

import { symlinkSync } from 'node:fs'
import { build as viteBuild, type InlineConfig } from 'vite'
import { describe, expect, it } from 'vitest'
import { signedWasm } from '../../src/index.js'
import { inState, linkPackage, makeProject, type Project, type Status, TRUSTED_PEM } from '../kit/project.js'
import { HAS_BROWSER, openPage, runInBrowser, runInNode, tool } from '../kit/run.js'
import { answersIn, overlayIn, startServer } from '../kit/vite-server.js'
import { constantComponent } from '../kit/wat.js'

type Files = Record<string, string | Uint8Array>

const manifest = (name: string, dependencies: readonly string[] = []) =>
  JSON.stringify({
    name,
    version: '1.0.0',
    type: 'module',
    exports: { '.': './dist/index.js' },
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, '1.0.0'])),
  })

/** A package whose entry has the answer of a component of its own. */
async function packageFiles(folder: string, name: string, status: Status, query = ''): Promise<Files> {
  const entry =
    query === '?instantiate'
      ? `import instantiate from './wasm/x.wasm?instantiate'\nexport const { answer } = await instantiate()`
      : `export { answer } from './wasm/x.wasm${query}'`
  return {
    [`${folder}/package.json`]: manifest(name),
    [`${folder}/dist/index.js`]: `export * from './inner.js'`,
    [`${folder}/dist/inner.js`]: entry,
    [`${folder}/dist/wasm/x.wasm`]: inState(await constantComponent(7), status),
  }
}

const MAIN = (name: string) => `import { answer } from '${name}'\nglobalThis.answers = answer()`

/** The ways in which a package gets into a project. */
const WAYS = {
  installed: async (status: Status) =>
    makeProject({
      'package.json': manifest('app', ['acme-hello']),
      'main.js': MAIN('acme-hello'),
      ...(await packageFiles('node_modules/acme-hello', 'acme-hello', status)),
    }),
  'with a query': async (status: Status) =>
    makeProject({
      'package.json': manifest('app', ['@acme/hello']),
      'main.js': MAIN('@acme/hello'),
      ...(await packageFiles('node_modules/@acme/hello', '@acme/hello', status, '?instantiate')),
    }),
  linked: async (status: Status) => {
    const project = makeProject({
      'package.json': manifest('app', ['acme-hello']),
      'main.js': MAIN('acme-hello'),
      'node_modules/.keep': '',
      ...(await packageFiles('packages/hello', 'acme-hello', status)),
    })
    symlinkSync(project.at('packages/hello'), project.at('node_modules/acme-hello'), 'junction')
    return project
  },
  // As pnpm lays them out, so that the project itself does not see the inner package.
  'a dependency of a dependency': async (status: Status) => {
    const store = 'node_modules/.pnpm'
    const project = makeProject({
      'package.json': manifest('app', ['acme-outer']),
      'main.js': MAIN('acme-outer'),
      [`${store}/outer/node_modules/acme-outer/package.json`]: manifest('acme-outer', ['acme-hello']),
      [`${store}/outer/node_modules/acme-outer/dist/index.js`]: `export * from 'acme-hello'`,
      ...(await packageFiles(`${store}/hello/node_modules/acme-hello`, 'acme-hello', status)),
    })
    const link = (from: string, to: string) => symlinkSync(project.at(from), project.at(to), 'junction')
    link(`${store}/outer/node_modules/acme-outer`, 'node_modules/acme-outer')
    link(`${store}/hello/node_modules/acme-hello`, `${store}/outer/node_modules/acme-hello`)
    return project
  },
} satisfies Record<string, (status: Status) => Promise<Project>>

const buildApp = (project: Project, config: InlineConfig) =>
  viteBuild({
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    plugins: [signedWasm.vite({ keys: TRUSTED_PEM })],
    ...config,
  })

const SSR: InlineConfig = { build: { ssr: 'main.js' } }
const CLIENT: InlineConfig = {
  base: './',
  build: {
    modulePreload: false,
    rolldownOptions: { input: 'main.js', output: { entryFileNames: 'main.js' } },
  },
}

describe.each(Object.entries(WAYS))('a component in a package, %s', (_, make) => {
  it('runs in a build for servers', async () => {
    const project = await make('signed')
    await buildApp(project, SSR)
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 7 }])
  })

  it.runIf(HAS_BROWSER)('runs in a build for browsers', async () => {
    const project = await make('signed')
    await buildApp(project, CLIENT)
    expect(await runInBrowser(project.root, ['dist/main.js'])).toEqual([{ answers: 7 }])
  })

  it.each([
    ['servers', SSR],
    ['browsers', CLIENT],
  ] as const)('stops a build for %s when it is tampered', async (_target, config) => {
    await expect(buildApp(await make('tampered'), config)).rejects.toThrow('[signed-wasm] CONTENT_MODIFIED')
  })

  it('runs in dev SSR, and is refused when it is tampered', async () => {
    const { server } = await startServer(await make('signed'), { keys: TRUSTED_PEM })
    await server.ssrLoadModule('/main.js')
    const { answers } = globalThis as { answers?: unknown }
    expect(answers).toBe(7)
    const other = await startServer(await make('tampered'), { keys: TRUSTED_PEM })
    await expect(other.server.ssrLoadModule('/main.js')).rejects.toThrow('[signed-wasm] CONTENT_MODIFIED')
  })

  const openApp = async (status: 'signed' | 'tampered') => {
    const project = await make(status)
    project.write({ 'index.html': '<!doctype html><script type="module" src="./main.js"></script>' })
    const { address } = await startServer(project, { keys: TRUSTED_PEM })
    const page = await openPage()
    await page.goto(address)
    return page
  }

  it.runIf(HAS_BROWSER)('runs in a page of the dev server', async () => {
    const page = await openApp('signed')
    await answersIn(page, 7)
    await page.close()
  })

  it.runIf(HAS_BROWSER)('is refused in a page of the dev server when it is tampered', async () => {
    const page = await openApp('tampered')
    expect(await overlayIn(page)).toContain('[signed-wasm] CONTENT_MODIFIED')
    await page.close()
  })

  it.each(['signed', 'tampered'] as const)('is %s in Vitest', async (status) => {
    const project = await make(status)
    project.write({
      'trusted.pub': TRUSTED_PEM,
      'vitest.config.js': `import signedWasm from 'unplugin-signed-wasm/vite'
        export default { plugins: [signedWasm({ keys: 'trusted.pub' })], test: { include: ['*.check.js'] } }`,
      'a.check.js': `import { expect, it } from 'vitest'
        import './main.js'
        it('answers', () => expect(globalThis.answers).toBe(7))`,
    })
    linkPackage(project)
    const { code, output } = await tool('vitest/vitest.mjs', ['run'], { cwd: project.root })
    expect(code, output).toBe(status === 'signed' ? 0 : 1)
    expect(output).toContain(status === 'signed' ? '1 passed' : '[signed-wasm] CONTENT_MODIFIED')
  })
})
