/** THREAT 49: every bundle of the set, as it lies beside a component: at the gate of the plugin and on the command line. */

import { describe, expect, it } from 'vitest'
import { Diagnostic } from '../../src/errors/diagnostic.js'
import { Gate } from '../../src/plugin/gate.js'
import { resolveOptions } from '../../src/plugin/options.js'
import { makeProject, type Project } from '../kit/project.js'
import { HELLO, identityCases, type IdentityCase, MOCK_ROOT } from '../kit/sigstore.js'
import { inTerminal } from '../kit/teams.js'

/** The code of each kind of refusal. */
const CODES: Record<string, string> = {
  unreadable: 'BUNDLE_INVALID',
  unverified: 'BUNDLE_INVALID',
  unsupported: 'BUNDLE_UNSUPPORTED',
  'unknown service': 'SERVICE_UNKNOWN',
  'other signer': 'IDENTITY_UNTRUSTED',
  'other file': 'BUNDLE_MISMATCH',
  'other statement': 'BUNDLE_MISMATCH',
}

const project: Project = makeProject({ 'hello.wasm': HELLO, 'root.json': MOCK_ROOT })

function atTheGate({ signer, bundle }: IdentityCase): string {
  project.write({ 'hello.wasm.sigstore.json': bundle })
  const gate = new Gate(resolveOptions({ identities: [signer], trustedRoot: 'root.json' }))
  gate.project.configure({ root: project.root })
  try {
    const admission = gate.admit(project.at('hello.wasm'), { watch: () => {}, warn: () => {} })
    expect(admission?.admitted.isVerified).toBe(true)
    return 'accept'
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    return error.code
  }
}

async function inTheTerminal({ signer, bundle }: IdentityCase): Promise<string> {
  project.write({ 'hello.wasm.sigstore.json': bundle })
  const { identity, issuer, repository } = signer
  const { code, out, err } = await inTerminal(
    project,
    'verify',
    `--identity=${identity}`,
    `--issuer=${issuer}`,
    ...(repository === undefined ? [] : [`--repository=${repository}`]),
    '--trusted-root=root.json',
    'hello.wasm',
  )
  if (code === 0) return 'accept'
  return /\[signed-wasm\] (\w+)/.exec(`${out}\n${err}`)?.[1] ?? `${out}\n${err}`
}

describe.each(identityCases())('$expect: $name', (one) => {
  const wanted = CODES[one.expect] ?? 'accept'

  it(`at the gate: ${wanted}`, () => {
    expect(atTheGate(one)).toBe(wanted)
  })

  it(`in the terminal: ${wanted}`, async () => {
    expect(await inTheTerminal(one)).toBe(wanted)
  })
})
