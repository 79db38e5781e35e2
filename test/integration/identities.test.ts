/** A policy that names an identity, in the commands, in watching gates and in what is loaded for it. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Gate } from '../../src/plugin/gate.js'
import { NodeModules } from '../../src/plugin/node/modules.js'
import { resolveOptions } from '../../src/plugin/options.js'
import { ALICE } from '../kit/sections.js'
import { makeProject, type Project, REPOSITORY } from '../kit/project.js'
import { command } from '../kit/run.js'
import { ACME, bundleNamed, HELLO, MOCK_ROOT } from '../kit/sigstore.js'
import { by, inTerminal, policyText, RELEASE_PUB } from '../kit/teams.js'

const GOOD = bundleNamed('a statement, 0.3')
const ci = { ...ACME, identity: ACME.identity.replace(/v1\.2\.0$/, '*') }
const RULES = [{ files: '**', signers: ['ci'] }]

function team(rules: object[] = RULES, files: Record<string, string | Uint8Array> = {}): Project {
  return makeProject({
    'hello.wasm': HELLO,
    'hello.wasm.sigstore.json': GOOD,
    'root.json': MOCK_ROOT,
    'release.pub': RELEASE_PUB,
    'signed-wasm.json': policyText(rules, {
      signers: { ci, release: { key: 'release.pub' } },
      trustedRoot: 'root.json',
    }),
    ...files,
  })
}

const said = ({ out, err }: { out: string; err: string }) => `${out}\n${err}`

describe('a policy with an identity', () => {
  it('is locked and checked by the name of the signer, like a key', async () => {
    const project = team()
    expect(said(await inTerminal(project, 'check'))).toContain('LOCK_MISSING')
    await inTerminal(project, 'lock', '--yes')
    const lock = JSON.parse(Buffer.from(project.read('signed-wasm.lock.json')).toString()) as {
      files: Record<string, { signers: string[] }>
    }
    expect(lock.files['hello.wasm']!.signers).toEqual(['ci'])
    expect(await inTerminal(project, 'check')).toMatchObject({ code: 0 })
    expect(said(await inTerminal(project, 'explain', 'hello.wasm'))).toContain(ACME.issuer)
  })

  it('is what types are written by, and refused by', async () => {
    const project = team([{ ...RULES[0], lock: 'none' }])
    const written = await inTerminal(project, 'types', 'hello.wasm')
    expect([written.code, said(written)]).toEqual([0, expect.stringContaining('hello.wasm: written')])
    project.write({ 'hello.wasm.sigstore.json': bundleNamed('another repository') })
    expect(said(await inTerminal(project, 'types', 'hello.wasm'))).toContain('IDENTITY_UNTRUSTED hello.wasm')
  })

  it('refuses what lost its bundle, and says what belongs there', async () => {
    const project = team([{ ...RULES[0], lock: 'none' }], { 'other.wasm': HELLO })
    const output = said(await inTerminal(project, 'check'))
    expect(output).toContain('COMPONENT_UNSIGNED other.wasm')
    expect(output).toContain('other.wasm.sigstore.json')
  })

  it('counts it towards a threshold, beside a key', async () => {
    const both = [{ files: '**', signers: ['ci', 'release'], threshold: 2, lock: 'none' }]
    const project = team(both)
    expect(said(await inTerminal(project, 'check'))).toContain('SIGNERS_MISSING hello.wasm')
    // The bundle is of the bytes without the signature.
    project.write({ 'hello.wasm': by(HELLO, ALICE) })
    expect(said(await inTerminal(project, 'check'))).toContain('BUNDLE_MISMATCH hello.wasm')
  })

  it('leaves bundles alone where no rule for the file names an identity', async () => {
    const rules = [
      { files: 'hello.wasm', signers: ['release'], lock: 'none' },
      { files: 'src/**', signers: ['ci'], lock: 'none' },
    ]
    const project = team(rules, {
      'hello.wasm': by(HELLO, ALICE),
      'hello.wasm.sigstore.json': 'no bundle',
      'src/a.wasm': HELLO,
      'src/a.wasm.sigstore.json': GOOD,
    })
    expect(await inTerminal(project, 'check')).toMatchObject({ code: 0 })
  })

  it('denies a content whoever has signed', async () => {
    const project = team([{ ...RULES[0], lock: 'none' }])
    const { out } = await inTerminal(project, 'check', '--format', 'json')
    const { results } = JSON.parse(out) as { results: { digest: string; signers: object[] }[] }
    expect(results[0]!.signers).toEqual([{ kind: 'identity', name: 'ci', ...ci }])
    const written = JSON.parse(Buffer.from(project.read('signed-wasm.json')).toString()) as object
    project.write({ 'signed-wasm.json': JSON.stringify({ ...written, denied: [results[0]!.digest] }) })
    expect(said(await inTerminal(project, 'check'))).toContain('FILE_REVOKED')
  })

  it.each([
    ['an issuer without https', { ...ci, issuer: 'http://x.test' }],
    ['a * in the middle', { ...ci, identity: 'https://github.com/acme/*/x@refs/tags/v1' }],
    ['any branch', { ...ci, identity: 'https://github.com/acme/x@refs/heads/*' }],
    ['a repository with a slash at its end', { ...ci, repository: 'https://github.com/acme/hello/' }],
    ['a key as well', { ...ci, key: 'release.pub' }],
    ['a day on which it ends', { ...ci, until: '2030-01-01' }],
    ['no issuer', { identity: ci.identity }],
  ])('takes none with %s', async (_, signer) => {
    const project = team([], { 'signed-wasm.json': policyText(RULES, { signers: { ci: signer } }) })
    expect(said(await inTerminal(project, 'check'))).toMatch(/POLICY_INVALID|IDENTITY_INVALID/)
  })

  it.each([
    ['is not there', undefined, 'FILE_UNREADABLE'],
    ['is no JSON', '{', 'TRUSTED_ROOT_INVALID'],
    ['trusts a log for ever', MOCK_ROOT.replace(/"start":\s*"[^"]*"/, '"start": ""'), 'TRUSTED_ROOT_INVALID'],
  ])('is refused when its trusted root %s', async (_, root, code) => {
    const project = team(RULES, root === undefined ? {} : { 'root.json': root })
    const policy = policyText(RULES, {
      signers: { ci },
      trustedRoot: root === undefined ? 'no.json' : 'root.json',
    })
    project.write({ 'signed-wasm.json': policy })
    expect(said(await inTerminal(project, 'check'))).toContain(code)
  })
})

