/** Frameworks, each as its manual says: the last versions for Node 20, or newer ones for newer Node; installed for the test. */

import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build as viteBuild, type InlineConfig } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signedWasm } from '../../src/index.js'
import { writeFiles } from '../kit/bindings.js'
import { fixture, inState, makeProject, REPOSITORY, type Status, TRUSTED_PEM } from '../kit/project.js'
import { blockWith } from '../kit/readme.js'
import { command, HAS_BROWSER, runInNode, serveFiles, visit } from '../kit/run.js'
import { freePort } from '../kit/serve.js'
import { FRAMEWORKS } from './frameworks.js'

const IS_WANTED = process.env['SIGNED_WASM_FRAMEWORKS'] === '1'
if (!IS_WANTED)
  console.warn(
    `\n  SKIPPED: ${FRAMEWORKS.map(({ name }) => name).join(', ')}, which npm would have to install. Set SIGNED_WASM_FRAMEWORKS=1.\n`,
  )

const REFUSED = [
  ['tampered', 'CONTENT_MODIFIED'],
  ['unsigned', 'COMPONENT_UNSIGNED'],
  ['unknown signer', 'SIGNER_UNTRUSTED'],
] as const

let packing: Promise<string> | undefined
const folders: string[] = []
afterAll(() => folders.forEach(remove))
const remove = (folder: string) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

/** Packs this package once for all frameworks. @returns the path of the tarball */
function tarball(): Promise<string> {
  packing ??= (async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-'))
    folders.push(folder)
    const pack = ['pack', '--ignore-scripts', '--pack-destination', folder]
    const packed = await command('npm', pack, { cwd: REPOSITORY })
    expect(packed.code, packed.output).toBe(0)
    return path.join(folder, readdirSync(folder)[0]!)
  })()
  return packing
}

