/** The file that a project includes for its declarations: what TypeScript makes of it, where it lies, and what is advised. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rollup } from 'rollup'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  openTypes,
  writableTypes,
  typesProject,
  writeTypes,
  resolveTypes,
} from '../../../../src/bindings/declarations/folder.js'
import { updateIndex } from '../../../../src/bindings/declarations/project.js'
import { declareComponent } from '../../../../src/bindings/types/declare.js'
import { includes, readTsconfigs } from '../../../../src/disk/tsconfig.js'
import signedWasm from '../../../../src/rollup.js'
import { transpiler as makeTranspiler } from '../../../kit/bindings.js'
import {
  fixture,
  inState,
  makeProject,
  type Project,
  projectIn,
  REPOSITORY,
  TRUSTED_PEM,
} from '../../../kit/project.js'
import { command } from '../../../kit/run.js'
import { sourceOf } from '../../../kit/sources.js'
import { TYPE_USES } from '../../../kit/type-uses.js'
import { COMPILERS, RESOLUTIONS, typeCheck } from '../../../kit/typescript.js'
import { versionsComponent } from '../../../kit/wat.js'

const transpiler = makeTranspiler()
afterAll(() => transpiler.close())

const signed = (name: string) => inState(fixture(name), 'signed')
const INDEX = 'src/signed-wasm.d.ts'
const SOURCES = { include: ['src'] }
const json = JSON.stringify

/** A project that has TypeScript of its own, which is asked. @param compiler the name of a package here */
function typed(files: Record<string, string | Uint8Array>, compiler = 'typescript'): Project {
  const project = makeProject(files)
  mkdirSync(project.at('node_modules'), { recursive: true })
  symlinkSync(path.join(REPOSITORY, 'node_modules', compiler), project.at('node_modules/typescript'))
  return project
}

/** Builds scripts with Rollup. @returns warnings and lines, but the one of the policy */
async function build(
  project: Project,
  inputs: readonly string[] = ['src/main.js'],
  root = '',
): Promise<string[]> {
  const lines: string[] = []
  const cwd = process.cwd()
  process.chdir(project.at(root))
  try {
    const bundle = await rollup({
      input: inputs.map((input) => project.at(input)),
      external: (id) => id.startsWith('@bytecodealliance/'),
      logLevel: 'info',
      onLog: (_, { message }) => void lines.push(message),
      plugins: [
        {
          name: 'packages',
          resolveId: (id) => (id === 'acme/hi' ? project.at('node_modules/acme/dist/hi.wasm') : null),
        },
        signedWasm({ keys: TRUSTED_PEM }),
      ],
    })
    await bundle.close()
  } finally {
    process.chdir(cwd)
  }
  return lines.filter((line) => !/trusted key|making bindings for/.test(line))
}

const MAIN = ['hello', 'counter', 'host?instantiate', 'wasi', 'versions?instantiate', 'awkward']
  .map((name, index) => `export * as c${index} from './${name.replace(/(?=\?|$)/, '.wasm')}'`)
  .join('\n')

const matrix = COMPILERS.flatMap((compiler) => RESOLUTIONS.map((resolution) => ({ compiler, resolution })))
const checks = [COMPILERS[0]!, COMPILERS.at(-1)!].map((compiler) => ({
  compiler,
  resolution: 'bundler' as const,
}))

const USES = Object.fromEntries(Object.entries(TYPE_USES).map(([name, text]) => [`src/${name}`, text]))