describe('a gate', () => {
  const gateOf = (project: Project) => {
    const gate = new Gate(resolveOptions({ identities: [ci], trustedRoot: 'root.json' }))
    gate.project.configure({ root: project.root, command: 'serve' })
    return gate
  }

  it('watches the bundle and the root, and reads the bundle anew whenever it is asked', () => {
    const bare = makeProject({
      'hello.wasm': HELLO,
      'hello.wasm.sigstore.json': GOOD,
      'root.json': MOCK_ROOT,
    })
    const watched: string[] = []
    const context = { watch: (file: string) => void watched.push(file), warn: () => {} }
    const gate = gateOf(bare)
    expect(gate.admit(bare.at('hello.wasm'), context)?.admitted.isVerified).toBe(true)
    expect(watched).toEqual(
      expect.arrayContaining([bare.at('hello.wasm.sigstore.json'), bare.at('root.json')]),
    )
    bare.write({ 'hello.wasm.sigstore.json': bundleNamed('another repository') })
    expect(() => gate.admit(bare.at('hello.wasm'), context)).toThrow('IDENTITY_UNTRUSTED')
    bare.write({ 'hello.wasm.sigstore.json': GOOD })
    expect(gate.admit(bare.at('hello.wasm'), context)?.admitted.isVerified).toBe(true)
  })

  it('says by whom, and of when the root is', () => {
    const project = makeProject({ 'root.json': MOCK_ROOT })
    const lines: string[] = []
    gateOf(project).start({ inform: (line) => void lines.push(line), warn: () => {} })
    expect(lines.join()).toMatch(
      /1 trusted signer: identities\[0\] \(https:.*\); trusted root of \d{4}-\d\d-\d\d \(sha256 [0-9a-f]{64}\)/,
    )
  })

  it("loads a component in Node's loader", async () => {
    const project = team([{ ...RULES[0], lock: 'none' }])
    const before = process.cwd()
    process.chdir(project.root)
    try {
      const modules = new NodeModules({ cache: false })
      expect(await modules.load(pathToFileURL(project.at('hello.wasm')).href)).toMatchObject({
        format: 'module',
      })
      project.write({ 'hello.wasm.sigstore.json': bundleNamed('another repository') })
      await expect(
        new NodeModules({ cache: false }).load(pathToFileURL(project.at('hello.wasm')).href),
      ).rejects.toThrow('IDENTITY_UNTRUSTED')
    } finally {
      process.chdir(before)
    }
  })
})

