/** The workspace of apps with packages, as npm installs it: once for each file of tests. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { writeFiles } from '../kit/bindings.js'
import { type Project, projectIn } from '../kit/project.js'
import { command } from '../kit/run.js'
import { type App, APPS } from './apps.js'

const IS_WANTED = process.env['SIGNED_WASM_FRAMEWORKS'] === '1'
const ARE_ALL_WANTED = process.env['SIGNED_WASM_WORLD'] === '1'

/** The apps that are to be tested. */
export const WANTED = IS_WANTED ? APPS.filter(({ isQuick }) => isQuick || ARE_ALL_WANTED) : []
if (WANTED.length < APPS.length)
  console.warn(
    `\n  SKIPPED: ${APPS.length - WANTED.length} of ${APPS.length} apps with packages, which npm would have to install. ` +
      `Set SIGNED_WASM_FRAMEWORKS=1 for a few, and SIGNED_WASM_WORLD=1 for all.\n`,
  )

/** The workspace of all apps, outside of the repository, whose own packages would be found. */
let world: string | undefined

const folderOf = ({ name }: App) => `apps/${name.toLowerCase().replaceAll(/\W/g, '-')}`

const ENTRY = `import { answer } from './hello.wasm'
  import run from './app.js'
  const result = await run()
  globalThis.answers = { hello: answer(), app: result }`

const filesOf = (app: App) => ({
  'package.json': JSON.stringify({
    // Not the name of the package that it uses.
    name: `app-${path.basename(folderOf(app))}`,
    version: '1.0.0',
    private: true,
    type: 'module',
    dependencies: app.packages,
  }),
  'index.html': '<!doctype html><script type="module" src="/main.js"></script>',
  'main.js': ENTRY,
  'app.js': app.source,
  ...app.files,
})

/** Installs the packages of apps. */
export async function openWorld(apps: readonly App[]): Promise<void> {
  if (apps.length === 0) return
  const folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-'))
  world = folder
  writeFiles(folder, {
    'package.json': JSON.stringify({ name: 'world', private: true, workspaces: ['apps/*'] }),
  })
  for (const app of apps) writeFiles(path.join(folder, folderOf(app)), filesOf(app))
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts']
  const installed = await command('npm', install, { cwd: folder, timeoutMs: 280_000 })
  expect(installed.code, installed.output).toBe(0)
  for (const app of apps)
    for (const [to, from] of Object.entries(app.copies ?? {}))
      writeFiles(path.join(folder, folderOf(app)), {
        [to]: readFileSync(path.join(folder, 'node_modules', from)),
      })
}

/** Takes it away. */
export function closeWorld(): void {
  if (world !== undefined) rmSync(world, { recursive: true, force: true, maxRetries: 5 })
}

/** The project of one app in it. */
export const projectOf = (app: App): Project => projectIn(path.join(world!, folderOf(app)))
