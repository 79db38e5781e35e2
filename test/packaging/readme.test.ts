/** Every fenced block of the README is run, or compared with what it shows. A new block fails until it has a test. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explain, type Mode, parsePublicKeys, type Verdict, verify } from '../../src/api.js'
import { CODES } from '../../src/errors/catalogue.js'
import { problem } from '../../src/errors/raise.js'
import { signedWasm } from '../../src/index.js'
import { resolveOptions } from '../../src/plugin/options.js'
import { PackageWasm } from '../../src/plugin/package-wasm.js'
import { parsePolicyFile } from '../../src/policy/policy-file.js'
import {
  IDENTITY_FIELDS,
  PIN_FIELDS,
  POLICY_FIELDS,
  RULE_FIELDS,
  SIGNER_FIELDS,
} from '../../src/policy/policy-shape.js'
import { decide } from '../../src/policy/table.js'
import { describeSlow } from '../../src/report/slow.js'
import { sign } from '../../src/trust/sign.js'
import { buildBigComponent } from '../fixtures/components/big.mjs'
import { runtimeSizes } from '../bench/sizes.mjs'
import {
  fixture,
  inState,
  linkPackage,
  makeProject,
  type Project,
  REPOSITORY,
  TRUSTED,
  TRUSTED_PEM,
} from '../kit/project.js'
import { type Block, BLOCKS as blocks, blockWith, README as readme } from '../kit/readme.js'
import { command, runInNode, tool } from '../kit/run.js'
import { bundleNamed, HELLO, MOCK_ROOT } from '../kit/sigstore.js'
import { withoutSlow } from '../kit/slow.js'
import { COMPILERS, RESOLUTIONS, typeCheck } from '../kit/typescript.js'
import { faultsOf } from '../kit/workflows.js'
import { PRODUCERS, SCRIPTS } from '../world/producers.js'
import { FRAMEWORKS } from '../bundlers/frameworks.js'

const packageJson = JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
  engines: { node: string }
  exports: Record<string, unknown>
}

const claimed = new Set<Block>()

/** The one block that holds this text. */
function block(marker: string): string {
  const found = blockWith(marker)
  claimed.add(found)
  return found.text
}

const BIN = path.join(REPOSITORY, 'dist/cli/main.js')

/** A project in which `npx unplugin-signed-wasm` is this package. */
function project(files: Record<string, string | Uint8Array> = {}): Project {
  const made = makeProject({ 'release.pub': TRUSTED_PEM, ...files })
  linkPackage(made)
  return made
}

/** Runs the lines of a shell block one after another; all must succeed. */
async function runShell(text: string, cwd: string, env: Record<string, string> = {}): Promise<string> {
  let output = ''
  for (const line of text.trim().split('\n')) {
    const own = line.replace(/^npx unplugin-signed-wasm /, `node ${JSON.stringify(BIN)} `)
    const ended = await command('bash', ['-c', own], { cwd, env })
    expect(ended.code, `${line}\n${ended.output}`).toBe(0)
    output += ended.output
  }
  return output
}

const section = (title: string) => readme.split(`\n## ${title}\n`)[1]!.split('\n## ')[0]!

const APP = block("import hello, { greet } from './hello.wasm'")
const signedHello = () => inState(fixture('hello'), 'signed')
const app = () => ({
  'src/main.js': APP.replace('console.log(', 'globalThis.answers = ('),
  'src/hello.wasm': signedHello(),
})

it('what packages bring is listed as shown', () => {
  const found = new PackageWasm()
  for (const file of ['@sqlite.org/sqlite-wasm/a.wasm', 'undici/a.js', 'undici/b.js'])
    found.add(`/app/node_modules/${file}`)
  expect(block('not verified, as trusted').trimEnd()).toBe(found.describe())
})

it('what takes long is said as shown', () => {
  const shown = describeSlow({ file: 'src/shop.wasm', bytes: 12e6, unkept: 'off' })
  expect(block('making bindings for').trimEnd()).toBe(shown)
})

/** The one that the README shows. */
const FINGERPRINT = /\(fingerprint [0-9a-f]{64}\)/.exec(readme)![0]

describe('the first screen', () => {
  it('imports a component, and the comment beside it is the answer', async () => {
    const made = project({ ...app(), 'vite.config.ts': `${block('// vite.config.ts')}` })
    const built = await tool('vite/bin/vite.js', ['build', '--ssr', 'src/main.js'], { cwd: made.root })
    expect(built.code, built.output).toBe(0)
    expect(await runInNode([made.at('dist/main.js')])).toEqual([{ answers: /\/\/ (.*)/.exec(APP)![1] }])
  })

  it('shows the refusal that a build prints', async () => {
    const made = project({
      ...app(),
      'src/hello.wasm': inState(fixture('hello'), 'tampered'),
      'vite.config.ts': blocks.find(({ text }) => text.includes('// vite.config.ts'))!.text,
    })
    const built = await tool('vite/bin/vite.js', ['build', '--ssr', 'src/main.js'], { cwd: made.root })
    expect(built.code).not.toBe(0)
    const printed = built.output.replace(/\(fingerprint [0-9a-f]{64}\)/g, FINGERPRINT)
    expect(printed).toContain(block('[signed-wasm] CONTENT_MODIFIED').trim())
  })

  it('installs, on the versions of Node that package.json names', () => {
    expect(block('npm install -D')).toBe('npm install -D unplugin-signed-wasm\n')
    expect(readme).toContain(`\`${packageJson.engines.node}\``)
  })
})