describe('what is loaded', () => {
  const loadedBy = async (options: object, files: Record<string, string | Uint8Array>) => {
    const project = makeProject({
      'main.js': `import hello from './hello.wasm?instantiate'\nglobalThis.a = hello`,
      ...files,
    })
    const script = `
      import Module from 'node:module'
      import { rolldown } from ${JSON.stringify(pathToFileURL(path.join(REPOSITORY, 'node_modules/rolldown/dist/index.mjs')).href)}
      import signedWasm from ${JSON.stringify(pathToFileURL(path.join(REPOSITORY, 'dist/rolldown.js')).href)}
      import { createRequire } from 'node:module'
      const bundle = await rolldown({ input: 'main.js', plugins: [signedWasm(${JSON.stringify(options)})] })
      await bundle.write({ dir: 'out' })
      console.log(Object.keys(createRequire(import.meta.url).cache).filter((file) => /sigstore/.test(file)).length)
      process.exit()`
    project.write({ 'build.mjs': script })
    const { code, stdout, output } = await command(process.execPath, ['build.mjs'], { cwd: project.root })
    expect(code, output).toBe(0)
    return Number(stdout.trim().split('\n').at(-1))
  }

  it('is nothing of Sigstore where no identity is named, whatever lies beside the files', async () => {
    const files = {
      'hello.wasm': by(HELLO, ALICE),
      'hello.wasm.sigstore.json': GOOD,
      'release.pub': RELEASE_PUB,
    }
    expect(await loadedBy({ keys: 'release.pub', types: false }, files)).toBe(0)
  })

  it('is the verifier where one is, and a bundle is there', async () => {
    const files = { 'hello.wasm': HELLO, 'hello.wasm.sigstore.json': GOOD, 'root.json': MOCK_ROOT }
    const options = { identities: [ci], trustedRoot: 'root.json', types: false }
    expect(await loadedBy(options, files)).toBeGreaterThan(0)
  })
})

describe('the verifier in this package', () => {
  const about = JSON.parse(readFileSync(path.join(REPOSITORY, 'dist/sigstore/sigstore.json'), 'utf8')) as {
    packages: Record<string, string>
    trustedRoot: { package: string; version: string }
  }

  it('is of the versions in the lockfile', () => {
    const { packages } = JSON.parse(readFileSync(path.join(REPOSITORY, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string }>
    }
    const named = Object.entries({
      ...about.packages,
      [about.trustedRoot.package]: about.trustedRoot.version,
    })
    expect(named.length).toBeGreaterThan(3)
    for (const [name, version] of named)
      expect([name, packages[`node_modules/${name}`]?.version]).toEqual([name, version])
  })

  it('comes with its licence, and weighs less than 150 kB', () => {
    const text = readFileSync(path.join(REPOSITORY, 'dist/sigstore/LICENSES.txt'), 'utf8')
    for (const [name, version] of Object.entries(about.packages))
      expect(text).toContain(`${name} ${version}, Apache-2.0`)
    expect(text).toContain('Apache License')
    const files = ['LICENSES.txt', 'sigstore.json', 'trusted-root.json', 'verifier.cjs']
    const sizes = files.map((name) => readFileSync(path.join(REPOSITORY, 'dist/sigstore', name)).length)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000)
  })

  it('has the trusted root of the public services', async () => {
    const project = makeProject()
    const { code, out } = await inTerminal(project, 'trusted-root')
    expect(code).toBe(0)
    expect(out).toContain('log https://rekor.sigstore.dev')
    expect(out).toContain('certificate authority https://fulcio.sigstore.dev')
    const { services } = JSON.parse((await inTerminal(project, 'trusted-root', '--json')).out) as {
      services: object[]
    }
    expect(services.length).toBeGreaterThan(5)
  })
})
