/** A team's policy and lock against what comes in by other ways than an import, and from other places. */

import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { build, BUNDLERS, type BundlerName } from '../kit/bundlers.js'
import { makeProject, type Project, projectIn, REPOSITORY } from '../kit/project.js'
import { command } from '../kit/run.js'
import { ALICE, BOB } from '../kit/sections.js'
import { by, HELLO, inTerminal, OTHER, policyText, RELEASE_PUB, withSection } from '../kit/teams.js'
import { startServer } from '../kit/vite-server.js'
import { coreModule } from '../kit/wat.js'

const core = await coreModule()
const altered = await coreModule(43)

type Files = Record<string, string | Uint8Array>

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** A package whose script holds wasm, in one encoding or another. */
const holding = (name: string, script: string): Files => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, type: 'module', main: 'index.js' }),
  [`node_modules/${name}/index.js`]: script,
})

const importing = (...names: string[]) =>
  names
    .map(
      (name, index) =>
        `import * as p${index} from './node_modules/${name}/index.js'\nglobalThis.p${index} = p${index}`,
    )
    .join('\n')

function project(files: Files, rules: object[], others: object = {}): Project {
  return makeProject({
    'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies: { one: '1', two: '1' } }),
    'release.pub': RELEASE_PUB,
    'signed-wasm.json': policyText(rules, others),
    ...files,
  })
}

async function fateOf(
  made: Project,
  bundler: BundlerName,
  options: Options = {},
  config: Record<string, unknown> = {},
): Promise<string> {
  try {
    await build[bundler]({ project: made, options, target: 'browser', out: `out-${bundler}`, config })
    return 'accept'
  } catch (error) {
    return String((error as Error).message)
  }
}

const locked = async (made: Project) => {
  expect(await inTerminal(made, 'lock', '--yes')).toMatchObject({ code: 0 })
  return made
}

const pin = (...files: string[]) => [{ files, unsigned: 'its publisher does not sign' }]

const ENCODED: Record<string, (bytes: Uint8Array) => string> = {
  'in a script': (bytes) => `export const data = '${base64(bytes)}'`,
  'in gzip in a script': (bytes) => `export const data = '${base64(gzipSync(bytes))}'`,
  'in gzip whose checksum is another': (bytes) => {
    const zipped = gzipSync(bytes)
    if (bytes !== core) zipped[zipped.length - 6]! ^= 1
    return `export const data = '${base64(zipped)}'`
  },
  'as numbers in a script': (bytes) => `export const data = new Uint8Array([${[...bytes].join(',')}])`,
  'beside what no engine takes': (bytes) =>
    `export const all = ['${base64(bytes)}', new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 5, 9])]`,
  'among others in a script': (bytes) =>
    `export const all = ['${base64(core)}', '${base64(bytes)}', '${base64(core)}']`,
}