describe('a file that a project includes', () => {
  let project: Project
  const { 'src/deep/same-name.ts': sameName, ...uses } = USES
  beforeAll(async () => {
    project = typed({
      'tsconfig.json': json(SOURCES),
      'src/main.js': MAIN,
      'src/hello.wasm': signed('hello'),
      'src/counter.wasm': signed('counter'),
      'src/host.wasm': signed('host'),
      'src/wasi.wasm': signed('wasi'),
      'src/versions.wasm': inState(await versionsComponent(), 'signed'),
      'src/awkward.wasm': signed('awkward'),
      ...uses,
    })
    expect(await build(project)).toEqual([])
    expect(project.files('src').filter((file) => file.includes('.d.'))).toEqual(['signed-wasm.d.ts'])
  })

  it.each(matrix)('lets right uses pass and wrong ones fail: $compiler.name, $resolution', async (check) => {
    expect(await typeCheck(project, check)).toBe('')
  })

  // The files of a program are read in this order, and of two equal patterns the first wins.
  it.each(matrix)('wins over what others say of `*.wasm`: $compiler.name, $resolution', async (check) => {
    project.write({
      'src/a-first.d.ts': `declare module '*.wasm' {}\ndeclare module '*.wasm?instantiate' {}\ndeclare module '*?component' {}`,
    })
    expect(await typeCheck(project, check)).toBe('')
    rmSync(project.at('src/a-first.d.ts'))
  })

  it.each(checks)('has the strictest modules as well: $compiler.name', async (check) => {
    const compilerOptions = {
      verbatimModuleSyntax: true,
      isolatedModules: true,
      noUncheckedSideEffectImports: true,
    }
    expect(await typeCheck(project, { ...check, compilerOptions })).toBe('')
  })

  it('is the same from one build to the next, and names no folder of this machine', async () => {
    const before = readFileSync(project.at(INDEX), 'utf8')
    await build(project)
    expect(readFileSync(project.at(INDEX), 'utf8')).toBe(before)
    // As linters have it: what is generated is not theirs.
    expect(before.split('\n')[1]).toBe('/* eslint-disable */')
    const texts = [
      before,
      ...project.files('.signed-wasm').map((file) => String(project.read(`.signed-wasm/${file}`))),
    ]
    expect(texts.filter((text) => text.includes(project.root))).toEqual([])
  })

  const ALIKE = {
    'src/main.js': `export * as a from './hello.wasm'\nexport * as b from './deep/hello.wasm'`,
    'src/hello.wasm': signed('hello'),
    'src/deep/hello.wasm': signed('calculator'),
    'src/deep/same-name.ts': sameName!,
    'src/plain.ts': USES['src/plain.ts']!,
  }
  const declarationsIn = (alike: Project) =>
    alike.files('src').filter((file) => /\.wasm(?:\?\w+)?(?:\.d)?\.ts$/.test(file))

  it('tells components of one name apart, with declarations beside them', async () => {
    const alike = typed({ 'tsconfig.json': json(SOURCES), ...ALIKE })
    expect(await build(alike)).toEqual([])
    for (const check of checks.filter(({ resolution }) => resolution === 'bundler'))
      expect(await typeCheck(alike, check)).toBe('')
    expect(declarationsIn(alike)).toContain('deep/hello.wasm?instantiate.d.ts')
    rmSync(alike.at('src/deep/hello.wasm'))
    alike.write({ 'tsconfig.json': json(SOURCES), 'src/only.js': `import './hello.wasm'` })
    await build(alike, ['src/only.js'])
    expect(declarationsIn(alike)).toEqual([])
  })

  it('tells them apart with an option of TypeScript where imports are as in Node', async () => {
    const alike = typed({
      'tsconfig.json': json({ ...SOURCES, compilerOptions: { module: 'NodeNext' } }),
      ...ALIKE,
    })
    const lines = await build(alike)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/compilerOptions of tsconfig\.json:\n {2}"allowArbitraryExtensions": true$/)
    for (const check of checks) {
      const compilerOptions = { allowArbitraryExtensions: true }
      expect(await typeCheck(alike, { ...check, compilerOptions })).toBe('')
      expect(await typeCheck(alike, check)).toContain('same-name.ts')
    }
    alike.write({
      'tsconfig.json': json({ ...SOURCES, compilerOptions: { allowArbitraryExtensions: true } }),
    })
    rmSync(alike.at('src/deep/hello.d.wasm.ts'))
    expect(await build(alike)).toEqual([])
    expect(declarationsIn(alike)).toContain('deep/hello.d.wasm.ts')
    // Both names at once are none of TypeScript's: the option is gone, and so is what needs it.
    alike.write({ 'tsconfig.json': json(SOURCES) })
    expect(await build(alike)).toEqual([])
    expect(declarationsIn(alike)).toHaveLength(6)
    expect(declarationsIn(alike)).toContain('deep/hello.wasm.d.ts')
    rmSync(alike.at('src/hello.wasm'))
    alike.write({ 'src/only.js': `import './deep/hello.wasm'` })
    await build(alike, ['src/only.js'])
    expect(declarationsIn(alike)).toEqual([])
  })

  it('knows aliases, names of packages and names of its own', async () => {
    const aliased = typed({
      'package.json': json({ name: 'app', type: 'module', imports: { '#own': './src/lib/hello.wasm' } }),
      'tsconfig.json': json(SOURCES),
      'src/main.js': `export * from './lib/hello.wasm'\nexport * as a from 'acme/hi'`,
      'src/lib/hello.wasm': signed('hello'),
      'node_modules/acme/package.json': json({
        name: 'acme',
        exports: { './hi': './dist/hi.wasm', './*.wasm': './dist/*.wasm' },
      }),
      'node_modules/acme/dist/hi.wasm': signed('calculator'),
      'src/uses.ts': `
        import { greet } from '@/lib/hello.wasm'
        import { greet as b } from '$lib/hello.wasm'
        import { greet as c } from '~/lib/hello.wasm?component'
        import own from '#own?instantiate'
        import { add } from 'acme/hi'
        import calculator from 'acme/hi.wasm?instantiate'
        const text: string = greet('a') + b('b') + c('c') + (await own()).greet('d')
        const sum: number = add(1, 2) + (await calculator()).add(1, 2)
        // @ts-expect-error a number where a string belongs
        greet(1)
        // @ts-expect-error no such name
        import { goodbye } from '$lib/hello.wasm'
        // @ts-expect-error strings do not add
        add('a', 'b')
        // @ts-expect-error no such export
        void (await own()).add
        export { text, sum }`,
    })
    expect(await build(aliased)).toEqual([])
    for (const check of checks) {
      const paths = { '@/*': ['./src/*'], '$lib/*': ['./src/lib/*'], '~/*': ['./src/*'] }
      expect(await typeCheck(aliased, { ...check, compilerOptions: { paths } })).toBe('')
    }
  })

  it('leaves to a package what it says of its components itself', async () => {
    const own = typed({
      'tsconfig.json': json(SOURCES),
      'src/main.js': `export * as a from 'acme/hi'`,
      'node_modules/acme/package.json': json({
        name: 'acme',
        exports: { './hi': { types: './hi.d.ts', default: './dist/hi.wasm' } },
      }),
      'node_modules/acme/hi.d.ts': 'export declare const mine: 1',
      'node_modules/acme/dist/hi.wasm': signed('calculator'),
      'src/uses.ts': `import { mine } from 'acme/hi'\nexport const one: 1 = mine`,
    })
    await build(own)
    expect(existsSync(own.at(INDEX))).toBe(true)
    for (const check of checks) expect(await typeCheck(own, check)).toBe('')
  })

  it.each(checks)('is exact on Windows, whose file names have no `?`: $compiler.name', async (check) => {
    const windows = typed({
      'tsconfig.json': json(SOURCES),
      'src/host.wasm': signed('host'),
      'src/instantiate.ts': TYPE_USES['instantiate.ts']!,
    })
    const about = {
      transpiler,
      jco: {},
      imports: {},
      name: 'host.wasm',
      id: 'src/host.wasm',
      display: 'host.wasm',
    }
    const files = writableTypes(await declareComponent(sourceOf(fixture('host')), about), 'win32')
    expect(Object.keys(files).filter((file) => /[?"<>|*:\\]/.test(file))).toEqual([])
    const root = windows.root
    writeTypes({ folder: windows.at('.signed-wasm/types/src'), root, name: 'host.wasm' }, files)
    updateIndex(typesProject(openTypes(root, resolveTypes(true)))!)
    expect(await typeCheck(windows, check)).toBe('')
  })

  it('loses a component that is gone, and leaves what somebody wrote', async () => {
    const shrinking = typed({
      'tsconfig.json': json(SOURCES),
      'src/main.js': `export * as a from './hello.wasm'\nexport * as b from './add.wasm'`,
      'src/one.js': `export * as a from './hello.wasm'`,
      'src/hello.wasm': signed('hello'),
      'src/add.wasm': signed('calculator'),
    })
    const text = () => readFileSync(shrinking.at(INDEX), 'utf8')
    await build(shrinking)
    await build(shrinking, ['src/one.js'])
    expect(text()).toContain('add.wasm') // it is still there
    rmSync(shrinking.at('src/add.wasm'))
    await build(shrinking, ['src/one.js'])
    expect(text()).not.toContain('add.wasm')
    shrinking.write({ [INDEX]: '// mine' })
    rmSync(shrinking.at('.signed-wasm'), { recursive: true })
    const lines = await build(shrinking, ['src/one.js'])
    expect(lines).toEqual([expect.stringMatching(/TYPES_NOT_WRITTEN.*was not written here/s)])
    expect(text()).toBe('// mine')
  })
})

/** Where a project's file comes to lie, by its tsconfigs. */
const SHAPES: Record<
  string,
  { files: Record<string, unknown>; component?: string; root?: string; index: string }
> = {
  'all files': { files: { 'tsconfig.json': {} }, index: 'signed-wasm.d.ts' },
  'one folder': { files: { 'tsconfig.json': SOURCES }, index: INDEX },
  'a solution': {
    files: {
      'tsconfig.json': {
        files: [],
        references: [{ path: './tsconfig.app.json' }, { path: './tsconfig.node.json' }],
      },
      'tsconfig.app.json': { include: ['src'] },
      'tsconfig.node.json': { include: ['vite.config.ts'] },
      'vite.config.ts': 'export {}',
    },
    index: INDEX,
  },
  'patterns from a folder of a framework': {
    files: {
      'tsconfig.json': { extends: './.svelte-kit/tsconfig.json' },
      '.svelte-kit/tsconfig.json': {
        include: ['ambient.d.ts', '../vite.config.ts', '../src/**/*.ts'],
        exclude: ['../node_modules/**'],
      },
    },
    component: 'src/lib/hello.wasm',
    index: INDEX,
  },
  'a folder in which only one is included': {
    files: { 'tsconfig.json': { include: ['packages/web/**/*'] } },
    component: 'packages/web/src/hello.wasm',
    index: 'packages/web/signed-wasm.d.ts',
  },
  'a build in a folder of the project': {
    files: {
      'tsconfig.json': { files: [], references: [{ path: './.nuxt/tsconfig.app.json' }] },
      '.nuxt/tsconfig.app.json': { include: ['./nuxt.d.ts', '../app/**/*'] },
    },
    component: 'app/hello.wasm',
    root: 'app',
    index: 'app/signed-wasm.d.ts',
  },
  'what the tsconfig above the config says': {
    files: {
      'tsconfig.json': { extends: './base/tsconfig.json' },
      'base/tsconfig.json': { include: ['${configDir}/src'] },
    },
    index: INDEX,
  },
}

describe('the place of that file', () => {
  it.each(Object.entries(SHAPES))(
    'follows %s',
    async (_, { files, component = 'src/hello.wasm', root = '', index }) => {
      const folder = path.posix.dirname(component)
      const project = typed({
        [`${folder}/main.ts`]: `import { greet } from './hello.wasm'\nexport const text: string = greet('a')`,
        [`${folder}/main.js`]: `export * from './hello.wasm'`,
        [component]: signed('hello'),
        ...Object.fromEntries(
          Object.entries(files).map(([name, text]) => [name, typeof text === 'string' ? text : json(text)]),
        ),
      })
      expect(await build(project, [`${folder}/main.js`], root)).toEqual([])
      const found = project.files('.').filter((file) => file.endsWith('signed-wasm.d.ts'))
      expect(found).toEqual([index])
      expect(project.files(root).filter((file) => file.startsWith('.signed-wasm'))).toHaveLength(
        root === '' ? 8 : 0,
      )
    },
  )

  it('is left when another is better', async () => {
    const project = typed({
      'tsconfig.json': '{}',
      'src/main.js': `export * from './hello.wasm'`,
      'src/hello.wasm': signed('hello'),
    })
    await build(project)
    expect(existsSync(project.at('signed-wasm.d.ts'))).toBe(true)
    project.write({ 'tsconfig.json': json(SOURCES) })
    await build(project)
    expect([existsSync(project.at('signed-wasm.d.ts')), existsSync(project.at(INDEX))]).toEqual([false, true])
  })
})

/** What frameworks write, and how their apps import. */
const FRAMEWORKS: Record<
  string,
  { files: Record<string, unknown>; config: string; component: string; page: string; from: string }
> = {
  'Next.js': {
    files: {
      'tsconfig.json': {
        compilerOptions: {
          target: 'ES2017',
          lib: ['dom', 'esnext'],
          allowJs: true,
          skipLibCheck: true,
          strict: true,
          noEmit: true,
          esModuleInterop: true,
          module: 'esnext',
          moduleResolution: 'bundler',
          resolveJsonModule: true,
          isolatedModules: true,
          jsx: 'preserve',
          incremental: true,
          paths: { '@/*': ['./*'] },
        },
        include: ['next-env.d.ts', '**/*.ts', '**/*.tsx', '.next/types/**/*.ts', '.next/dev/types/**/*.ts'],
        exclude: ['node_modules'],
      },
    },
    config: 'tsconfig.json',
    component: 'lib/hello.wasm',
    page: 'app/page.ts',
    from: '@/lib/hello.wasm',
  },
  'React Router': {
    files: {
      'tsconfig.json': {
        include: ['**/*', '**/.server/**/*', '**/.client/**/*', '.react-router/types/**/*'],
        compilerOptions: {
          lib: ['DOM', 'DOM.Iterable', 'ES2022'],
          types: ['vite/client'],
          target: 'ES2022',
          module: 'ES2022',
          moduleResolution: 'bundler',
          jsx: 'react-jsx',
          rootDirs: ['.', './.react-router/types'],
          paths: { '~/*': ['./app/*'] },
          esModuleInterop: true,
          verbatimModuleSyntax: true,
          noEmit: true,
          resolveJsonModule: true,
          skipLibCheck: true,
          strict: true,
        },
      },
    },
    config: 'tsconfig.json',
    component: 'app/lib/hello.wasm',
    page: 'app/routes/home.ts',
    from: '~/lib/hello.wasm',
  },
  SvelteKit: {
    files: {
      'tsconfig.json': {
        extends: './.svelte-kit/tsconfig.json',
        compilerOptions: {
          allowJs: true,
          checkJs: true,
          strict: true,
          skipLibCheck: true,
          moduleResolution: 'bundler',
        },
      },
      '.svelte-kit/tsconfig.json': {
        compilerOptions: {
          paths: { $lib: ['../src/lib'], '$lib/*': ['../src/lib/*'] },
          rootDirs: ['..', './types'],
          verbatimModuleSyntax: true,
          isolatedModules: true,
          lib: ['esnext', 'DOM'],
          module: 'esnext',
          moduleResolution: 'bundler',
          target: 'esnext',
          noEmit: true,
        },
        include: [
          'ambient.d.ts',
          'non-ambient.d.ts',
          './types/**/$types.d.ts',
          '../vite.config.ts',
          '../src/**/*.js',
          '../src/**/*.ts',
          '../src/**/*.svelte',
          '../tests/**/*.ts',
        ],
        exclude: ['../node_modules/**', '../src/service-worker.ts'],
      },
    },
    config: 'tsconfig.json',
    component: 'src/lib/hello.wasm',
    page: 'src/routes/+page.ts',
    from: '$lib/hello.wasm',
  },
  Nuxt: {
    files: {
      'tsconfig.json': {
        files: [],
        references: ['app', 'server', 'node'].map((name) => ({ path: `./.nuxt/tsconfig.${name}.json` })),
      },
      '.nuxt/tsconfig.app.json': {
        compilerOptions: {
          paths: { '~/*': ['../app/*'], '@/*': ['../app/*'], '#imports': ['./imports'] },
          module: 'preserve',
          moduleResolution: 'bundler',
          target: 'ESNext',
          lib: ['ESNext', 'dom'],
          types: [],
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          allowArbitraryExtensions: false,
        },
        include: ['./nuxt.d.ts', '../app/**/*', '../modules/*/runtime/**/*'],
        exclude: ['../node_modules', '../dist'],
      },
      '.nuxt/tsconfig.server.json': { include: ['./types/nitro.d.ts', '../server/**/*'] },
      '.nuxt/tsconfig.node.json': { include: ['./types/modules.d.ts', '../*.*'], exclude: ['../app'] },
      'nuxt.config.ts': 'export default {}',
    },
    config: '.nuxt/tsconfig.app.json',
    component: 'app/lib/hello.wasm',
    page: 'app/pages/index.ts',
    from: '~/lib/hello.wasm',
  },
}

describe.each(Object.entries(FRAMEWORKS))(
  'the tsconfig of %s',
  (_, { files, config, component, page, from }) => {
    it('needs nothing for exact types, by an alias and by a path', async () => {
      const project = typed({
        ...Object.fromEntries(
          Object.entries(files).map(([name, text]) => [name, typeof text === 'string' ? text : json(text)]),
        ),
        [component]: signed('hello'),
        'main.mjs': `export * from './${component}'`,
        [page]: `import { greet } from '${from}'
        import { answer } from '../lib/hello.wasm'
        import instantiate from '${from}?instantiate'
        export const text: string = greet('a') + (await instantiate()).greet('b')
        export const count: number = answer()
        // @ts-expect-error a number where a string belongs
        greet(1)
        // @ts-expect-error of another type
        export const wrong: string = answer()
        // @ts-expect-error imports are an object
        void instantiate(1)`,
      })
      symlinkSync(path.join(REPOSITORY, 'node_modules/vite'), project.at('node_modules/vite'))
      expect(await build(project, ['main.mjs'])).toEqual([])
      for (const { script } of COMPILERS) {
        const tsc = path.join(REPOSITORY, 'node_modules', script)
        const args = [tsc, '--noEmit', '--incremental', 'false', '-p', project.at(config)]
        expect(await command(process.execPath, args)).toMatchObject({ code: 0, output: '' })
      }
    })
  },
)

describe('advice about what TypeScript does not see', () => {
  const tests = { 'src/__tests__/a.spec.ts': 'export {}', 'env.d.ts': '' }
  const solution = {
    'tsconfig.json': json({
      files: [],
      references: [{ path: './tsconfig.app.json' }, { path: './tsconfig.vitest.json' }],
    }),
    'tsconfig.app.json': json({ include: ['env.d.ts', 'src/**/*'], exclude: ['src/**/__tests__/*'] }),
    'tsconfig.vitest.json': json({
      extends: './tsconfig.app.json',
      include: ['src/**/__tests__/*', 'env.d.ts'],
      exclude: [],
    }),
  }
  const component = { 'src/main.js': `export * from './hello.wasm'`, 'src/hello.wasm': signed('hello') }

  it('is the line for the tsconfig that lacks it, once, and following it ends it', async () => {
    const project = typed({ ...solution, ...tests, ...component })
    const lines = await build(project)
    expect(lines).toHaveLength(1)
    expect(lines[0]!.split('\n')).toEqual([
      expect.stringMatching(/ in tsconfig\.vitest\.json, which leaves out src\/signed-wasm\.d\.ts:$/),
      '  "files": ["src/signed-wasm.d.ts"]',
    ])
    expect(await build(project)).toEqual([])
    project.write({
      'tsconfig.vitest.json': json({
        ...JSON.parse(solution['tsconfig.vitest.json']),
        files: ['src/signed-wasm.d.ts'],
      }),
    })
    rmSync(project.at('.signed-wasm'), { recursive: true })
    rmSync(project.at(INDEX))
    expect(await build(project)).toEqual([])
    const tsc = path.join(REPOSITORY, 'node_modules', COMPILERS[0]!.script)
    project.write({
      'src/__tests__/a.spec.ts': `import { greet } from '../hello.wasm'\n// @ts-expect-error\ngreet(1)\nexport const text: string = greet('a')`,
    })
    for (const config of ['app', 'vitest'])
      execFileSync(process.execPath, [tsc, '--noEmit', '-p', project.at(`tsconfig.${config}.json`)])
  })

  it('repeats what a tsconfig would lose by it', async () => {
    const nowhere = typed({ 'tsconfig.json': json({ exclude: ['src'] }), 'x.ts': 'export {}', ...component })
    rmSync(nowhere.at('signed-wasm.d.ts'), { force: true })
    expect(await build(nowhere)).toEqual([])
    expect(existsSync(nowhere.at('signed-wasm.d.ts'))).toBe(true)
    const listed = typed({
      'tsconfig.json': json({ files: ['src/x.ts'] }),
      'src/x.ts': 'export {}',
      ...component,
    })
    const [line] = await build(listed)
    expect(line).toContain('\n  "files": ["src/x.ts","signed-wasm.d.ts"]')
  })

  describe.each(COMPILERS)('names a declaration that stands for more ($name)', ({ script }) => {
    const page = {
      'tsconfig.json': json({
        compilerOptions: {
          ...{ module: 'esnext', moduleResolution: 'bundler', target: 'es2022', strict: true, noEmit: true },
          ...{ rootDir: 'src', outDir: 'out', noUnusedLocals: true, paths: { '@/*': ['./src/*'] } },
        },
        include: ['src'],
      }),
      'src/page.ts': `import { greet } from './hello.wasm'\nexport const text: string = greet('a')`,
      ...component,
    }

    it.each([
      ["declare module './*.wasm'", './hello.wasm', './*.wasm'],
      ["declare module '@/*.wasm' { const url: string; export default url }", '@/hello.wasm', '@/*.wasm'],
      ["declare module './*' {\n export const greet: any }", './hello.wasm', './*'],
    ])('%s', async (text, specifier, pattern) => {
      const project = typed({ ...page, 'src/wasm.d.ts': text }, script.split('/')[0])
      expect(
        (await build(project)).map((line) => line.replace('[plugin unplugin-signed-wasm] ', '').split('\n')),
      ).toEqual([
        [
          `[signed-wasm] ${specifier} has the types of another declaration in tsconfig.json; it is exact without:`,
          `  declare module '${pattern}'  in src/wasm.d.ts`,
        ],
      ])
      expect(
        readdirSync(project.at('node_modules')).filter((one) => one.startsWith('.signed-wasm-')),
      ).toEqual([])
    })

    it.each(["declare module '*.wasm'", "declare module '*.wasm' { const url: string; export default url }"])(
      'but none that is behind ours: %s',
      async (text) => {
        const project = typed({ ...page, 'src/a.d.ts': text }, script.split('/')[0])
        expect(await build(project)).toEqual([])
      },
    )
  })

  it('is nothing where there is no compiler to ask', async () => {
    // Outside of the repository, whose own compiler would be found.
    const project = projectIn(mkdtempSync(path.join(tmpdir(), 'signed-wasm-')))
    project.write({ 'tsconfig.json': json({ files: ['src/x.ts'] }), 'src/x.ts': 'export {}', ...component })
    expect(await build(project)).toEqual([])
    expect(existsSync(project.at('signed-wasm.d.ts'))).toBe(true)
    rmSync(project.root, { recursive: true })
  })
})

describe('what a tsconfig includes', () => {
  const FILES = [
    'a.ts',
    'src/a.ts',
    'src/deep/b.ts',
    'src/.hidden/c.ts',
    '.dot/d.ts',
    'src/x.spec.ts',
    'lib/e.ts',
    'src/node_modules/n/f.ts',
    'src/[id]/g.ts',
  ]
  const CONFIGS: Record<string, unknown>[] = [
    {},
    { include: ['src'] },
    { include: ['src/'] },
    { include: ['./src/**/*'] },
    { include: ['src/*'] },
    { include: ['src/*.ts', 'lib'] },
    { include: ['**/*'], exclude: ['src/deep'] },
    { include: ['**/deep/*'] },
    { include: ['src/**/*.vue'] },
    { include: ['src/?.ts'] },
    { include: ['.dot/*', 'src/.hidden/**/*'] },
    { include: ['src/[id]'] },
    { include: ['src'], exclude: ['**/*.spec.ts'] },
    { files: ['lib/e.ts'] },
    { files: ['lib/e.ts'], include: ['src/*'] },
    { include: ['.'] },
    { include: ['*'] },
    { exclude: ['src/**'] },
    { include: ['**/*.ts'], exclude: ['**/.*/'] },
  ]

  it.each(CONFIGS)('is what the compiler says: %j', (config) => {
    const project = makeProject({
      'tsconfig.json': json(config),
      ...Object.fromEntries(FILES.map((file) => [file, 'export {}'])),
    })
    const tsc = path.join(REPOSITORY, 'node_modules', COMPILERS[0]!.script)
    let said = '{}'
    try {
      said = execFileSync(process.execPath, [tsc, '--showConfig', '-p', project.root], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
    } catch {
      // Nothing is included, to the compiler an error.
    }
    const { files = [] } = JSON.parse(said) as { files?: string[] }
    const [ours] = readTsconfigs(project.at('tsconfig.json'))
    expect(FILES.filter((file) => includes(ours!, project.at(file))).toSorted()).toEqual(
      files.map((file) => file.replace(/^\.\//, '')).toSorted(),
    )
  })

  it.each([
    '{',
    '[]',
    'null',
    '{"extends":"./tsconfig.json"}',
    '{"extends":"no-such-package"}',
    '{"references":[1]}',
  ])('is everything where nothing can be read: %s', (text) => {
    const project = makeProject({ 'tsconfig.json': text })
    expect(includes(readTsconfigs(project.at('tsconfig.json'))[0]!, project.at('src/a.ts'))).toBe(true)
  })
})
