/** Components inside web workers, which Vite builds apart from the page. */

import { build as viteBuild } from 'vite'
import { describe, expect, it } from 'vitest'
import { type Options, signedWasm } from '../../src/index.js'
import { build, type BuildRequest, type BundlerName } from '../kit/bundlers.js'
import {
  fixture,
  inState,
  makeProject,
  type Project,
  saveAgain,
  type Status,
  TRUSTED_PEM,
} from '../kit/project.js'
import { HAS_BROWSER, openPage, runInBrowser } from '../kit/run.js'
import { answersIn, overlayIn, startServer } from '../kit/vite-server.js'
import { constantComponent, coreModule } from '../kit/wat.js'

const PAGE = '<!doctype html><script type="module" src="./main.js"></script>'

const listenTo = (worker: string) => `
  const worker = ${worker}
  worker.onmessage = ({ data }) => (globalThis.answers = data)
  worker.onerror = ({ message }) => (globalThis.answers = 'error in the worker: ' + message)`
const MAIN = listenTo(`new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })`)
const WORKER = `import { answer } from './x.wasm'\npostMessage(answer())`

/** A page whose worker posts 7, from the component `x.wasm`. */
async function makeApp(
  files: Record<string, string | Uint8Array> = {},
  status: Status = 'signed',
): Promise<Project> {
  const component = inState(await constantComponent(7), status)
  return makeProject({
    'index.html': PAGE,
    'main.js': MAIN,
    'worker.js': WORKER,
    'x.wasm': component,
    ...files,
  })
}

async function buildApp(name: BundlerName, project: Project, request: Partial<BuildRequest> = {}) {
  const options: Options = { keys: TRUSTED_PEM }
  return build[name]({ project, options, target: 'browser', out: 'dist', ...request })
}

describe.each(['vite', 'webpack', 'rspack'] as const)('%s: a component in a worker', (name) => {
  it.runIf(HAS_BROWSER)('answers, as one asset with that of the page', async () => {
    const main = `import { answer } from './x.wasm'
      ${MAIN.replace('= data', '= [data, answer()]')}`
    const project = await makeApp({ 'main.js': main })
    await buildApp(name, project)
    expect(await runInBrowser(project.root, ['dist/main.js'])).toEqual([{ answers: [7, 7] }])
    const assets = project.files('dist').filter((file) => file.endsWith('.wasm'))
    expect(assets.map((file) => project.read(`dist/${file}`))).toEqual([project.read('x.wasm')])
  })

  it.each([
    ['tampered', 'CONTENT_MODIFIED'],
    ['unsigned', 'COMPONENT_UNSIGNED'],
    ['unknown signer', 'SIGNER_UNTRUSTED'],
  ] as const)('stops the build when it is %s', async (status, code) => {
    const project = await makeApp({}, status)
    await expect(buildApp(name, project)).rejects.toThrow(`[signed-wasm] ${code} x.wasm`)
    expect(project.files('dist').filter((file) => file.endsWith('.wasm'))).toEqual([])
  })

  it.each(['lenient', 'off'] as const)('obeys the mode %s', async (mode) => {
    const project = await makeApp({}, 'tampered')
    const { warnings } = await buildApp(name, project, { options: { keys: TRUSTED_PEM, mode } })
    expect(warnings.join()).toContain(mode === 'off' ? 'VERIFICATION_OFF' : 'CONTENT_MODIFIED')
    expect(warnings.join()).not.toContain('UNVERIFIED_WASM')
  })

  it('stops the build when no import brought it in', async () => {
    const worker = `postMessage(new URL('./x.wasm', import.meta.url).href)`
    const project = await makeApp({ 'worker.js': worker }, 'unsigned')
    await expect(buildApp(name, project)).rejects.toThrow(/UNVERIFIED_WASM|COMPONENT_UNSIGNED/)
  })
})