describe('the two commands of a fresh clone', () => {
  const gate = readFileSync(path.join(REPOSITORY, '.ci/run'), 'utf8')

  it('are scripts, and what the gate runs', () => {
    expect(block('npm ci && npm run playground')).toBe('npm ci && npm run playground\n')
    expect(block('npm test\n')).toBe('npm test\n')
    expect(packageJson.scripts).toMatchObject({ playground: expect.any(String), test: expect.any(String) })
    for (const line of ['npm ci', 'npm run playground -- --once', 'npm test'])
      expect(gate).toContain(`\n${line}`)
  })
})

describe('for publishers', () => {
  it('goes from nothing to a signed component that a build accepts', async () => {
    const made = makeProject({ 'src/hello.wasm': fixture('hello'), 'src/main.js': app()['src/main.js'] })
    linkPackage(made)
    await runShell(block('npx unplugin-signed-wasm keygen release\n'), made.root)
    made.write({ 'vite.config.ts': blocks.find(({ text }) => text.includes('// vite.config.ts'))!.text })
    const built = await tool('vite/bin/vite.js', ['build', '--ssr', 'src/main.js'], { cwd: made.root })
    expect(built.code, built.output).toBe(0)
    expect(await runInNode([made.at('dist/main.js')])).toEqual([{ answers: 'Hello, Ada!' }])
  })

  it('rotates a key in three commands', async () => {
    const made = project({ 'src/hello.wasm': signedHello() })
    expect(block('keygen release-2027').trim().split('\n')).toHaveLength(3)
    await runShell(blocks.find(({ text }) => text.includes('keygen release-2027'))!.text, made.root)
    const both = await command('node', [BIN, 'verify', '--key', 'release.pub', 'src/hello.wasm'], {
      cwd: made.root,
    })
    expect(both.code, both.output).toBe(0)
  })

  it('signs before npm publish', async () => {
    const scripts = (JSON.parse(block('prepublishOnly')) as { scripts: { prepublishOnly: string } }).scripts
    const made = makeProject({ 'dist/hello.wasm': fixture('hello') })
    await runShell(`npx unplugin-signed-wasm keygen release`, made.root)
    const key = readFileSync(made.at('release.key'), 'utf8')
    await runShell(scripts.prepublishOnly.replace(/^/, 'npx unplugin-'), made.root, { SIGNING_KEY: key })
    await runShell('npx unplugin-signed-wasm verify --key release.pub dist/hello.wasm', made.root)
  })

  const hasOpenssl = (() => {
    try {
      return execFileSync('openssl', ['version']).length > 0
    } catch {
      console.warn('SKIPPED: the README lines with OpenSSL, which is not installed')
      return false
    }
  })()
  it.runIf(hasOpenssl)('leaves the key to OpenSSL', async () => {
    const made = makeProject({ 'src/hello.wasm': fixture('hello') })
    await runShell('npx unplugin-signed-wasm keygen release', made.root)
    await runShell(block('openssl pkeyutl'), made.root)
    await runShell('npx unplugin-signed-wasm verify --key release.pub src/hello.wasm', made.root)
  })
  if (!hasOpenssl) claimed.add(blocks.find(({ text }) => text.includes('openssl pkeyutl'))!)
})

