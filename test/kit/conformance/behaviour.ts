/** What every bundler does with a signed component, in all its forms. */

import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../../src/index.js'
import { build, type BuildRequest, type BundlerName, entryIn, namedInterface } from '../bundlers.js'
import { fixture, inState, makeProject, type Project, type Status, TRUSTED_PEM } from '../project.js'
import { HAS_BROWSER, runInBrowser, runInNode } from '../run.js'
import { constantComponent, coreModule, hostComponent, wasiComponent } from '../wat.js'
import type { Habits } from './habits.js'

const TARGETS = HAS_BROWSER ? (['node', 'browser'] as const) : (['node'] as const)

interface App {
  /** Sources; every `.wasm` among them is signed. */
  files: Record<string, string | Uint8Array>
  options?: Options
  /** How the bundler itself is set up for this. */
  config?: BuildRequest['config']
  status?: Status
}

const signAll = (files: App['files'], status: Status) =>
  Object.fromEntries(
    Object.entries(files).map(([name, content]) => [
      name,
      typeof content === 'string' ? content : inState(content, status),
    ]),
  )

async function buildApp(name: BundlerName, app: App, target: 'node' | 'browser'): Promise<Project> {
  const project = makeProject(signAll(app.files, app.status ?? 'signed'))
  const options = { keys: TRUSTED_PEM, ...app.options }
  await build[name]({ project, options, target, out: 'dist', ...(app.config && { config: app.config }) })
  return project
}

async function answersOf(name: BundlerName, app: App, target: 'node' | 'browser') {
  const project = await buildApp(name, app, target)
  const outcome = await runOne(name, project, { target, out: 'dist' })
  const wasm = project.files('dist').filter((file) => file.endsWith('.wasm'))
  return { outcome, wasm, project }
}

async function runOne(
  name: BundlerName,
  project: Project,
  { target, out }: { target: 'node' | 'browser'; out: string },
) {
  const entry = entryIn(out, name, target)
  const [outcome] =
    target === 'node' ? await runInNode([project.at(entry)]) : await runInBrowser(project.root, [entry])
  return outcome
}