describe("Vite's workers", () => {
  it.runIf(HAS_BROWSER).each(['?worker', '?worker&inline'])('work as %s', async (query) => {
    const main = `import Background from './worker.js${query}'\n${listenTo('new Background()')}`
    const project = await makeApp({ 'main.js': main })
    // Nothing is beside a worker that is part of the script.
    const options: Options = { keys: TRUSTED_PEM, ...(query.includes('inline') && { asset: 'inline' }) }
    await buildApp('vite', project, { options })
    expect(await runInBrowser(project.root, ['dist/main.js'])).toEqual([{ answers: 7 }])
  })

  it.runIf(HAS_BROWSER).each([
    ['new Background()', 'onmessage = async ({ data }) => postMessage'],
    [
      'new Background().port',
      'onconnect = ({ ports: [port] }) => port.onmessage = async ({ data }) => port.postMessage',
    ],
  ])('hear what they are sent at once with `?instantiate`: %s', async (create, reply) => {
    const query = create.endsWith('port') ? 'sharedworker' : 'worker'
    const project = await makeApp({
      'main.js': `import Background from './worker.js?${query}'\n${listenTo(create)}\nworker.postMessage(1)`,
      'worker.js': `import instantiate from './x.wasm?instantiate'
        const ready = instantiate()
        ${reply}((await ready).answer() + data)`,
    })
    await buildApp('vite', project)
    expect(await runInBrowser(project.root, ['dist/main.js'])).toEqual([{ answers: 8 }])
  })

  it.runIf(HAS_BROWSER)('may start workers, under an absolute base', async () => {
    const project = await makeApp({
      'outer.js': `onmessage = ({ data }) => postMessage(data)\n${MAIN.replace('(globalThis.answers = data)', 'postMessage(data)')}`,
      'main.js': MAIN.replace('worker.js', 'outer.js'),
    })
    await buildApp('vite', project, { config: { base: '/dist/' } })
    expect(await runInBrowser(project.root, ['dist/main.js'])).toEqual([{ answers: 7 }])
  })

  it.runIf(HAS_BROWSER)('keep the format `iife` that the user chose, for `?instantiate`', async () => {
    const worker = `import instantiate from './x.wasm?instantiate'
      instantiate().then(({ answer }) => postMessage(answer()))`
    const project = await makeApp({ 'worker.js': worker })
    await buildApp('vite', project, { config: { worker: { format: 'iife' } } })
    expect(await runInBrowser(project.root, ['dist/main.js'])).toEqual([{ answers: 7 }])
    const script = project.files('dist').find((file) => file.includes('worker'))!
    expect(Buffer.from(project.read(`dist/${script}`)).toString()).toMatch(/^\(function\(\) ?\{/)
  })

  it('verify core modules as well, and leave them to Vite', async () => {
    const project = await makeApp({ 'x.wasm': inState(await coreModule(), 'signed') })
    await buildApp('vite', project)
    project.write({ 'x.wasm': inState(await coreModule(), 'tampered') })
    await expect(buildApp('vite', project)).rejects.toThrow('CONTENT_MODIFIED')
  })

  it('have the plugin already: another one beside it would have a say of its own', async () => {
    const own = { worker: { plugins: () => [signedWasm.vite({ mode: 'off' })] } }
    await expect(buildApp('vite', await makeApp(), { config: own })).rejects.toThrow('PLUGIN_TWICE')
  })

  it('keep other plugins that the user gave them', async () => {
    const seen: string[] = []
    const spy = { name: 'spy', transform: (_: string, id: string) => void seen.push(id) }
    const project = await makeApp()
    await buildApp('vite', project, { config: { worker: { plugins: () => [spy] } } })
    expect(seen).toContain(project.at('worker.js'))
  })
})

describe.runIf(HAS_BROWSER)("workers in Vite's dev server", () => {
  it.each(['/', '/sub/'])('run a component from base %s, and see when it is tampered', async (base) => {
    const project = await makeApp()
    const { address } = await startServer(project, { keys: TRUSTED_PEM }, { base })
    const page = await openPage()
    await page.goto(address)
    await answersIn(page, 7)
    project.write({ 'x.wasm': inState(await constantComponent(7), 'tampered') })
    expect(await overlayIn(page)).toContain('[signed-wasm] CONTENT_MODIFIED x.wasm')
    project.write({ 'x.wasm': inState(await constantComponent(8), 'signed') })
    await answersIn(page, 8)
    await page.close()
  })
})

type BuildEvent = { code: string; error?: Error }

/** What each build of a watching Vite has come to, so far. */
async function watchApp(project: Project, options: Options = {}) {
  const outcomes: string[] = []
  const saving = saveAgain(project)
  const watcher = (await viteBuild({
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    plugins: [signedWasm.vite({ keys: TRUSTED_PEM, ...options })],
    build: { watch: { exclude: [] }, minify: false },
  })) as unknown as {
    on(name: 'event', listener: (event: BuildEvent) => void): void
    close(): Promise<void>
  }
  watcher.on('event', ({ code, error }) => {
    if (code === 'BUNDLE_END') outcomes.push('built')
    if (code === 'ERROR') outcomes.push(error!.message)
  })
  const stop = () => {
    saving.stop()
    return watcher.close()
  }
  return { outcomes, stop }
}

describe("workers in Vite's watch mode", () => {
  it('stay what they are when only the page changes, and follow the component', async () => {
    // Its code holds an adapter made by jco, which nobody signed.
    const project = await makeApp({
      'worker.js': WORKER.replaceAll('answer', 'shout'),
      'x.wasm': inState(fixture('composed'), 'signed'),
    })
    const { outcomes, stop } = await watchApp(project)
    await expect.poll(() => outcomes, { timeout: 20_000 }).toEqual(['built'])
    project.write({ 'main.js': `${MAIN}\nconsole.log('changed')` })
    await expect.poll(() => outcomes, { timeout: 20_000 }).toEqual(['built', 'built'])
    project.write({ 'x.wasm': inState(fixture('composed'), 'tampered') })
    await expect
      .poll(() => outcomes.at(-1), { timeout: 20_000 })
      .toContain('[signed-wasm] CONTENT_MODIFIED x.wasm')
    await stop()
  })

  it('are refused again for what a package brings', async () => {
    const data = Buffer.from(await coreModule()).toString('base64')
    const project = await makeApp({
      'worker.js': `import { data } from './node_modules/wasm-lib/index.js'\npostMessage(data)`,
      'node_modules/wasm-lib/index.js': `export const data = '${data}'`,
    })
    const { outcomes, stop } = await watchApp(project, { packages: 'verify' })
    const refused = expect.stringMatching(/PACKAGE_UNVERIFIED.*wasm-lib/)
    await expect.poll(() => outcomes, { timeout: 20_000 }).toEqual([refused])
    project.write({ 'main.js': `${MAIN}\nconsole.log('changed')` })
    await expect.poll(() => outcomes, { timeout: 20_000 }).toEqual([refused, refused])
    await stop()
  })
})