describe('for publishers without a key', () => {
  const github = block('name: release\n')
  const gitlab = block('SIGSTORE_ID_TOKEN')

  it('are workflows that their services take, as the schemas say', () => {
    expect(faultsOf('github-workflow', github)).toEqual([])
    expect(faultsOf('gitlab-ci', gitlab)).toEqual([])
  })

  it('would be told of what they do not take', () => {
    for (const typo of ['attestations', 'id-token', 'steps', 'runs-on', 'uses'])
      expect(faultsOf('github-workflow', github.replace(`${typo}:`, `${typo}s:`)), typo).not.toEqual([])
    for (const typo of ['image', 'aud', 'if', 'before_script'])
      expect(faultsOf('gitlab-ci', gitlab.replace(`${typo}:`, `${typo}s:`)), typo).not.toEqual([])
  })

  it('sign by tag, last of all, and put the bundle beside the file', () => {
    const [, file] = /subject-path: (.*)/.exec(github)!
    expect(github).toMatch(/^on:\n {2}push:\n {4}tags:/m)
    expect(github).toMatch(
      new RegExp(
        `subject-path: ${file}\n.*cp "\\$BUNDLE" ${file}\\.sigstore\\.json\n[^]*steps\\.attest\\.outputs`,
      ),
    )
    expect(gitlab).toContain(`--bundle ${file}.sigstore.json ${file}\n`)
    for (const text of [github, gitlab]) {
      const [, after] = text.split(`${file}.sigstore.json`)
      expect(after).toMatch(/npm publish --ignore-scripts\n/)
      expect(after).not.toMatch(/npm (?:run|ci)/)
    }
  })

  it('pack the bundle with the file', async () => {
    const made = makeProject({
      'package.json': JSON.stringify({
        name: 'hello',
        version: '1.2.0',
        ...(JSON.parse(block('"dist/hello.wasm.sigstore.json"')) as { files: string[] }),
      }),
      'dist/hello.js': '',
      'dist/hello.wasm': fixture('hello'),
      'dist/hello.wasm.sigstore.json': bundleNamed('a statement, 0.3'),
    })
    const packed = await command('npm', ['pack', '--dry-run', '--json'], { cwd: made.root })
    expect(packed.output).toMatch(/"path": "dist\/hello\.wasm\.sigstore\.json"/)
    expect(packed.output).toMatch(/"path": "dist\/hello\.wasm"/)
  })
})

describe('for those who trust an identity', () => {
  const files = () => ({
    'src/main.js': `import { greet } from '../dist/hello.wasm'\nglobalThis.answers = greet('Ada')`,
    'dist/hello.wasm': HELLO,
    'dist/hello.wasm.sigstore.json': bundleNamed('a statement, 0.3'),
    'root.json': MOCK_ROOT,
  })

  it('the config is all that a build needs, beside the root of services that can be asked here', async () => {
    const config = block('// vite.config.js (an identity)').replace(
      'identities: [',
      "trustedRoot: 'root.json', $&",
    )
    const made = project({ ...files(), 'vite.config.js': config })
    const args = ['build', '--ssr', 'src/main.js', '--outDir', 'out']
    const built = await tool('vite/bin/vite.js', args, { cwd: made.root })
    expect(built.code, built.output).toBe(0)
    expect(await runInNode([made.at('out/main.js')])).toEqual([{ answers: 'Hello, Ada!' }])
    made.write({ 'dist/hello.wasm.sigstore.json': bundleNamed('another repository') })
    const refused = await tool('vite/bin/vite.js', args, { cwd: made.root })
    expect([refused.code === 0, refused.output]).toEqual([
      false,
      expect.stringContaining('IDENTITY_UNTRUSTED'),
    ])
  })

  it('the commands show what a bundle says, and check it', async () => {
    const made = project(files())
    const text = block('# what a bundle says, unchecked').replace(
      ' verify ',
      ' verify --trusted-root root.json ',
    )
    const output = await runShell(text, made.root)
    expect(output).toContain('of which nothing is checked here')
    expect(output).toContain('1 file: 1 accepted')
  })
})

describe('in CI', () => {
  it('has a workflow whose check passes on a signed file and fails on another', async () => {
    const workflow = block('name: wasm\n')
    expect(faultsOf('github-workflow', workflow)).toEqual([])
    const line = /run: (npx unplugin-signed-wasm verify .*)/.exec(workflow)![1]!
    expect(workflow).toMatch(/^permissions:\n {2}contents: read$/m)
    const made = project({ 'src/deep/hello.wasm': signedHello() })
    await runShell(line, made.root)
    made.write({ 'src/other.wasm': fixture('hello') })
    const ended = await command('bash', ['-c', line.replace('npx unplugin-signed-wasm', `node ${BIN}`)], {
      cwd: made.root,
      env: { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: made.root },
    })
    expect([ended.code, ended.stdout]).toEqual([
      1,
      expect.stringContaining('::error file=src/other.wasm,title=COMPONENT_UNSIGNED'),
    ])
  })

  it('has a hook that is quiet when all is well', async () => {
    const made = project({ 'src/hello.wasm': signedHello() })
    expect(await runShell(block('--quiet'), made.root)).toBe('')
  })

  it('checks what an install brought', async () => {
    const made = project()
    made.write({ 'node_modules/acme-hello/dist/hello.wasm': signedHello() })
    expect(await runShell(block('node_modules/acme-hello'), made.root)).toContain('1 file: 1 accepted')
  })

  it('fetches keys with a command that exists', async () => {
    const line = block('keys fetch').trim()
    const help = await command('node', [BIN, ...line.split(' ').slice(2, 3), '--help'])
    expect(help.stdout).toContain('fetch <account>')
    expect(line).toBe('npx unplugin-signed-wasm keys fetch octocat -o octocat.keys')
  })
})

describe('Node without a bundler', () => {
  it('imports a component', async () => {
    const made = project({
      'src/hello.wasm': signedHello(),
      'wasm.mjs': block('unplugin-signed-wasm/node'),
      'app.js': `import { greet } from './src/hello.wasm'\nconsole.log(greet('Ada'))`,
    })
    expect(withoutSlow(await runShell(block('--import ./wasm.mjs'), made.root))).toBe('Hello, Ada!\n')
  })
})