/** Declares what holds for every bundler. */
export function describeBehaviour(habits: Habits): void {
  const { name, limits } = habits
  describe.each(TARGETS)(`${name}, %s`, (target) => {
    it('gives one component in every form, emitted once', async () => {
      const app = {
        files: {
          'hello.wasm': fixture('hello'),
          'other.js': `import { answer } from './hello.wasm'\nexport default answer`,
          'lazy.js': `export { answer } from './hello.wasm?component'`,
          'main.js': `
            import hello, { greet } from './hello.wasm'
            import * as again from './hello.wasm?component'
            import instantiate from './hello.wasm?instantiate'
            import other from './other.js'
            const [first, second] = [await instantiate(), await instantiate({})]
            const lazy = await import('./lazy.js')
            const direct = await import('./hello.wasm')
            globalThis.answers = [
              greet('a'), hello.greet('b'), again.greet('c'), first.greet('d'), other(), lazy.answer(), direct.default.greet('e'),
              first !== second,
            ]`,
        },
      }
      const { outcome, wasm } = await answersOf(name, app, target)
      expect(outcome).toEqual({
        answers: ['Hello, a!', 'Hello, b!', 'Hello, c!', 'Hello, d!', 42, 42, 'Hello, e!', true],
      })
      expect(wasm).toHaveLength(1)
    })

    it('lets two components share a page', async () => {
      const app = {
        files: {
          'one.wasm': await constantComponent(1),
          'two.wasm': await constantComponent(2),
          'main.js': `import { answer as one } from './one.wasm'\nimport { answer as two } from './two.wasm'\nglobalThis.answers = [one(), two()]`,
        },
      }
      const { outcome, wasm } = await answersOf(name, app, target)
      expect(outcome).toEqual({ answers: [1, 2] })
      expect(wasm).toHaveLength(2)
    })

    it.each(['inline', 100_000] as const)('puts it into the code with `asset: %j`', async (asset) => {
      const main = `import { answer } from './hello.wasm'\nglobalThis.answers = answer()`
      const { outcome, wasm } = await answersOf(
        name,
        { files: { 'hello.wasm': fixture('hello'), 'main.js': main }, options: { asset } },
        target,
      )
      expect(outcome).toEqual({ answers: 42 })
      expect(wasm).toEqual([])
    })

    it('binds imports to modules of the project, and to what `?instantiate` is given', async () => {
      const app = {
        files: {
          'math.wasm': await hostComponent(),
          'src/math.js': 'export const addOne = (n) => n + 1',
          'main.js': `
            import { run } from './math.wasm'
            import instantiate from './math.wasm?instantiate'
            const own = await instantiate({ 'acme:app/math': { addOne: (n) => n + 10 } })
            globalThis.answers = [run(1), own.run(1)]`,
        },
        options: { imports: { 'acme:app/math': './src/math.js' } },
      }
      expect((await answersOf(name, app, target)).outcome).toEqual({ answers: [3, 21] })
    })

    it('runs components with resources, with adapters that jco makes, and with hosts for functions', async () => {
      const app = {
        files: {
          'counter.wasm': fixture('counter'),
          'composed.wasm': fixture('composed'),
          'host.wasm': fixture('host'),
          'directory.js': `export const lookup = (key) => 'value of ' + key`,
          'log.js': `export default (message) => globalThis.logged = message`,
          'main.js': `
            ${namedInterface(name, 'counters', 'test:counter/counters@0.1.0', './counter.wasm')}
            import { shout } from './composed.wasm'
            import { run } from './host.wasm'
            const counter = new counters.Counter(4)
            globalThis.answers = [counter.increment(), shout('you'), run('key'), typeof globalThis.logged]`,
        },
        options: { imports: { 'acme:app/directory@1.0.0': './directory.js', log: './log.js' } },
      }
      const { outcome } = await answersOf(name, app, target)
      expect(outcome).toEqual({ answers: [5, 'Hello, you!!!', 'key is value of key', 'string'] })
    })

    it('runs a component that uses WASI', async () => {
      const main = `import { run } from './wasi.wasm'\nglobalThis.answers = run()`
      const config = habits.resolvers?.[target]
      // Dropping stdout throws in the shim for browsers (preview2-shim 0.26.1), so less is asked of it there.
      const component = target === 'node' ? fixture('wasi') : await wasiComponent()
      const app = { files: { 'wasi.wasm': component, 'main.js': main }, ...(config && { config }) }
      const { outcome, project } = await answersOf(name, app, target)
      expect(outcome).toEqual({ answers: target === 'node' ? 'stdout clock random' : true })
      const scripts = project.files('dist').filter((file) => file.endsWith('.js'))
      const code = scripts.map((file) => Buffer.from(project.read(`dist/${file}`)).toString()).join('\n')
      expect(/@bytecodealliance\/preview2-shim\/random/.test(code.replaceAll(/^\/\/.*$/gm, ''))).toBe(
        target === 'node',
      )
    })

    it('verifies a core module and lets the bundler handle it', async () => {
      const { main, config } = habits.coreModule
      const app = { files: { 'core.wasm': await coreModule(), 'main.js': main }, ...(config && { config }) }
      expect((await answersOf(name, app, target)).outcome).toEqual({ answers: 42 })
      for (const [status, code] of [
        ['tampered', 'CONTENT_MODIFIED'],
        ['unsigned', 'COMPONENT_UNSIGNED'],
      ] as const) {
        await expect(buildApp(name, { ...app, status }, target)).rejects.toThrow(code)
      }
      await buildApp(name, { ...app, status: 'unsigned', options: { exclude: 'core.wasm' } }, target)
    })
  })

  describe(`${name}: where files are`, () => {
    it('ships files whose names a URL would misread', async () => {
      const files = {
        'a b+ü.wasm': await constantComponent(1),
        'main.js': `import { answer } from './a b+ü.wasm'\nglobalThis.answers = answer()`,
      }
      expect((await answersOf(name, { files }, 'node')).outcome).toEqual({ answers: 1 })
    })

    it('takes WASI shims from the project for a component that does not see them', async () => {
      // As in the strict node_modules of pnpm: the package is a link to a folder that sees nothing.
      const store = mkdtempSync(path.join(tmpdir(), 'store-'))
      try {
        writeFileSync(path.join(store, 'dep.wasm'), inState(await wasiComponent(), 'signed'))
        const main = `import { run } from './linked/dep.wasm'\nglobalThis.answers = run()`
        const project = makeProject({ 'main.js': main })
        symlinkSync(store, project.at('linked'))
        // Rollup by itself leaves every package to the runtime.
        for (const target of name === 'rollup' ? (['node'] as const) : TARGETS) {
          const building = build[name]({ project, options: { keys: TRUSTED_PEM }, target, out: target })
          if (limits['linked folders'])
            return await expect(building).rejects.toThrow('Can not resolve `./linked/dep.wasm`')
          await building
          expect(await runOne(name, project, { target, out: target })).toEqual({ answers: true })
        }
      } finally {
        rmSync(store, { recursive: true })
      }
    })
  })

  describe(`${name}: what else is refused`, () => {
    const main = `import { answer } from './hello.wasm'\nglobalThis.answers = answer()`

    it('a core module or text where a component is asked for', async () => {
      const component = `import * as c from './x.wasm?component'\nglobalThis.answers = c`
      await expect(
        buildApp(name, { files: { 'x.wasm': await coreModule(), 'main.js': component } }, 'node'),
      ).rejects.toThrow('LAYER_MISMATCH')
      const project = makeProject({
        'x.wasm': '(component)',
        'main.js': `import x from './x.wasm'\nconsole.log(x)`,
      })
      await expect(
        build[name]({ project, options: { keys: TRUSTED_PEM, mode: 'off' }, target: 'node', out: 'dist' }),
      ).rejects.toThrow('WASM_MALFORMED')
    })

    it('any build without a trusted key', async () => {
      const files = { 'hello.wasm': fixture('hello'), 'main.js': main }
      await expect(buildApp(name, { files, options: { keys: [] } }, 'node')).rejects.toThrow(
        'NO_TRUSTED_KEYS',
      )
    })

    it.each(['?url', '?raw', '?init', '?inline', '?component&url', '?x=y.js'])(
      'a tampered file with the query %s',
      async (query) => {
        const source = `import x from './hello.wasm${query}'\nglobalThis.answers = typeof x`
        const app = {
          files: { 'hello.wasm': fixture('hello'), 'main.js': source },
          status: 'tampered' as const,
        }
        await expect(buildApp(name, app, 'browser')).rejects.toThrow('CONTENT_MODIFIED')
      },
    )

    it('a tampered file whose name is in upper case', async () => {
      const app = {
        files: { 'HELLO.WASM': fixture('hello'), 'main.js': main.replace('hello.wasm', 'HELLO.WASM') },
        status: 'tampered' as const,
      }
      await expect(buildApp(name, app, 'node')).rejects.toThrow('CONTENT_MODIFIED')
    })
  })
}
