/** THREAT 49: components with a Sigstore bundle beside them, in every bundler: what runs, and what is refused with which code. */

import { describe, expect, it } from 'vitest'
import { build, type BundlerName, BUNDLERS, entryIn } from '../kit/bundlers.js'
import { makeProject, type Project } from '../kit/project.js'
import { runInNode } from '../kit/run.js'
import { ACME, bundleNamed, HELLO, type Identity, MOCK_ROOT } from '../kit/sigstore.js'

const GOOD = 'a statement, 0.3'
const ANY_TAG: Identity = { ...ACME, identity: ACME.identity.replace(/v1\.2\.0$/, '*') }

/** What is in the way, by what it is. */
const REFUSED: Record<string, { bundle: string; identity?: Identity; bytes?: Uint8Array; code: string }> = {
  'a changed byte': { bundle: GOOD, bytes: flipped(HELLO), code: 'BUNDLE_MISMATCH' },
  'the bundle of another repository': { bundle: 'another repository', code: 'IDENTITY_UNTRUSTED' },
  'the bundle of another workflow': {
    bundle: 'another workflow of the same repository, any tag',
    identity: ANY_TAG,
    code: 'IDENTITY_UNTRUSTED',
  },
  'a branch instead of a tag': {
    bundle: 'a branch where any tag may be',
    identity: ANY_TAG,
    code: 'IDENTITY_UNTRUSTED',
  },
  'an issuer that looks alike': {
    bundle: 'an issuer with a letter of another alphabet',
    code: 'IDENTITY_UNTRUSTED',
  },
}

function flipped(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes)
  changed[changed.length - 1]! ^= 1
  return changed
}

function makeApp(bundle: string, bytes: Uint8Array = HELLO): Project {
  return makeProject({
    'main.js': `import { greet } from './hello.wasm'\nglobalThis.answers = greet('Ada')`,
    'hello.wasm': bytes,
    'hello.wasm.sigstore.json': bundleNamed(bundle),
    'root.json': MOCK_ROOT,
  })
}

const buildIn = (bundler: BundlerName, project: Project, identity: Identity = ANY_TAG) =>
  build[bundler]({
    project,
    options: { identities: [identity], trustedRoot: 'root.json', types: false },
    target: 'node',
    out: 'out',
  })

describe.each(BUNDLERS)('%s', (bundler) => {
  it('builds a component that a workflow has signed, says by whom, and it runs', async () => {
    const project = makeApp(GOOD)
    const { warnings } = await buildIn(bundler, project)
    expect(warnings).toEqual([])
    const [shipped, ...others] = project.files('out').filter((file) => file.endsWith('.wasm'))
    expect(others).toEqual([])
    expect(project.read(`out/${shipped}`)).toEqual(Uint8Array.from(HELLO))
    const [outcome] = await runInNode([project.at(entryIn('out', bundler, 'node'))])
    expect(outcome).toEqual({ answers: 'Hello, Ada!' })
  })

  it.each(Object.entries(REFUSED))('refuses %s', async (_, { bundle, identity, bytes, code }) => {
    const project = makeApp(bundle, bytes)
    await expect(buildIn(bundler, project, identity ?? ACME)).rejects.toThrow(
      `[signed-wasm] ${code} hello.wasm: `,
    )
    expect(project.files('out').filter((file) => file.endsWith('.wasm'))).toEqual([])
  })
})

it('says once that a page checks by the digest what a bundle has signed', async () => {
  const project = makeApp(GOOD)
  project.write({
    'main.js': `import { greet } from './hello.wasm'\nimport again from './hello.wasm?instantiate'\nglobalThis.a = [greet, again]`,
  })
  const { warnings } = await build.vite({
    project,
    options: { identities: [ANY_TAG], trustedRoot: 'root.json', recheck: 'signature', types: false },
    target: 'browser',
    out: 'out',
  })
  expect(warnings.filter((line) => line.includes('RECHECK_BY_DIGEST hello.wasm'))).toHaveLength(1)
})