describe('types', () => {
  const usage = block('type Imports')
  const commands = block('signed-wasm types --key release.pub --check')

  const typed = () => project({ 'src/main.ts': usage, 'src/hello.wasm': signedHello() })

  const TSCONFIG = { 'tsconfig.json': JSON.stringify({ include: ['src'] }) }

  it.each(COMPILERS.flatMap((compiler) => RESOLUTIONS.map((resolution) => ({ compiler, resolution }))))(
    'come with two commands and no setting: $compiler.name, $resolution',
    async (check) => {
      const made = typed()
      made.write(TSCONFIG)
      await runShell(commands, made.root)
      expect(await typeCheck(made, check)).toBe('')
    },
  )

  it('lie beside a component for those who bundle declarations', async () => {
    const made = typed()
    made.write({
      'tsconfig.json': JSON.stringify({ compilerOptions: { module: 'esnext', moduleResolution: 'bundler' } }),
    })
    await runShell(block('types --sibling'), made.root)
    expect(made.files('src')).toContain('hello.wasm.d.ts')
  })

  it('come with a build', async () => {
    const made = typed()
    made.write({
      ...TSCONFIG,
      'vite.config.ts': blocks.find(({ text }) => text.includes('// vite.config.ts'))!.text,
      'src/main.js': `import './hello.wasm'`,
    })
    const built = await tool('vite/bin/vite.js', ['build', '--ssr', 'src/main.js'], { cwd: made.root })
    expect(built.code, built.output).toBe(0)
    expect(await typeCheck(made, { compiler: COMPILERS[0]!, resolution: 'bundler' })).toBe('')
  })

  it('come before a build by a line in package.json', async () => {
    const { scripts } = JSON.parse(block('"prebuild"')) as { scripts: Record<string, string> }
    const made = typed()
    const manifest = { name: 'app', type: 'module', scripts: { ...scripts, build: 'node check.js' } }
    made.write({
      ...TSCONFIG,
      'package.json': JSON.stringify(manifest),
      'check.js': `import { readFileSync } from 'node:fs'\nreadFileSync('src/signed-wasm.d.ts')`,
    })
    const bin = path.join(made.root, 'node_modules/.bin')
    mkdirSync(bin, { recursive: true })
    const script = `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`
    writeFileSync(path.join(bin, 'signed-wasm'), script, { mode: 0o755 })
    const ran = await command('npm', ['run', 'build'], { cwd: made.root })
    expect(ran.code, ran.output).toBe(0)
    expect(await typeCheck(made, { compiler: COMPILERS[0]!, resolution: 'bundler' })).toBe('')
  })

  it('have a loose form in the package', () => {
    expect(section('Types')).toContain('"types": ["unplugin-signed-wasm/client"]')
    const { exports } = JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8')) as {
      exports: Record<string, { types?: string }>
    }
    expect(readFileSync(path.join(REPOSITORY, exports['./client']!.types!), 'utf8')).toContain("'*.wasm'")
  })
})

describe('bundlers', () => {
  const cases = [
    { name: 'rollup', script: 'rollup/dist/bin/rollup', args: ['-c'], file: 'rollup.config.js' },
    { name: 'rolldown', script: 'rolldown/bin/cli.mjs', args: ['-c'], file: 'rolldown.config.js' },
    { name: 'webpack', script: 'webpack-cli/bin/cli.js', args: [], file: 'webpack.config.js' },
    { name: 'rspack', script: '@rspack/cli/bin/rspack.js', args: ['build'], file: 'rspack.config.js' },
  ]

  it.each(cases)('builds with the config for $name', async ({ script, args, file }) => {
    const made = project({ ...app(), [file]: block(`// ${file}`) })
    const built = await tool(script, args, { cwd: made.root })
    expect(built.code, built.output).toBe(0)
    const assets = made.files('dist').filter((name) => name.endsWith('.wasm'))
    expect(
      assets.map((name) => Buffer.from(made.read(`dist/${name}`)).equals(made.read('src/hello.wasm'))),
    ).toEqual([true])
  })

  it('builds with the script for esbuild', async () => {
    const made = project(app())
    writeFileSync(made.at('build.js'), block('// build.js (esbuild)'))
    const built = await command('node', ['build.js'], { cwd: made.root })
    expect(built.code, built.output).toBe(0)
    expect(await runInNode([made.at('dist/main.js')])).toEqual([{ answers: 'Hello, Ada!' }])
  })

  it('builds with the config for farm', async () => {
    const made = project({
      ...app(),
      'farm.config.js': block('// farm.config.js'),
      'index.html': '<!doctype html><script type="module" src="./src/main.js"></script>',
    })
    const built = await tool('@farmfe/cli/bin/farm.mjs', ['build'], { cwd: made.root })
    expect(built.code, built.output).toBe(0)
    const wasm = made.files('dist').filter((name) => name.endsWith('.wasm'))
    expect(
      wasm.map((name) => Buffer.from(made.read(`dist/${name}`)).equals(made.read('src/hello.wasm'))),
    ).toEqual([true])
  })
})