describe.each(BUNDLERS)('THREAT 46: what packages bring under a policy, with %s', (bundler) => {
  it.each(Object.entries(ENCODED))(
    '%s passes as it is pinned, and with one byte altered it does not',
    async (_, encode) => {
      const made = await locked(
        project({ ...holding('one', encode(core)), 'main.js': importing('one') }, pin('npm:one')),
      )
      expect(await fateOf(made, bundler)).toBe('accept')
      made.write(holding('one', encode(altered)))
      expect(await fateOf(made, bundler)).toContain('LOCK_DIFFERS')
    },
  )

  it('without a rule is refused at once, with rules to be pasted, which let it pass when it is locked', async () => {
    const files = {
      ...holding('one', ENCODED['in a script']!(core)),
      ...holding('two', ENCODED['in a script']!(altered)),
    }
    const made = project({ ...files, 'main.js': importing('one', 'two') }, [])
    const refusal = await fateOf(made, bundler)
    expect(refusal).toContain('PACKAGE_REFUSED')
    expect(refusal).toContain('npm:one/index.js (NO_RULE), npm:two/index.js (NO_RULE)')
    const pasted = /signed-wasm\.json: (\{.*\})$/m.exec(refusal)![1]!.replaceAll('<why it may>', 'reviewed')
    made.write({ 'signed-wasm.json': policyText(JSON.parse(`[${pasted}]`) as object[]) })
    expect(await fateOf(made, bundler)).toContain('LOCK_MISSING')
    expect(await fateOf(await locked(made), bundler)).toBe('accept')
  })

  it('that its author has signed passes in a script as it is locked, and with one module altered it does not', async () => {
    const [one, two, new_] = [core, altered, await coreModule(44)].map((bytes) => by(bytes, ALICE))
    const script = (...parts: Uint8Array[]) =>
      `export const all = [${parts.map((part) => `'${base64(part)}'`).join()}]`
    const made = project({ ...holding('one', script(one!, two!)), 'main.js': importing('one') }, [
      { files: 'npm:one', signers: ['release'] },
    ])
    expect(await fateOf(made, bundler)).toContain('LOCK_MISSING')
    expect(await fateOf(await locked(made), bundler)).toBe('accept')
    expect(Buffer.from(made.read('signed-wasm.lock.json')).toString()).toContain('"contents"')
    expect((await inTerminal(made, 'check')).code).toBe(0)
    // What the output has of them may be less.
    made.write(holding('one', script(two!)))
    expect(await fateOf(made, bundler)).toBe('accept')
    for (const [other, code] of [
      [script(one!, new_!), 'LOCK_DIFFERS'],
      [script(one!, altered), 'COMPONENT_UNSIGNED'],
    ] as const) {
      made.write(holding('one', other))
      expect(await fateOf(made, bundler)).toContain(code)
      expect((await inTerminal(made, 'check')).out).toContain(code)
    }
  })

  it('names the dependency of the project through which it came', async () => {
    const script = ENCODED['in a script']!(core)
    const depending = (name: string, on: string) => ({
      [`node_modules/${name}/package.json`]: JSON.stringify({
        ...{ name, type: 'module', main: 'index.js' },
        dependencies: { [on]: '1' },
      }),
    })
    const made = project(
      {
        ...holding('one', `export * from '../middle/index.js'`),
        ...depending('one', 'middle'),
        ...holding('middle', `export * from '../deep/index.js'\nexport const own = '${base64(altered)}'`),
        ...depending('middle', 'deep'),
        ...holding('deep', script),
        // In a circle.
        ...depending('deep', 'one'),
        'main.js': importing('one'),
      },
      [],
    )
    expect(await fateOf(made, bundler)).toContain(
      'npm:deep/index.js (NO_RULE, through one), npm:middle/index.js (NO_RULE, through one)',
    )
  })

  it('does not open a door for the same bytes in another package', async () => {
    const script = ENCODED['in a script']!(core)
    const made = project(
      { ...holding('one', script), ...holding('two', script), 'main.js': importing('one', 'two') },
      pin('npm:one'),
    )
    expect(await fateOf(await locked(made), bundler)).toContain(
      'NO_RULE node_modules/two/index.js: no rule of the policy names npm:two/index.js',
    )
  })
})

describe('THREAT 46: what is beside what is pinned', () => {
  const names = (glob: string) => ({ files: `npm:one${glob}`, unsigned: 'its publisher does not sign' })

  it.each(['vite', 'webpack', 'esbuild'] as const)(
    'in a script beside a genuine file is refused, with %s',
    async (bundler) => {
      const script = `export const data = '${base64(altered)}'`
      for (const [rule, code] of [
        [names('/x.wasm'), 'NO_RULE'],
        [names(''), 'LOCK_MISSING'],
      ] as const) {
        const made = await locked(
          project(
            {
              ...holding('one', 'export const data = 1'),
              'node_modules/one/x.wasm': core,
              'main.js': importing('one'),
            },
            [rule],
          ),
        )
        expect(await fateOf(made, bundler)).toBe('accept')
        made.write(holding('one', script))
        expect(await fateOf(made, bundler)).toContain(code)
      }
    },
  )

  it('in a variant that only a dev server takes is refused there, and by check', async () => {
    const made = await locked(
      project(
        {
          ...holding('one', ''),
          'node_modules/one/dev/x.wasm': core,
          'node_modules/one/dist/x.wasm': core,
          'main.js': '',
        },
        [names('')],
      ),
    )
    const { address } = await startServer(made, {})
    const statusOf = async (file: string) => (await fetch(`${address}node_modules/one/${file}`)).status
    expect(await statusOf('dev/x.wasm')).toBe(200)
    made.write({ 'node_modules/one/dev/x.wasm': altered })
    expect([await statusOf('dev/x.wasm'), await statusOf('dist/x.wasm')]).toEqual([403, 200])
    expect((await inTerminal(made, 'check')).out).toContain('LOCK_DIFFERS node_modules/one/dev/x.wasm')
  })
})

