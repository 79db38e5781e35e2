/** The same packages under a policy: as refusals and README say, pinned unsigned, and refused with one byte altered. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from '../kit/bundlers.js'
import { fixture, inState, type Project, TRUSTED_PEM } from '../kit/project.js'
import { HAS_BROWSER, visit } from '../kit/run.js'
import { inTerminal } from '../kit/teams.js'
import { startServer } from '../kit/vite-server.js'
import { type App } from './apps.js'
import { closeWorld, openWorld, projectOf, WANTED } from './world.js'

beforeAll(() => openWorld(WANTED))
afterAll(closeWorld)

const PINNED = WANTED.filter(({ report }) => report.length > 0)

const OWN = { files: 'hello.wasm', signers: ['release'] }

const policyOf = (rules: readonly object[]) =>
  JSON.stringify({ signers: { release: { key: 'release.pub' } }, rules: [OWN, ...rules] }, undefined, 2)

/** An app with a policy that knows its own component and nothing else. */
async function openApp(app: App): Promise<Project> {
  const project = projectOf(app)
  project.write({
    'hello.wasm': inState(fixture('hello'), 'signed'),
    'release.pub': TRUSTED_PEM,
    'signed-wasm.json': policyOf([]),
    'signed-wasm.lock.json': '{ "lockfileVersion": 1, "files": {} }',
  })
  await lock(project, [])
  return project
}

const OUT = 'dist'
const DEFAULTS = { base: '/', publicDir: 'public', build: { outDir: OUT } }

const BUILDS: Record<'vite' | 'webpack', (app: App, project: Project) => Promise<unknown>> = {
  vite: (app, project) =>
    build.vite({
      project,
      options: {},
      target: app.isServer ? 'node' : 'browser',
      out: OUT,
      config: app.isServer ? { ssr: { noExternal: true } } : { ...app.vite, ...DEFAULTS },
    }),
  webpack: (app, project) =>
    build.webpack({
      project,
      options: {},
      target: 'browser',
      out: OUT,
      config: { module: { rules: [{ resourceQuery: /url/, type: 'asset/resource' }] }, ...app.webpack },
    }),
}

const fateOf = (app: App, project: Project, bundler: keyof typeof BUILDS) =>
  BUILDS[bundler](app, project).then(
    () => 'accept',
    (error: unknown) => String((error as Error).message),
  )

/** The rules in a refusal, with a reason. */
function rulesIn(refusal: string): object[] {
  const [, list = ''] = /signed-wasm\.json: (\{.*\})$/m.exec(refusal) ?? []
  const rules = JSON.parse(`[${list.replaceAll('<why it may>', 'reviewed')}]`) as { files: string }[]
  // A copy in the project is proposed to be signed.
  return rules.map(({ files }) => ({ files, unsigned: 'reviewed' }))
}

async function lock(project: Project, rules: readonly object[]): Promise<string[]> {
  project.write({ 'signed-wasm.json': policyOf(rules) })
  const { code, out, err } = await inTerminal(project, 'lock', '--yes')
  expect(code, `${out}\n${err}`).toBe(0)
  expect((await inTerminal(project, 'check')).code).toBe(0)
  const { files } = JSON.parse(Buffer.from(project.read('signed-wasm.lock.json')).toString()) as {
    files: object
  }
  return Object.keys(files).filter((name) => name !== 'hello.wasm')
}

/** Takes over what refusals say until the app is built; a public folder is looked at before all else. @returns what is locked */
async function lockAll(app: App, project: Project, bundler: keyof typeof BUILDS): Promise<string[]> {
  const rules: object[] = []
  let names: string[] = []
  for (let step = 0; step < 3; step++) {
    const fate = await fateOf(app, project, bundler)
    if (fate === 'accept') break
    expect(fate).toMatch(/\[signed-wasm\] (?:NO_RULE|PACKAGE_REFUSED)/)
    rules.push(...rulesIn(fate))
    names = await lock(project, rules)
  }
  expect(names.length).toBeGreaterThan(0)
  expect(await fateOf(app, project, bundler)).toBe('accept')
  return names
}

/** Files on the disk by their names in a lock. */
const fileOf = (name: string, project: Project) =>
  [name, `node_modules/${name}`, `../../node_modules/${name}`]
    .map((one) => project.at(one.replace('npm:', '')))
    .find((file) => existsSync(file))!

/** One byte of the wasm that a file is or holds is another, as long as something is done. */
async function withAltered<T>(file: string, action: () => Promise<T>): Promise<T> {
  const before = readFileSync(file)
  writeFileSync(file, alter(before))
  return action().finally(() => writeFileSync(file, before))
}

function alter(bytes: Buffer): Buffer {
  const altered = Buffer.from(bytes)
  if (bytes.readUInt32BE(0) === 0x0061736d) {
    altered[bytes.length - 1]! ^= 1
    return altered
  }
  // In the longest run of base64, or else of numbers.
  const text = bytes.toString('latin1')
  const runs = [/[A-Za-z\d+/]{200,}/g, /(?:\d+,\s*){8,}/g].flatMap((kind) => [...text.matchAll(kind)])
  const [longest] = runs.toSorted((a, b) => b[0].length - a[0].length)
  if (longest === undefined) throw new Error(`nothing to alter in ${text.slice(0, 200)}`)
  let at = longest.index + Math.floor(longest[0].length / 2)
  while (!/[A-Za-z\d]/.test(text[at]!)) at++
  altered[at] = /\d/.test(text[at]!) ? 0x30 + ((Number(text[at]) + 1) % 10) : text[at] === 'A' ? 0x42 : 0x41
  return altered
}

describe.each(PINNED)('$name under a policy', (app) => {
  it('is refused with rules to paste, passes as these pin it, and is refused with one byte altered', async () => {
    const project = await openApp(app)
    const names = await lockAll(app, project, 'vite')
    for (const name of names.slice(0, 2))
      await withAltered(fileOf(name, project), async () => {
        expect(await fateOf(app, project, 'vite'), name).toContain('LOCK_DIFFERS')
        expect((await inTerminal(project, 'check')).code, name).toBe(1)
      })
  })

  it.runIf(HAS_BROWSER && !app.isServer)(
    'works in the dev server, with all that its packages bring pinned',
    async () => {
      const project = await openApp(app)
      await lock(
        project,
        [...app.report, ...Object.keys(app.copies ?? {})].map((name) => ({
          files: name.includes('.wasm') ? name : `npm:${name}`,
          unsigned: 'reviewed',
        })),
      )
      const { address } = await startServer(project, {}, app.vite)
      expect(await visit(address)).toEqual({ answers: { hello: 42, app: app.answer } })
    },
  )
})

describe.each(PINNED.filter(({ webpack }) => webpack !== undefined))(
  '$name under a policy, with webpack',
  (app) => {
    it('is refused with rules to paste, passes as these pin it, and is refused with one byte altered', async () => {
      const project = await openApp(app)
      const names = await lockAll(app, project, 'webpack')
      await withAltered(fileOf(names[0]!, project), async () =>
        expect(await fateOf(app, project, 'webpack')).toContain('LOCK_DIFFERS'),
      )
    })
  },
)