describe.runIf(IS_WANTED).each(FRAMEWORKS)('$name', (framework) => {
  const { components, pages } = framework
  // Outside of the repository, whose own packages would be found.
  let root: string
  const at = (name: string) => path.join(root, name)
  const env = { NUXT_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1', CI: '1' }
  const run = (file: string, args: readonly string[]) =>
    command(file, args, { cwd: root, env, timeoutMs: 200_000 })
  const bin = (name: string) => at(`node_modules/.bin/${name}`)
  const build = () => run(bin(framework.build[0]), framework.build.slice(1))
  /** Puts all components there, signed but for one. */
  const put = (bad?: string, state: Status = 'signed') =>
    writeFiles(
      root,
      Object.fromEntries(
        components.map((name) => [name, inState(fixture('hello'), name === bad ? state : 'signed')]),
      ),
    )

  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'signed-wasm-'))
    const { text } = blockWith(`// ${framework.config} (${framework.name})`)
    writeFiles(root, {
      'package.json': JSON.stringify({ name: 'app', private: true, type: 'module', main: framework.main }),
      'release.pub': TRUSTED_PEM,
      [framework.config]: framework.complete?.(text) ?? text,
      ...framework.files,
    })
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts']
    const installed = await run('npm', ['install', ...quiet, ...framework.packages, await tarball()])
    expect(installed.code, installed.output).toBe(0)
    writeFiles(root, framework.installed ?? {})
    for (const name of framework.programs ?? []) chmodSync(at(name), 0o755)
  })

  afterAll(() => remove(root))

  /** What the pages of a server say, and what a browser makes of the first one. */
  async function look(origin: string): Promise<void> {
    for (const [page, text] of Object.entries(pages)) expect(await textOf(origin + page)).toContain(text)
    if (!HAS_BROWSER) return
    // A dev server may prepare packages while a page waits for them, and has it load once more.
    const outcome = () => visit(origin + Object.keys(pages)[0]!)
    await expect.poll(outcome, { timeout: 90_000 }).toEqual({ answers: 'Hello, browser!' })
  }

  it('has the answers of components in what was built, on the server and in the browser', async () => {
    put()
    const built = await build()
    expect(built.code, built.output).toBe(0)
    const { folder, server, scripts = [] } = framework.built
    if (folder !== undefined) {
      const { origin, close } = await serveFiles(at(folder))
      await look(origin).finally(close)
    }
    if (server !== undefined) {
      const port = String(await freePort())
      const settings = { PORT: port, HOST: '127.0.0.1', NODE_ENV: 'production' }
      const running = start(process.execPath, server, { cwd: root, env: settings })
      await look(`http://127.0.0.1:${port}`).finally(running.stop)
    }
    for (const outcome of await runInNode(scripts.map(at)))
      expect(outcome).toEqual({ answers: 'Hello, server!' })
  })

  it.runIf(framework.types !== undefined)('has exact types of them, with nothing set', async () => {
    const { check, wrong, said } = framework.types!
    const [tool, ...args] = check
    const right = await run(bin(tool), args)
    expect(right.code, right.output).toBe(0)
    writeFiles(root, wrong)
    const { code, output } = await run(bin(tool), args)
    writeFiles(root, framework.files)
    expect(code).not.toBe(0)
    for (const text of said) expect(output).toContain(text)
  })

  it.each(components.flatMap((name) => REFUSED.map(([state, code]) => [name, state, code] as const)))(
    'stops the build when %s is %s, with %s',
    async (name, state, code) => {
      put(name, state)
      const built = await build()
      expect(built.code, built.output).not.toBe(0)
      expect(built.output).toContain(`[signed-wasm] ${code} ${framework.display?.(name) ?? name}: `)
    },
  )

  it.runIf(framework.dev !== undefined)(
    'has them in development, and none that nobody has signed',
    async () => {
      put()
      const port = String(await freePort())
      const [tool, ...args] = framework.dev!(port)
      const server = start(bin(tool), args, {
        cwd: root,
        env: { ...env, PORT: port, ...framework.devEnv?.(root) },
      })
      const origin = `http://127.0.0.1:${port}`
      try {
        await look(origin)
        await expect.poll(server.output, { timeout: 30_000 }).toContain(framework.devSays ?? '')
        for (const name of components)
          for (const [state, code] of REFUSED) {
            put(name, state)
            const said = `[signed-wasm] ${code} ${framework.display?.(name) ?? name}: `
            await until(
              async () => {
                const texts = await Promise.all(Object.keys(pages).map((page) => textOf(origin + page)))
                return [server.output(), ...texts].some((text) => plain(text).includes(said))
              },
              () => put(name, state),
            )
          }
      } finally {
        server.stop()
      }
    },
    240_000,
  )
})

/** A text of a page or of a terminal, without marks. */
const plain = (text: string) => text.replaceAll(/\u001b\[\d*m/g, '').replaceAll('&quot;', '"')

/** Waits, and does something again now and then: on a busy machine file watchers miss a change. */
async function until(isSo: () => Promise<boolean>, again: () => void): Promise<void> {
  const end = Date.now() + 60_000
  for (let turn = 1; !(await isSo()); turn++) {
    if (Date.now() > end) throw new Error('not within a minute')
    if (turn % 10 === 0) again()
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

/** Starts a program that goes on, with all that it starts itself. */
function start(
  file: string,
  args: readonly string[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
) {
  const child: ChildProcess = spawn(file, args, {
    cwd,
    env: {
      ...process.env,
      NODE_ENV: undefined,
      VITEST: undefined,
      NO_COLOR: '1',
      ...env,
    } as NodeJS.ProcessEnv,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout!.on('data', (data) => (output += data))
  child.stderr!.on('data', (data) => (output += data))
  const stop = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  return { output: () => output, stop }
}

/** What a server answers, once it does. */
async function textOf(address: string): Promise<string> {
  for (const end = Date.now() + 60_000; ;) {
    const page = await fetch(address, { headers: { accept: 'text/html' } }).catch(() => undefined)
    if (page !== undefined) return page.text()
    if (Date.now() > end) throw new Error(`no answer from ${address}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
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
