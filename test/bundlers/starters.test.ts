/** Projects as `npm create` makes them: one line of config, one import, their own build, in which the types are exact at once. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeFiles } from '../kit/bindings.js'
import { fixture, inState, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'
import { blockWith } from '../kit/readme.js'
import { command } from '../kit/run.js'

interface Starter {
  name: string
  /** What makes it, in exact versions, without the name of the folder. */
  create: readonly [tool: string, ...args: string[]]
  /** Its own scripts that build it and check its types. */
  scripts: readonly string[]
  /** The script that imports the component, and where in it statements may stand. */
  script: string
  after: string
  /** How an import begins that is not relative, where it has an alias. */
  alias?: string
}

const vite = (template: string) => ['create-vite@9.3.0', '--template', template, '--no-interactive'] as const

const STARTERS: readonly Starter[] = [
  { name: 'react-ts', create: vite('react-ts'), scripts: ['build'], script: 'src/main.tsx', after: '' },
  {
    name: 'vue-ts',
    create: vite('vue-ts'),
    scripts: ['build'],
    script: 'src/App.vue',
    after: '<script setup lang="ts">',
  },
  {
    name: 'svelte-ts',
    create: vite('svelte-ts'),
    scripts: ['build', 'check'],
    script: 'src/App.svelte',
    after: '<script lang="ts">',
  },
  { name: 'vanilla-ts', create: vite('vanilla-ts'), scripts: ['build'], script: 'src/main.ts', after: '' },
  {
    name: 'create-vue',
    create: ['create-vue@3.24.0', '--ts', '--bare'],
    scripts: ['build'],
    script: 'src/App.vue',
    after: '<script setup lang="ts">',
    alias: '@',
  },
  {
    name: 'sv create',
    create: ['sv@0.17.1', 'create', '--template', 'minimal', '--types', 'ts', '--no-add-ons', '--no-install'],
    scripts: ['build', 'check'],
    script: 'src/routes/+page.svelte',
    after: '<script lang="ts">',
    alias: '$lib',
  },
]

const IS_WANTED = process.env['SIGNED_WASM_FRAMEWORKS'] === '1'
if (!IS_WANTED)
  console.warn(
    `\n  SKIPPED: ${STARTERS.map(({ name }) => name).join(', ')}, which npm would have to make. Set SIGNED_WASM_FRAMEWORKS=1.\n`,
  )

const QUIET = ['--no-audit', '--no-fund', '--ignore-scripts']

/** Of the component: what is right, and what is wrong. */
const RIGHT = `const text: string = greet('Ada')
  console.log(text, (instantiate satisfies () => Promise<{ answer(): number }>).name)`
const WRONG = `greet(1)
  console.log(greet('Ada') satisfies number)
  void instantiate(1)`
/** What compilers say of these, one after another; some of them leave out the codes. */
const COMPLAINTS = [/parameter of type 'string'/, /does not satisfy/, /parameter of type '\$Imports'/]

/** For a starter without one. */
const EMPTY_CONFIG = `import { defineConfig } from 'vite'\n\nexport default defineConfig({\n  plugins: [],\n})\n`

let world: string
let tarball: string

beforeAll(async () => {
  if (!IS_WANTED) return
  // Outside of the repository, whose own packages would be found.
  world = mkdtempSync(path.join(tmpdir(), 'signed-wasm-'))
  const packed = await command('npm', ['pack', '--ignore-scripts', '--pack-destination', world], {
    cwd: REPOSITORY,
  })
  expect(packed.code, packed.output).toBe(0)
  tarball = path.join(world, readdirSync(world)[0]!)
})

afterAll(() => {
  if (IS_WANTED) rmSync(world, { recursive: true, force: true, maxRetries: 5 })
})

describe.runIf(IS_WANTED).each(STARTERS)(
  'the starter $name',
  ({ create, name, scripts, script, after, alias }) => {
    let root: string
    let original: string
    const at = (file: string) => path.join(root, file)
    const edit = (file: string, change: (text: string) => string) =>
      writeFileSync(at(file), change(readFileSync(at(file), 'utf8')))
    const run = (tool: string, args: readonly string[]) =>
      command(tool, args, { cwd: root, env: { CI: '1', npm_config_yes: 'true' }, timeoutMs: 200_000 })

    /** Puts statements into the script, after the imports of a component. */
    const use = (statements: string) => {
      const from = alias === undefined ? './hello.wasm' : `${alias}/hello.wasm`
      const lines = `\n  import { greet } from '${from}'\n  import instantiate from '${from}?instantiate'\n  ${RIGHT}\n  ${statements}\n`
      const hasPlace = after === '' || original.includes(after)
      const text = hasPlace
        ? original.replace(after, (place) => place + lines)
        : `${after}${lines}</script>\n${original}`
      writeFileSync(at(script), text)
    }

    beforeAll(async () => {
      root = path.join(world, name.replaceAll(' ', '-'))
      const [tool, ...args] = create
      const made = await command(
        'npx',
        [
          '--yes',
          tool,
          ...(tool.startsWith('sv@')
            ? [args[0]!, path.basename(root), ...args.slice(1)]
            : [path.basename(root), ...args]),
        ],
        { cwd: world, env: { CI: '1' } },
      )
      expect(made.code, made.output).toBe(0)
      const installed = await run('npm', ['install', ...QUIET, '--save-dev', tarball])
      expect(installed.code, installed.output).toBe(0)
      original = readFileSync(at(script), 'utf8').replace('<script>', '<script lang="ts">')
      if (!existsSync(at('vite.config.ts'))) writeFiles(root, { 'vite.config.ts': EMPTY_CONFIG })
      // One line of config, and the one that the README gives for who checks types first.
      edit('vite.config.ts', (text) =>
        `import signedWasm from 'unplugin-signed-wasm/vite'\n${text}`.replace(
          'plugins: [',
          `plugins: [signedWasm({ keys: ['release.pub'] }), `,
        ),
      )
      const { scripts: more } = JSON.parse(blockWith('"prebuild"').text) as {
        scripts: Record<string, string>
      }
      edit('package.json', (text) => {
        const manifest = JSON.parse(text) as { scripts: Record<string, string> }
        return JSON.stringify({ ...manifest, scripts: { ...manifest.scripts, ...more } })
      })
      writeFiles(root, {
        'release.pub': TRUSTED_PEM,
        [alias === '$lib' ? 'src/lib/hello.wasm' : 'src/hello.wasm']: inState(fixture('hello'), 'signed'),
      })
      // SvelteKit makes its tsconfig when it is prepared, which other scripts than ours do after an install.
      await run('npm', ['run', 'prepare', '--if-present'])
    })

    it('is built by its own script, with exact types in the first run', async () => {
      use('')
      for (const one of scripts) {
        const ran = await run('npm', ['run', one])
        expect([one, ran.code, ran.code === 0 || ran.output]).toEqual([one, 0, true])
        expect(ran.output).not.toMatch(/\[signed-wasm\] TypeScript/)
      }
    })

    it('is red with wrong uses, each of which is said', async () => {
      use(WRONG)
      const outcomes = []
      for (const one of scripts) outcomes.push(await run('npm', ['run', one]))
      expect(outcomes.some(({ code }) => code !== 0)).toBe(true)
      const said = outcomes.map(({ output }) => output).join('\n')
      for (const complaint of COMPLAINTS) expect(said).toMatch(complaint)
    })
  },
)