describe('at run time', () => {
  it('refuses what was changed after a build with the option that is shown, and only that', async () => {
    const plugin = block("recheck: 'signature'").trim()
    const config = blocks.find(({ text }) => text.includes('// rollup.config.js'))!.text
    const own = config.replace(/signedWasm\(\{.*\}\)/, plugin)
    expect(own).toContain('recheck')
    const made = project({ ...app(), 'rollup.config.js': own })
    const built = await tool('rollup/dist/bin/rollup', ['-c'], { cwd: made.root })
    expect(built.code, built.output).toBe(0)
    expect(await runInNode([made.at('dist/main.js')])).toEqual([{ answers: 'Hello, Ada!' }])
    const asset = made.files('dist').find((name) => name.endsWith('.wasm'))
    made.write({ [`dist/${asset}`]: sign(fixture('hello'), TRUSTED).bytes })
    expect(await runInNode([made.at('dist/main.js')])).toEqual([{ answers: 'Hello, Ada!' }])
    made.write({ [`dist/${asset}`]: inState(fixture('hello'), 'tampered') })
    const [refused] = await runInNode([made.at('dist/main.js')])
    expect(refused).toEqual({ error: expect.stringContaining('[signed-wasm] CONTENT_MODIFIED') })
  })

  it('says how much each adds to a page', async () => {
    const sizes = await runtimeSizes()
    const kB = (bytes: number) => (bytes / 1000).toFixed(1)
    expect(section('At run time')).toContain(
      `${kB(sizes.off)} to ${kB(sizes['off, compiled while it arrives'])} kB in all`,
    )
    for (const use of ['digest', 'signature'] as const)
      expect(section('At run time')).toMatch(
        new RegExp(`^\\| \`'${use}'\` .*\\| ${kB(sizes[use])} kB in all \\|$`, 'm'),
      )
  })

  it('loads and verifies without a bundler', async () => {
    const snippet = block("from 'unplugin-signed-wasm/runtime'")
    const made = project({ 'hello.wasm': signedHello() })
    const program = `const publicKeyText = ${JSON.stringify(TRUSTED_PEM)}\n${snippet}\nglobalThis.answers = bytes.length`
    made.write({ 'load.js': program })
    expect(await runInNode([made.at('load.js')])).toEqual([{ answers: made.read('hello.wasm').length }])
    made.write({ 'hello.wasm': inState(fixture('hello'), 'tampered') })
    expect(await runInNode([made.at('load.js')])).toEqual([
      { error: expect.stringContaining('[signed-wasm] CONTENT_MODIFIED') },
    ])
  })
})

describe('where components come from', () => {
  /** Bytes of a page: its scripts, compressed. */
  async function priceOf(...components: Uint8Array[]): Promise<number> {
    const lines = components.map(
      (_, i) => `import c${i} from './${i}.wasm?instantiate'\nglobalThis.c${i} = c${i}`,
    )
    const made = makeProject({ 'main.js': lines.join('\n') })
    components.forEach((bytes, i) => made.write({ [`${i}.wasm`]: bytes }))
    const { output } = (await build({
      root: made.root,
      configFile: false,
      logLevel: 'silent',
      plugins: [signedWasm.vite({ keys: TRUSTED_PEM })],
      build: { write: false, modulePreload: false, rolldownOptions: { input: made.at('main.js') } },
    })) as Rolldown.RolldownOutput
    const code = output.map((one) => (one.type === 'chunk' ? one.code : '')).join('')
    return gzipSync(code, { level: 9 }).length
  }

  const row = (from: string) => {
    const line = section('Where components come from')
      .split('\n')
      .find((one) => one.startsWith(`| ${from} |`))
    return line!
      .split('|')
      .slice(3, 6)
      .map((cell) => cell.trim())
  }
  /** Its sentences, each in one line. */
  const prose = section('Where components come from').replaceAll(/\s+/g, ' ')
  const kB = (bytes: number, digits = 0) => (bytes / 1000).toFixed(digits)
  const compressed = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 }).length

  it('says what one of C costs', async () => {
    const bytes = fixture('hello')
    expect(row('C')).toEqual([
      `${kB(bytes.length, 1)} kB`,
      `${kB(compressed(bytes), 1)} kB`,
      `${kB(await priceOf(signedHello()))} kB`,
    ])
  })

  it('says what a second one of C brings', async () => {
    const second = inState(fixture('counter'), 'signed')
    const more = (await priceOf(signedHello(), second)) - (await priceOf(signedHello()))
    expect(prose).toContain(`a second component of C brings ${kB(more)} kB more`)
  })

  it('says what one of JavaScript costs', async () => {
    const bytes = await buildBigComponent()
    const [file, small, scripts] = row('JavaScript')
    expect(file).toContain(`${kB(bytes.length / 1000)} MB`)
    expect(small).toBe(`${kB(compressed(bytes) / 1000, 1)} MB`)
    expect(scripts).toBe(`${kB(await priceOf(inState(bytes, 'signed')))} kB`)
  })

  const real = process.env['SIGNED_WASM_COMPONENTS']
  if (real === undefined)
    console.warn('SKIPPED: the price of components of Rust, as SIGNED_WASM_COMPONENTS is not set')
  it.skipIf(real === undefined)('says what one of Rust costs', async () => {
    const files = ['smoke', 'resources'].map((name) =>
      readFileSync(path.join(real!, `${name}.component.wasm`)),
    )
    const range = (numbers: readonly number[]) => `${numbers.map((one) => kB(one)).join(' to ')} kB`
    const [file, small, scripts] = row('Rust')
    expect(file).toBe(range(files.map((bytes) => bytes.length)))
    expect(small).toBe(range(files.map(compressed)))
    const prices = [await priceOf(inState(files[0]!, 'signed')), await priceOf(inState(files[1]!, 'signed'))]
    expect(scripts).toContain(range(prices))
    const both = await priceOf(inState(files[0]!, 'signed'), inState(files[1]!, 'signed'))
    expect(prose).toContain(`a second one of Rust ${kB(both - prices[1]!)} kB`)
  })
})