describe.each(['vite', 'webpack', 'esbuild'] as const)(
  'a package as it is on the registry, with %s',
  (bundler) => {
    it('passes under the rule and the lock that refusal and README tell of, and with one byte altered it does not', async () => {
      const made = project(
        { 'main.js': importing('es-module-lexer').replace('index.js', 'dist/lexer.js') },
        [],
      )
      cpSync(path.join(REPOSITORY, 'node_modules/es-module-lexer'), made.at('node_modules/es-module-lexer'), {
        recursive: true,
      })
      expect(await fateOf(made, bundler)).toContain('NO_RULE node_modules/es-module-lexer/dist/lexer.js')
      made.write({ 'signed-wasm.json': policyText(pin('npm:es-module-lexer')) })
      expect(await fateOf(await locked(made), bundler)).toBe('accept')
      const script = Buffer.from(made.read('node_modules/es-module-lexer/dist/lexer.js')).toString()
      const at = script.indexOf('AGFzb') + 200
      const other = script[at] === 'A' ? 'B' : 'A'
      made.write({
        'node_modules/es-module-lexer/dist/lexer.js': script.slice(0, at) + other + script.slice(at + 1),
      })
      expect(await fateOf(made, bundler)).toContain('LOCK_DIFFERS')
    })
  },
)

describe('a copy in the project', () => {
  const rules = [{ files: 'src/**', signers: ['release'] }]
  const files = {
    'src/hello.wasm': by(HELLO, ALICE),
    'main.js': `import hello from './src/hello.wasm'\nglobalThis.a = hello`,
  }

  it('THREAT 46: has a name of its own', async () => {
    const made = await locked(project({ ...files, 'public/hello.wasm': by(HELLO, ALICE) }, rules))
    const config = { publicDir: made.at('public') }
    expect(await fateOf(made, 'vite', {}, config)).toContain('NO_RULE public/hello.wasm')
    made.write({ 'signed-wasm.json': policyText([...rules, { files: 'public/**', signers: ['release'] }]) })
    expect(await fateOf(await locked(made), 'vite', {}, config)).toBe('accept')
  })

  it('in a dev server is answered with 403', async () => {
    const made = await locked(project({ ...files, 'lib/other.wasm': by(OTHER, ALICE) }, rules))
    const { address } = await startServer(made, {})
    const get = async (file: string) => {
      const answer = await fetch(`${address}${file}`)
      return [answer.status, (await answer.text()).match(/[A-Z]+_[A-Z]+/)?.[0]]
    }
    expect(await get('lib/other.wasm')).toEqual([403, 'NO_RULE'])
    expect((await get('src/hello.wasm'))[0]).toBe(200)
  })

  it('that differs from the lock warns in a dev server, and is refused in a build', async () => {
    const made = await locked(project(files, rules))
    made.write({ 'src/hello.wasm': by(withSection(HELLO), ALICE) })
    const { address } = await startServer(made, {})
    expect((await fetch(`${address}src/hello.wasm`)).status).toBe(200)
    expect(await fateOf(made, 'vite')).toContain('LOCK_DIFFERS')
  })
})

describe('THREAT 47: a link out of the project', () => {
  it('has the name of where it leads', async () => {
    const outside = makeProject({ 'hello.wasm': by(HELLO, ALICE) })
    const link = (rules: object[]) => {
      const made = project({ 'main.js': `import hello from './src/hello.wasm'\nglobalThis.a = hello` }, rules)
      mkdirSync(made.at('src'))
      symlinkSync(outside.at('hello.wasm'), made.at('src/hello.wasm'))
      return made
    }
    for (const bundler of ['vite', 'webpack', 'esbuild'] as const) {
      expect(await fateOf(link([{ files: '**', signers: ['release'], lock: 'none' }]), bundler)).toContain(
        'NO_RULE',
      )
      const named = link([
        { files: `../${path.basename(outside.root)}/hello.wasm`, signers: ['release'], lock: 'none' },
      ])
      expect(await fateOf(named, bundler)).toBe('accept')
    }
    const checked = await inTerminal(
      link([{ files: `../${path.basename(outside.root)}/hello.wasm`, signers: ['release'], lock: 'none' }]),
      'check',
    )
    expect(checked.out).toMatch(/ 0 refused/)
    const unnamed = link([{ files: '**', signers: ['release'], lock: 'none' }])
    expect((await inTerminal(unnamed, 'check', 'src/hello.wasm')).out).toContain('NO_RULE')
  })
})

