/** Wasm that other plugins put beside an output, after ours has seen what the bundler writes. */

import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { build, type BundlerName } from '../kit/bundlers.js'
import { inState, makeProject, type Project, type Status, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent, coreModule } from '../kit/wat.js'

type Write = (name: string, content: string | Uint8Array) => void

/** A plugin that writes files into the output by itself, in one of the late hooks that its bundler has. */
const LATE: Partial<Record<BundlerName, Record<string, (write: () => void) => object>>> = {
  vite: {
    writeBundle: (write) => ({ name: 'copy', writeBundle: write }),
    'writeBundle, sequential': (write) => ({
      name: 'copy',
      enforce: 'post',
      writeBundle: { order: 'post', sequential: true, handler: write },
    }),
    closeBundle: (write) => ({ name: 'copy', closeBundle: write }),
  },
  rollup: {
    writeBundle: (write) => ({ name: 'copy', writeBundle: write }),
    'writeBundle, post': (write) => ({ name: 'copy', writeBundle: { order: 'post', handler: write } }),
    closeBundle: (write) => ({ name: 'copy', closeBundle: write }),
  },
  rolldown: {
    writeBundle: (write) => ({ name: 'copy', writeBundle: write }),
    closeBundle: (write) => ({ name: 'copy', closeBundle: write }),
  },
  webpack: {
    emit: (write) => ({ apply: (compiler: Hooks) => compiler.hooks.emit.tap('copy', write) }),
    afterEmit: (write) => ({ apply: (compiler: Hooks) => compiler.hooks.afterEmit.tap('copy', write) }),
    done: (write) => ({ apply: (compiler: Hooks) => compiler.hooks.done.tap('copy', write) }),
  },
  rspack: {
    emit: (write) => ({ apply: (compiler: Hooks) => compiler.hooks.emit.tap('copy', write) }),
    afterEmit: (write) => ({ apply: (compiler: Hooks) => compiler.hooks.afterEmit.tap('copy', write) }),
    done: (write) => ({ apply: (compiler: Hooks) => compiler.hooks.done.tap('copy', write) }),
  },
  farm: {
    writeResources: (write) => ({ name: 'copy', writeResources: { executor: write } }),
    finish: (write) => ({ name: 'copy', finish: { executor: async () => write() } }),
  },
}

interface Hooks {
  hooks: Record<'emit' | 'afterEmit' | 'done', { tap(name: string, action: () => void): void }>
}

const CASES = Object.entries(LATE).flatMap(([name, hooks]) =>
  Object.entries(hooks).map(([hook, plugin]) => [name as BundlerName, hook, plugin] as const),
)

async function attempt(
  name: BundlerName,
  {
    plugin,
    fill,
    before = () => {},
  }: {
    plugin: (write: () => void) => object
    fill: (write: Write) => void
    before?: (project: Project) => void
  },
) {
  const project = makeProject({ 'main.js': 'globalThis.answers = 1' })
  before(project)
  const write: Write = (file, content) => {
    mkdirSync(path.dirname(project.at('dist', file)), { recursive: true })
    writeFileSync(project.at('dist', file), content)
  }
  const building = build[name]({
    project,
    options: { keys: TRUSTED_PEM },
    target: 'browser',
    out: 'dist',
    config: { plugins: [plugin(() => fill(write))] },
  })
  return { project, building }
}

describe.each(CASES)('THREAT 37: what is written late, with %s in %s', (name, _, plugin) => {
  it.each(['unsigned', 'tampered', 'unknown signer'] as const)(
    'is refused and removed: %s',
    async (status: Status) => {
      const bytes = inState(await constantComponent(1), status)
      const { project, building } = await attempt(name, {
        plugin,
        fill: (write) => write('deep/copy.wasm', bytes),
      })
      await expect(building).rejects.toThrow(/UNVERIFIED_WASM deep\/copy\.wasm/)
      expect(project.files('dist')).toEqual([])
    },
  )

  it('is refused in a script as well', async () => {
    const text = `x('${Buffer.from(await constantComponent(1)).toString('base64')}')`
    const { project, building } = await attempt(name, { plugin, fill: (write) => write('extra.js', text) })
    await expect(building).rejects.toThrow('UNVERIFIED_WASM extra.js')
    expect(project.files('dist')).toEqual([])
  })

  it('passes when it is signed, and leaves alone what is no wasm', async () => {
    const bytes = inState(await constantComponent(1), 'signed')
    const { project, building } = await attempt(name, {
      plugin,
      fill(write) {
        write('copy.wasm', bytes)
        write('copy.txt', 'text')
      },
    })
    await building
    const files = project.files('dist')
    expect(files.filter((file) => !file.startsWith('main')).toSorted()).toEqual(['copy.txt', 'copy.wasm'])
    expect(files.some((file) => file.startsWith('main'))).toBe(true)
  })
})

describe.each(['rollup', 'rolldown', 'webpack', 'rspack', 'farm'] as const)(
  'THREAT 37: a refusal, with %s',
  (name) => {
    const [plugin] = Object.values(LATE[name]!)

    it('leaves what stood there before, and what is behind links', async () => {
      const [old, bad] = [await coreModule(), await constantComponent(1)]
      const outside = makeProject({ 'kept.wasm': bad })
      const { project, building } = await attempt(name, {
        plugin: plugin!,
        before(made) {
          made.write({ 'dist/old.wasm': old, 'dist/old.txt': 'text' })
          symlinkSync(outside.root, made.at('dist/linked'))
        },
        fill: (write) => write('bad.wasm', bad),
      })
      await expect(building).rejects.toThrow('UNVERIFIED_WASM bad.wasm')
      expect(project.files('dist').toSorted()).toEqual(['old.txt', 'old.wasm'])
      expect(outside.files('.')).toContain('kept.wasm')
    })
  },
)

describe('THREAT 37: esbuild', () => {
  const copy = (fill: () => void) => ({
    name: 'copy',
    setup: (on: { onEnd(action: () => void): void }) => on.onEnd(fill),
  })

  it('is swept when our plugin comes after the one that copies', async () => {
    const bytes = await constantComponent(1)
    const project = makeProject({ 'main.js': 'globalThis.answers = 1', 'x.wasm': bytes })
    const plugins = [copy(() => cpSync(project.at('x.wasm'), project.at('dist/copy.wasm')))]
    const request = { project, options: { keys: TRUSTED_PEM }, target: 'browser', out: 'dist' } as const
    await expect(build.esbuild({ ...request, before: plugins })).rejects.toThrow('UNVERIFIED_WASM copy.wasm')
    expect(project.files('dist')).toEqual([])
  })
})

it.each(['public', 'static/files'])("THREAT 37: Farm's public folder %s is judged", async (publicDir) => {
  const attemptWith = async (status: Status) => {
    const bytes = inState(await constantComponent(1), status)
    const project = makeProject({ 'main.js': 'globalThis.answers = 1', [`${publicDir}/deep/x.wasm`]: bytes })
    const config = publicDir === 'public' ? {} : { publicDir }
    return build.farm({ project, options: { keys: TRUSTED_PEM }, target: 'browser', out: 'dist', config })
  }
  await attemptWith('signed')
  await expect(attemptWith('unsigned')).rejects.toThrow(`COMPONENT_UNSIGNED ${publicDir}/deep/x.wasm`)
})