describe('development', () => {
  it('is lenient in the dev server alone, with the option that is shown', async () => {
    const plugin = block("serve: 'lenient'").trim()
    const options = new Function('signedWasm', `return ${plugin}`) as (
      resolve: typeof resolveOptions,
    ) => ReturnType<typeof resolveOptions>
    expect(options(resolveOptions).mode).toEqual({ build: 'strict', serve: 'lenient' })
  })

  it('works without top-level await in the form that is shown', async () => {
    const snippet = block('const { greet } = await instantiate()')
    const main = snippet.replace('const {', ';(async () => { const {').trimEnd()
    const made = project({
      'package.json': '{}',
      'src/main.js': `${main}; globalThis.answers = greet('Ada') })()`,
      'src/hello.wasm': signedHello(),
    })
    const script = blocks.find(({ text }) => text.includes('// build.js (esbuild)'))!.text
    made.write({ 'build.mjs': script.replace("format: 'esm'", "format: 'cjs'") })
    const built = await command('node', ['build.mjs'], { cwd: made.root })
    expect(built.code, built.output).toBe(0)
    expect(await runInNode([made.at('dist/main.js')])).toEqual([{ answers: 'Hello, Ada!' }])
  })
})

describe('for library authors', () => {
  const rows = [
    ...section('For library authors').matchAll(
      /^\| (\w+).* \| `(unplugin-signed-wasm\/\w+)` \| `(.*)` \|$/gm,
    ),
  ]

  it('has the tools whose libraries the tests build', () => {
    expect(rows.map(([, name]) => name)).toEqual(['tsdown', 'tsup', 'Rslib', 'unbuild'])
  })

  it.each(rows.map(([, ...cells]) => cells))('has what they write for %s', (name, entry, line) => {
    const configs = [...PRODUCERS, ...SCRIPTS].filter((one) => one.name === name).map(({ config }) => config)
    const whole = `import signedWasm from '${entry}'`
    expect(configs.filter((config) => config.includes(whole) && config.includes(line!))).not.toEqual([])
  })
})

describe('Bun and Deno', () => {
  it.each([
    ['test/bundlers/bun.test.ts', '// build.js (Bun)'],
    ['test/bundlers/bun.test.ts', '// preload.js (Bun)'],
    ['test/bundlers/bun.test.ts', 'bun --preload'],
    ['test/integration/deno.test.ts', 'deno run'],
  ])('have in %s a test that runs the block with %s', (file, marker) => {
    block(marker)
    expect(readFileSync(path.join(REPOSITORY, file), 'utf8')).toContain(`blockWith('${marker}')`)
  })
})

describe('the places where it works', () => {
  const rows = section('Where it works')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:place|---) /.test(line))
    .map((line) => line.split(' | '))

  it.each(rows)('are tested, and their entries there: %s', (_, entries, tests) => {
    const { exports } = packageJson
    for (const [, name] of entries!.matchAll(/`(\/[a-z]+)`/g)) expect(exports).toHaveProperty([`.${name}`])
    const links = [...tests!.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => file!)
    expect(links.length).toBeGreaterThan(0)
    for (const file of links) expect(existsSync(path.join(REPOSITORY, file)), file).toBe(true)
  })
})

