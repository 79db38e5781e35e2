/** Apps with popular packages that bring wasm: they work as they are, and their own component stays behind the gate. */

import { preview } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { build } from '../kit/bundlers.js'
import { fixture, inState, type Project, type Status, TRUSTED_PEM } from '../kit/project.js'
import { HAS_BROWSER, type Outcome, runInBrowser, runInNode, visit } from '../kit/run.js'
import { startServer } from '../kit/vite-server.js'
import { coreModule } from '../kit/wat.js'
import type { App } from './apps.js'
import { closeWorld, openWorld, projectOf, WANTED } from './world.js'

beforeAll(() => openWorld(WANTED))
afterAll(closeWorld)

/** What may lie in the place of the app's own component. */
type Own = Status | 'core module'

const REFUSED: [Own, string][] = [
  ['tampered', 'CONTENT_MODIFIED'],
  ['unsigned', 'COMPONENT_UNSIGNED'],
  ['core module', 'COMPONENT_UNSIGNED'],
]

async function projectWith(app: App, own: Own = 'signed'): Promise<Project> {
  const project = projectOf(app)
  project.write({
    'hello.wasm': own === 'core module' ? await coreModule() : inState(fixture('hello'), own),
  })
  return project
}

const OUT = 'dist'
/** Vite's own, where the kit has others. */
const DEFAULTS = { base: '/', publicDir: 'public', build: { outDir: OUT } }

/** @param own what is in the place of the app's own component */
async function viteBuild(app: App, { own, ...options }: Options & { own?: Own } = {}) {
  const project = await projectWith(app, own)
  const { lines } = await build.vite({
    project,
    options: { keys: TRUSTED_PEM, ...options },
    target: app.isServer ? 'node' : 'browser',
    out: OUT,
    config: app.isServer ? { ssr: { noExternal: true } } : { ...app.vite, ...DEFAULTS },
  })
  return { project, lines }
}

async function webpackBuild(app: App, { own }: { own?: Own } = {}) {
  const project = await projectWith(app, own)
  // As webpack's manual has it for what other bundlers know by themselves.
  const config = { module: { rules: [{ resourceQuery: /url/, type: 'asset/resource' }] }, ...app.webpack }
  const { lines } = await build.webpack({
    project,
    options: { keys: TRUSTED_PEM },
    target: 'browser',
    out: OUT,
    config,
  })
  return { project, lines }
}

/** The packages that the end of a build names; it has one block of them at most. */
function reported(lines: readonly string[]): string[] {
  const blocks = lines.flatMap((line) => /as trusted as the package's JavaScript: (.*)/.exec(line)?.[1] ?? [])
  expect(blocks.length).toBeLessThan(2)
  return blocks.flatMap((block) => [...block.matchAll(/(\S+) \(\d+\)/g)].map((match) => match[1]!))
}

/** What `packages: 'verify'` says. */
const refusalOf = (app: App): Promise<string> =>
  viteBuild(app, { packages: 'verify' }).then(
    () => '',
    (error: unknown) => String(error),
  )

/** The patterns in the line of a refusal that can be taken over. */
function excludeIn(refusal: string): string[] {
  const [, list = ''] = /exclude: \[([^\]]*)\]/.exec(refusal) ?? []
  return [...list.matchAll(/'([^']+)'/g)].map((match) => match[1]!)
}

/** What runs an app that was built. */
async function outcomeOf(app: App, { root, at }: Project): Promise<Outcome | undefined> {
  if (app.isServer) return (await runInNode([at(OUT, 'main.js')]))[0]
  if (!HAS_BROWSER) return undefined
  const server = await preview({
    root,
    configFile: false,
    logLevel: 'silent',
    preview: { port: 0, host: '127.0.0.1' },
  })
  return visit(server.resolvedUrls!.local[0]!).finally(() => void server.close())
}

const worksAs = ({ answer }: App): Outcome => ({ answers: { hello: 42, app: answer } })

describe.each(WANTED)('$name', (app) => {
  it('is built, named in the report, and works', async () => {
    const { project, lines } = await viteBuild(app)
    expect(reported(lines)).toEqual(app.report)
    const outcome = await outcomeOf(app, project)
    if (outcome !== undefined) expect(outcome).toEqual(worksAs(app))
  })

  it.runIf(HAS_BROWSER && !app.isServer)('works in the dev server', async () => {
    const { address } = await startServer(await projectWith(app), { keys: TRUSTED_PEM }, app.vite)
    expect(await visit(address)).toEqual(worksAs(app))
  })

  it.each(REFUSED)('is refused when its own component is %s', async (own, code) => {
    await expect(viteBuild(app, { own })).rejects.toThrow(`[signed-wasm] ${code}`)
  })

  it.runIf(app.report.length > 0)(
    "is refused once with `packages: 'verify'`, and passes with what the refusal says",
    async () => {
      const refusal = await refusalOf(app)
      expect(refusal.match(/\[signed-wasm\] \w+/g), refusal).toEqual(['[signed-wasm] PACKAGE_UNVERIFIED'])
      const exclude = excludeIn(refusal)
      expect(exclude).toEqual(app.report.map((name) => `npm:${name}`))
      const { lines } = await viteBuild(app, { packages: 'verify', exclude })
      expect(reported(lines)).toEqual([])
    },
  )
})

describe.each(WANTED.filter(({ webpack }) => webpack !== undefined))('$name with webpack', (app) => {
  it('is built, named in the report, and works', async () => {
    const { project, lines } = await webpackBuild(app)
    expect(reported(lines)).toEqual(app.report)
    if (HAS_BROWSER) expect(await runInBrowser(project.root, [`${OUT}/main.js`])).toEqual([worksAs(app)])
  })

  it.each(REFUSED)('is refused when its own component is %s', async (own, code) => {
    await expect(webpackBuild(app, { own })).rejects.toThrow(`[signed-wasm] ${code}`)
  })
})
