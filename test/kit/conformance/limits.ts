/** What happens where a bundler cannot do what others can. */

import { expect, it } from 'vitest'
import { build, entryIn } from '../bundlers.js'
import { fixture, inState, linkPackage, makeProject, TRUSTED_PEM } from '../project.js'
import { HAS_BROWSER, runInBrowser, runInNode, startTool } from '../run.js'
import { constantComponent } from '../wat.js'
import { type Habits, type Limit, LIMITS } from './habits.js'

/** Asserts what {@link LIMITS} says. */
type Assert = (habits: Habits) => Promise<void>

/** Those that are not here are asserted where the duty is. */
const ASSERTIONS: Record<Limit, Assert | undefined> = {
  'string names': namesOnTheDefault,
  'relative base': inlineInBrowsers,
  'linked folders': undefined,
  'new files': undefined,
  'repair of what is shipped': endsAtRepair,
  'repair of what the sweep refuses': endsAtSweep,
}

/** Declares a test for each limit. */
export function describeLimits(habits: Habits): void {
  const limits = Object.entries(habits.limits) as [Limit, string][]
  for (const [limit, why] of limits) {
    const assert = ASSERTIONS[limit]
    const title = `${habits.name} has a limit, ${limit}, because ${why}; so ${LIMITS[limit]}`
    if (assert) it(title, () => assert(habits))
  }
}

async function namesOnTheDefault({ name }: Habits): Promise<void> {
  const project = makeProject({
    'hello.wasm': inState(fixture('hello'), 'signed'),
    'main.js': `import * as all from './hello.wasm'
      const names = Object.keys(all).filter((name) => name.includes(':'))
      globalThis.answers = [names, all.default['docs:hello/greeter@0.1.0'].greet('you')]`,
  })
  await build[name]({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist' })
  const [outcome] = await runInNode([project.at(entryIn('dist', name, 'node'))])
  expect(outcome).toEqual({ answers: [[], 'Hello, you!'] })
}

async function inlineInBrowsers({ name }: Habits): Promise<void> {
  if (!HAS_BROWSER) return
  const project = makeProject({
    'x.wasm': inState(await constantComponent(6), 'signed'),
    'main.js': `import { answer } from './x.wasm'\nglobalThis.answers = answer()`,
  })
  const config = { compilation: { output: { publicPath: './' } } }
  await build[name]({ project, options: { keys: TRUSTED_PEM }, target: 'browser', out: 'dist', config })
  expect(project.files('dist').filter((file) => file.endsWith('.wasm'))).toEqual([])
  expect(await runInBrowser(project.root, [entryIn('dist', name, 'browser')])).toEqual([{ answers: 6 }])
}

/** Watches in a process of its own, since that ends. */
function watchFarm(files: Record<string, string | Uint8Array>) {
  const project = makeProject({
    ...files,
    'trusted.pub': TRUSTED_PEM,
    'farm.config.mjs': `import signedWasm from 'unplugin-signed-wasm/farm'
      export default {
        compilation: { input: { main: './main.js' }, output: { targetEnv: 'node', format: 'esm', entryFilename: '[entryName].js' }, progress: false },
        plugins: [signedWasm({ keys: 'trusted.pub' })],
      }`,
  })
  linkPackage(project)
  const watching = startTool('@farmfe/cli/bin/farm.mjs', ['watch'], { cwd: project.root })
  /** Saves again and again, because its watcher misses some. */
  const saveUntil = async (saved: Record<string, string | Uint8Array>, isReached: () => Promise<void>) => {
    const saving = setInterval(() => project.write(saved), 1000)
    await isReached().finally(() => clearInterval(saving))
  }
  const says = (text: string) => expect.poll(watching.output, { timeout: 40_000 }).toContain(text)
  const ends = () => expect.poll(watching.hasEnded, { timeout: 20_000 }).toBe(true)
  return { project, watching, saveUntil, says, ends }
}

async function endsAtRepair(): Promise<void> {
  const bytes = await constantComponent(7)
  const signed = inState(bytes, 'signed')
  const main = `import { answer } from './x.wasm'\nglobalThis.answers = answer()`
  const { project, watching, saveUntil, says, ends } = watchFarm({ 'x.wasm': signed, 'main.js': main })
  try {
    await says('Build completed')
    await saveUntil({ 'x.wasm': inState(bytes, 'tampered') }, () => says('CONTENT_MODIFIED x.wasm'))
    await saveUntil({ 'x.wasm': signed }, ends)
    const asset = project.files('dist').find((file) => file.endsWith('.wasm'))
    expect(project.read(`dist/${asset}`)).toEqual(signed)
  } finally {
    watching.stop()
  }
}

async function endsAtSweep(): Promise<void> {
  const held = Buffer.from(await constantComponent(9)).toString('base64')
  const { project, watching, saveUntil, says, ends } = watchFarm({ 'main.js': 'globalThis.answers = 1' })
  try {
    await says('Build completed')
    const before = project.read('dist/main.js')
    await saveUntil({ 'main.js': `globalThis.answers = '${held}'` }, ends)
    expect(watching.output()).toContain('UNVERIFIED_WASM main.js')
    expect(project.read('dist/main.js')).toEqual(before)
  } finally {
    watching.stop()
  }
}