describe('frameworks', () => {
  const tests = readFileSync(path.join(REPOSITORY, 'test/bundlers/frameworks.test.ts'), 'utf8')
  const gate = readFileSync(path.join(REPOSITORY, '.ci/run'), 'utf8')

  it.each(FRAMEWORKS)(
    'have the config $config for $name, which their own test builds with',
    ({ config, name }) => {
      expect(block(`// ${config} (${name})`)).toMatch(/keys: \[.*release\.pub'/)
      expect(section('Frameworks')).toContain(`<summary>${name}</summary>`)
      expect(tests).toContain('blockWith(`// ${framework.config} (${framework.name})`)')
      expect(gate).toContain('SIGNED_WASM_FRAMEWORKS=1')
    },
  )

  it('have the config for Next.js, which its own test builds with', () => {
    expect(block('// next.config.ts (Next.js)')).toContain("{ keys: ['release.pub'] }")
    const test = readFileSync(path.join(REPOSITORY, 'test/bundlers/next.test.ts'), 'utf8')
    expect(test).toContain("blockWith('// next.config.ts (Next.js)')")
    expect(gate).toContain('SIGNED_WASM_FRAMEWORKS=1')
  })

  it('have the command that looks at the files of Next.js', async () => {
    const made = project({ 'app/hello.wasm': signedHello(), 'app/[id]/hello.wasm': signedHello() })
    await runShell(block("'app/**/*.wasm'"), made.root)
    made.write({ 'app/[id]/hello.wasm': fixture('hello') })
    await expect(runShell(block("'app/**/*.wasm'"), made.root)).rejects.toThrow('COMPONENT_UNSIGNED')
  })
})

describe('workers and the edge', () => {
  it('have a config, which their own test builds with', () => {
    const tests = readFileSync(path.join(REPOSITORY, 'test/bundlers/cloudflare.test.ts'), 'utf8')
    expect(block('// vite.config.js (Cloudflare Workers)')).toContain("signedWasm({ keys: ['release.pub'] })")
    expect(tests).toContain("blockWith('// vite.config.js (Cloudflare Workers)')")
    expect(block('// build.js (esbuild, for Workers)')).toContain('workerd')
    expect(block('// nitro.config.ts (Nitro, for Workers)')).toContain('options.dev')
    expect(tests).toContain("blockWith('// nitro.config.ts (Nitro, for Workers)')")
    expect(tests).toContain("blockWith('// build.js (esbuild, for Workers)')")
  })
})

describe('use', () => {
  it('imports everything that the table shows', async () => {
    const rows = [...readme.matchAll(/^\| `(import .*|await import.*)` \|/gm)].map((match) => match[1]!)
    expect(rows).toHaveLength(6)
    const [names, lines] = [['a', 'b', 'c', 'd', 'e'], rows.slice(0, 5)]
    const main = [
      ...lines.map((line, index) =>
        line
          .replace(/import (\w+) from/, `import ${names[index]} from`)
          .replace('{ greet }', '{ greet as b }')
          .replace('as greeter', 'as c'),
      ),
      `const f = ${rows[5]}`,
      `const made = await e()`,
      `globalThis.answers = [a.answer(), b('x'), c.greet('x'), d.answer(), made.answer(), f.default.answer()]`,
    ].join('\n')
    const made = project({ 'src/main.js': main, 'src/hello.wasm': signedHello() })
    made.write({ 'rollup.config.js': blocks.find(({ text }) => text.includes('// rollup.config.js'))!.text })
    const built = await tool('rollup/dist/bin/rollup', ['-c'], { cwd: made.root })
    expect(built.code, built.output).toBe(0)
    expect(await runInNode([made.at('dist/main.js')])).toEqual([
      { answers: [42, 'Hello, x!', 'Hello, x!', 42, 42, 42] },
    ])
  })

  it('names the package that the error about a missing shim names', () => {
    const hint = problem('SHIM_MISSING', { file: 'x.wasm', shim: '@bytecodealliance/preview2-shim' }).hint
    expect(hint).toContain(block('npm install @bytecodealliance').trim())
  })

  it('binds imports with options that exist', () => {
    const snippet = block('acme:app/log@1.0.0').trim()
    const options = new Function('signedWasm', `return ${snippet}`) as (
      plugin: typeof resolveOptions,
    ) => ReturnType<typeof resolveOptions>
    expect(options(resolveOptions).imports).toEqual({ 'acme:app/log@1.0.0': './src/log.ts' })
  })
})

describe('tables', () => {
  it('names every option, and none that does not exist', () => {
    const named = [...section('Options').matchAll(/^\| (`[^|]*) \|/gm)].flatMap((match) =>
      [...match[1]!.matchAll(/`(\w+)`/g)].map((name) => name[1]!),
    )
    const options = Object.keys(resolveOptions()).filter((name) => !name.startsWith('written'))
    expect(named.toSorted()).toEqual(options.toSorted())
  })

  it('says of every verdict what the policy does', () => {
    const error = problem('SIGNATURE_INVALID', { reason: 'x' })
    const verdicts: [row: string, verdict: Verdict][] = [
      ['signed whole by a trusted key', { status: 'verified', signers: [], digest: '' }],
      ['only parts are signed', { status: 'partial', signers: [], parts: [], sufficient: false }],
      ['not signed', { status: 'unsigned' }],
      ['signed by nobody you trust', { status: 'untrusted', keyIds: [], unknownAlgorithms: [] }],
      ['changed after signing', { status: 'modified', signers: [] }],
      ['signature data damaged', { status: 'invalid', problem: error }],
      ['revoked', { status: 'denied', problem: error }],
      ['not WebAssembly', { status: 'malformed', problem: error }],
    ]
    const action = (verdict: Verdict, mode: Exclude<Mode, 'off'>) =>
      decide(verdict, { mode, file: 'x', keys: [] }).action
    for (const [row, verdict] of verdicts) {
      const cells = section('What happens to a file')
        .split('\n')
        .find((line) => line.startsWith(`| ${row} |`))!
      expect(cells.split(' | ').slice(1, 3)).toEqual([action(verdict, 'strict'), action(verdict, 'lenient')])
    }
  })

  it('lists only codes that exist', () => {
    const codes = [...section('Troubleshooting').matchAll(/`([A-Z][A-Z_]+)`/g)].map((match) => match[1]!)
    expect(codes.length).toBeGreaterThan(12)
    expect(codes.filter((code) => !(CODES as readonly string[]).includes(code))).toEqual([])
    for (const text of [
      'No trusted keys found',
      'Signature verification failed',
      'Component must have a valid signature',
    ]) {
      expect(section('Troubleshooting')).toContain(text)
    }
  })
})

describe('as a library', () => {
  it('verifies, or throws the reason', async () => {
    const snippet = block("from 'unplugin-signed-wasm/api'")
    const body = snippet.replace(/^import .*$/m, '')
    const check = new Function(
      'explain',
      'parsePublicKeys',
      'verify',
      'publicKeyText',
      'bytes',
      `return (async () => {${body}})()`,
    ) as (...args: unknown[]) => Promise<void>
    const run = (bytes: Uint8Array) => check(explain, parsePublicKeys, verify, TRUSTED_PEM, bytes)
    await expect(run(sign(fixture('hello'), TRUSTED).bytes)).resolves.toBeUndefined()
    await expect(run(fixture('hello'))).rejects.toThrow('COMPONENT_UNSIGNED hello.wasm')
  })
})

describe('for teams', () => {
  it('five commands lead from keys and signed components to a policy, a lock and a report', async () => {
    const made = project({ 'src/hello.wasm': signedHello() })
    const lines = block('npx unplugin-signed-wasm init').trim().split('\n')
    expect(lines).toHaveLength(5)
    for (const line of lines) await runShell(line, made.root)
    expect(made.files('.')).toEqual(
      expect.arrayContaining(['signed-wasm.json', 'signed-wasm.lock.json', 'check.sarif']),
    )
    made.write({ 'src/hello.wasm': inState(fixture('counter'), 'signed') })
    await expect(runShell('npx unplugin-signed-wasm check', made.root)).rejects.toThrow('LOCK_DIFFERS')
  })

  it('the output is compared with the report of its build', async () => {
    const made = project({ 'hello.wasm': signedHello(), 'main.js': `import './hello.wasm'` })
    const options = { keys: 'release.pub', report: 'wasm-report.json' }
    await build({
      root: made.root,
      configFile: false,
      logLevel: 'silent',
      plugins: [signedWasm.vite(options)],
      build: { target: 'es2022', rolldownOptions: { input: made.at('main.js') } },
    })
    await runShell(block('verify --report'), made.root)
    made.write({ 'dist/other.wasm': signedHello() })
    await expect(runShell(block('verify --report'), made.root)).rejects.toThrow(
      'OUTPUT_ADDED dist/other.wasm',
    )
  })

  it('the policy that is shown is one, and its fields are those of the tables', () => {
    const { rules, signers } = parsePolicyFile(block('"npm:sqlite-ish/dist/*.wasm"'), 'signed-wasm.json')
    expect([rules.length, signers.size]).toEqual([4, 2])
    const fields = { ...POLICY_FIELDS, ...RULE_FIELDS, ...PIN_FIELDS }
    for (const [name, { help, ...field }] of Object.entries(fields))
      expect(readme).toContain(`\n| \`${name}\`${'isRequired' in field ? ', needed' : ''} | ${help} |\n`)
    for (const [name, { help, ...field }] of Object.entries({ ...SIGNER_FIELDS, ...IDENTITY_FIELDS }))
      expect(readme).toContain(`\n| \`${name}\`${'isRequired' in field ? ', needed' : ''} | ${help} |\n`)
  })
})

beforeAll(() => expect(blocks.length).toBeGreaterThan(15))
afterAll(() => {
  const unclaimed = blocks.filter((one) => !claimed.has(one)).map(({ text }) => text)
  expect(unclaimed, 'README blocks without a test').toEqual([])
})