describe('where a policy is found', () => {
  const rules = [{ files: '**', signers: ['security'], lock: 'none' }]
  const app: Files = {
    'packages/app/package.json': JSON.stringify({ name: 'app', type: 'module' }),
    'packages/app/hello.wasm': by(HELLO, ALICE),
    'packages/app/main.js': `import hello from './hello.wasm'\nglobalThis.a = hello`,
    'packages/app/release.pub': RELEASE_PUB,
    'release.pub': RELEASE_PUB,
    'signed-wasm.json': policyText(rules),
  }
  const keys = { keys: 'release.pub' }

  it.each([
    ['above, as far as the repository', { '.git/HEAD': '' }, {}, 'SIGNERS_MISSING'],
    ['above, as far as the workspace', { 'pnpm-workspace.yaml': '' }, {}, 'SIGNERS_MISSING'],
    [
      'above, as far as a workspace of npm',
      { 'package.json': JSON.stringify({ workspaces: ['packages/*'] }) },
      {},
      'SIGNERS_MISSING',
    ],
    ['not above the repository', { 'packages/app/.git/HEAD': '' }, keys, 'accept'],
    [
      'the nearest',
      {
        '.git/HEAD': '',
        'packages/app/signed-wasm.json': policyText([{ files: '**', signers: ['release'], lock: 'none' }]),
      },
      {},
      'accept',
    ],
    [
      'where the options say',
      { 'packages/app/.git/HEAD': '' },
      { policy: '../../signed-wasm.json' },
      'SIGNERS_MISSING',
    ],
    ['nowhere, where the options say', { '.git/HEAD': '' }, { policy: 'other.json' }, 'FILE_UNREADABLE'],
  ] as const)('%s', async (_, files, options, fate) => {
    const made = makeProject({ ...app, ...files })
    const opened = projectIn(made.at('packages/app'))
    for (const bundler of ['vite', 'webpack', 'esbuild'] as const)
      expect(await fateOf(opened, bundler, options)).toContain(fate)
    const named = Object.hasOwn(options, 'policy') ? ['--policy', (options as { policy: string }).policy] : []
    const { out, err } = await inTerminal(opened, 'check', 'hello.wasm', ...named)
    // A command has no options to go by where there is no policy.
    const wanted = fate === 'accept' ? (options === keys ? 'NO_POLICY' : ' 0 refused') : fate
    expect(`${out}\n${err}`).toContain(wanted)
  })

  it('in the project alone, where there is neither a repository nor a workspace', async () => {
    // Outside of any repository, as far as the machine of the test allows.
    const made = makeProject({ ...app, 'packages/app/.git/HEAD': '' })
    expect(existsSync(made.at('.git'))).toBe(false)
    expect(await fateOf(projectIn(made.at('packages/app')), 'esbuild', keys)).toBe('accept')
  })
})

describe('options beside a policy', () => {
  const files = {
    'src/hello.wasm': by(HELLO, ALICE),
    'main.js': `import hello from './src/hello.wasm'\nglobalThis.a = hello`,
  }
  const rules = (signer: string) => [{ files: '**', signers: [signer], lock: 'none' }]

  it.each([
    [{ keys: 'release.pub' }, 'in "signers"'],
    [{ include: 'src/**' }, 'in "rules"'],
    [{ exclude: 'src/**' }, 'in rules with "unsigned"'],
    [{ detached: false }, 'in "detached"'],
    [{ packages: 'report' }, 'in "rules"'],
  ] as const)('%j is refused, and it says where that belongs', async (options, where) => {
    const refusal = await fateOf(project(files, rules('release')), 'esbuild', options)
    expect(refusal).toContain(
      `OPTION_INVALID: \`${Object.keys(options)[0]}\` must be left out, since signed-wasm.json says`,
    )
    expect(refusal).toContain(where)
  })

  it.each([
    ['lenient', undefined, 'accept'],
    ['strict', 'lenient', 'SIGNERS_MISSING'],
    ['lenient', 'strict', 'SIGNERS_MISSING'],
    [undefined, 'lenient', 'accept'],
    [{ serve: 'lenient' }, undefined, 'SIGNERS_MISSING'],
    ['lenient', 'off', 'accept'],
  ] as const)(
    'the stricter mode counts, of %j in the policy and %j in the options',
    async (written, mode, fate) => {
      const made = project(files, rules('security'), written === undefined ? {} : { mode: written })
      expect(await fateOf(made, 'esbuild', mode === undefined ? {} : { mode })).toContain(fate)
    },
  )

  it.each([
    ['false', { cache: false }, 0],
    ['true', { cache: true }, 1],
    ['nothing', {}, 1],
  ] as const)(
    'keep what jco makes as the policy lets them: it says %s of the cache',
    async (_, said, count) => {
      const made = project(files, rules('release'), said)
      expect(await fateOf(made, 'esbuild', { cache: 'kept' })).toBe('accept')
      expect(made.files('kept')).toHaveLength(count)
    },
  )

  it('leave what the policy file says of signatures beside files', async () => {
    const made = project({ ...files, 'src/hello.wasm': HELLO }, rules('security'), { detached: true })
    expect(await fateOf(made, 'esbuild')).toContain('COMPONENT_UNSIGNED')
  })
})

