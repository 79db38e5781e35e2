/** The built package on each Node that it supports: what judges keys, identities and policies; installed for the test. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, inState, makeProject, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'
import { command } from '../kit/run.js'
import { ACME, bundleNamed, HELLO, MOCK_ROOT } from '../kit/sigstore.js'

/** Exact versions, the first of a line that is supported, and current ones. */
const NODES = ['20.19.0', '22.12.0', '22.23.3', '24.17.0', '26.12.1']

// Under this name npm has the program alone, without a script that fetches it.
const PROGRAM = `node-${process.platform}-${process.arch}`

const IS_WANTED = process.env['SIGNED_WASM_FRAMEWORKS'] === '1' && process.platform === 'linux'
if (!IS_WANTED)
  console.warn(
    '\n  SKIPPED: other Nodes, which npm would have to install. Set SIGNED_WASM_FRAMEWORKS=1, on Linux.\n',
  )

describe.runIf(IS_WANTED).each(NODES)('Node %s', (version) => {
  let folder: string
  let node: string

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-'))
    const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', `${PROGRAM}@${version}`]
    const installed = await command('npm', args, { cwd: folder, timeoutMs: 250_000 })
    expect(installed.code, installed.output).toBe(0)
    node = path.join(folder, `node_modules/${PROGRAM}/bin/node`)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const run = (cwd: string, ...args: string[]) => command(node, args, { cwd })
  const bin = path.join(REPOSITORY, 'dist/cli/main.js')

  it('verifies signatures by a key and bundles of an identity, and warns of nothing', async () => {
    const project = makeProject({
      'release.pub': TRUSTED_PEM,
      'signed.wasm': inState(fixture('hello'), 'signed'),
      'tampered.wasm': inState(fixture('hello'), 'tampered'),
      'hello.wasm': HELLO,
      'hello.wasm.sigstore.json': bundleNamed('a statement, 0.3'),
      'root.json': MOCK_ROOT,
    })
    const byKey = await run(project.root, bin, 'verify', '--key', 'release.pub', 'signed.wasm')
    expect(byKey.output).toContain('1 file: 1 accepted')
    const refused = await run(project.root, bin, 'verify', '--key', 'release.pub', 'tampered.wasm')
    expect([refused.code === 0, refused.output]).toEqual([false, expect.stringContaining('CONTENT_MODIFIED')])
    const who = ['--issuer', ACME.issuer, '--identity', ACME.identity, '--trusted-root', 'root.json']
    const byIdentity = await run(project.root, bin, 'verify', ...who, 'hello.wasm')
    expect(byIdentity.output).toContain('1 file: 1 accepted')
    project.write({ 'hello.wasm.sigstore.json': bundleNamed('another repository') })
    expect((await run(project.root, bin, 'verify', ...who, 'hello.wasm')).output).toContain(
      'IDENTITY_UNTRUSTED',
    )
    for (const { stdout, output } of [byKey, byIdentity]) expect(output).toBe(stdout)
  })

  it('can be required', async () => {
    const project = makeProject({
      'load.cjs': `const { default: signedWasm } = require(${JSON.stringify(path.join(REPOSITORY, 'dist/vite.js'))})
        console.log(signedWasm({ keys: [] }).name ?? signedWasm({ keys: [] })[0].name)`,
    })
    const { stdout, output } = await run(project.root, 'load.cjs')
    expect(stdout.trim(), output).toBe('unplugin-signed-wasm')
  })
})