describe('a page', () => {
  it('checks by digest what several rules or signers bind, and says so', async () => {
    const made = project(
      {
        'src/hello.wasm': by(HELLO, ALICE, BOB),
        'main.js': `import hello from './src/hello.wasm'\nglobalThis.a = hello`,
      },
      [{ files: '**', signers: ['release', 'security'], threshold: 2, lock: 'none' }],
    )
    const { warnings } = await build.vite({
      project: made,
      options: { recheck: 'signature' },
      target: 'browser',
      out: 'out',
    })
    expect(warnings.join('\n')).toContain('RECHECK_BY_DIGEST src/hello.wasm')
    expect(text(made, 'out')).not.toContain(base64(BOB.publicKey))
  })

  it('trusts only the signers that the rule of the file names', async () => {
    const made = project(
      {
        'src/hello.wasm': by(HELLO, ALICE),
        'main.js': `import hello from './src/hello.wasm'\nglobalThis.a = hello`,
      },
      [{ files: '**', signers: ['release'], lock: 'none' }],
    )
    const { warnings } = await build.vite({
      project: made,
      options: { recheck: 'signature' },
      target: 'browser',
      out: 'out',
    })
    expect(warnings.join('\n')).not.toContain('RECHECK_BY_DIGEST')
    expect(text(made, 'out')).toContain('release')
    expect(text(made, 'out')).not.toContain('"security"')
  })
})

describe('Node without a bundler', () => {
  const app = async (rules: object[], files: Files = {}) => {
    const made = project(
      {
        'wasm.mjs': `import { register } from 'unplugin-signed-wasm/node'\nregister()`,
        'main.js': `await import('./src/hello.wasm').then(() => console.log('ran'), (error) => console.log(error.message))`,
        'src/hello.wasm': by(HELLO, ALICE),
        'node_modules/.keep': '',
        ...files,
      },
      rules,
    )
    symlinkSync(REPOSITORY, made.at('node_modules/unplugin-signed-wasm'))
    return made
  }
  const run = async (made: Project) =>
    (await command(process.execPath, ['--import', './wasm.mjs', 'main.js'], { cwd: made.root })).stdout

  it('decides as a build does', async () => {
    const rules = [{ files: 'src/**', signers: ['release'] }]
    const made = await app(rules)
    expect(await run(made)).toContain('LOCK_MISSING')
    await locked(made)
    expect(await run(made)).toContain('ran')
    made.write({ 'src/hello.wasm': by(withSection(HELLO), ALICE) })
    expect(await run(made)).toContain('LOCK_DIFFERS')
    made.write({ 'signed-wasm.json': policyText([]) })
    expect(await run(made)).toContain('NO_RULE')
  })

  it('concludes at once what a build concludes at its end', async () => {
    const made = await app([], {
      ...holding('one', `export * from './x.wasm'`),
      'node_modules/one/x.wasm': core,
      'main.js': `await import('one').then(() => console.log('ran'), (error) => console.log(error.message))`,
    })
    expect(await run(made)).toContain('NO_RULE')
  })
})

function text(made: Project, folder: string): string {
  return made
    .files(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => Buffer.from(made.read(`${folder}/${file}`)).toString())
    .join('\n')
}
