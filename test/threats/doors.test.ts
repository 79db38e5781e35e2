/** One judge: the same policy, lock and file come to the same end at every door. */

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import * as api from '../../src/api.js'
import { Diagnostic } from '../../src/errors/diagnostic.js'
import { Gate } from '../../src/plugin/gate.js'
import { NodeModules } from '../../src/plugin/node/modules.js'
import { resolveOptions } from '../../src/plugin/options.js'
import {
  digestOf,
  contentOf,
  lockOf,
  policyFrom,
  type Parts,
  signedOf,
  signer,
  type Written,
} from '../kit/policies.js'
import { makeProject, type Project } from '../kit/project.js'
import { ALICE, BOB, MALLORY } from '../kit/sections.js'
import { inTerminal } from '../kit/teams.js'

const CASES = 500

const KEYS = { release: ALICE, security: BOB, ci: MALLORY }
const NAMES = Object.keys(KEYS) as (keyof typeof KEYS)[]
const PATHS = [
  'src/a.wasm',
  'lib/b/a.wasm',
  'node_modules/acme/a.wasm',
  'node_modules/x/node_modules/@acme/pay/a.wasm',
]
const PATTERNS = ['**', 'src/**', 'lib/*/*.wasm', 'npm:acme', 'npm:@acme/*', 'npm:x']
const IMPORTS = ['wasi:io/streams@0.2.0', 'log', 'a (wasi:sockets/tcp@0.2.0)']

/** The bytes of a digest, one after another: the same in every run. */
function randomFrom(seed: number) {
  let state = createHash('sha256').update(`doors ${seed}`).digest()
  let at = 0
  const below = (limit: number) => {
    if (at === state.length) {
      state = createHash('sha256').update(state).digest()
      at = 0
    }
    return state[at++]! % limit
  }
  return {
    below,
    pick: <T>(items: readonly T[]) => items[below(items.length)]!,
    some: <T>(items: readonly T[], percent: number) => items.filter(() => below(100) < percent),
  }
}

function makeCase(seed: number) {
  const { below, pick, some } = randomFrom(seed)
  const partsOf = (): Parts => ({ imports: some(IMPORTS, 25), fill: pick(['', 'x']) })
  const parts = partsOf()
  const file = signedOf(parts, ...some(NAMES, 60).map((name) => KEYS[name]))
  const ruleOf = () => {
    const files = [pick(PATTERNS), ...some(PATTERNS, 25)]
    if (below(100) < 15) return { files, unsigned: 'why' }
    const signers = [...new Set([pick(NAMES), ...some(NAMES, 50)])]
    return {
      files,
      signers,
      threshold: 1 + below(below(3) === 0 ? signers.length : 1),
      ...(below(4) === 0 && { imports: some(['wasi:*', 'log'], 50) }),
      ...(below(3) > 0 && { lock: pick(['none', 'shape', 'exact']) }),
    }
  }
  const written: Written = {
    signers: Object.fromEntries(NAMES.map((name) => [name, signer(KEYS[name])])),
    rules: Array.from({ length: 1 + below(3) }, ruleOf),
    ...(below(12) === 0 && { denied: [digestOf(contentOf(parts))] }),
  }
  const path = pick(PATHS)
  const before = below(3) > 0 ? file : signedOf(partsOf(), ...some(NAMES, 60).map((name) => KEYS[name]))
  const lock = lockOf(policyFrom(written), below(5) > 0 ? { [path]: before } : {})
  return { written, path, file, lock }
}

function fateOf(run: () => unknown): string {
  try {
    run()
    return 'accept'
  } catch (error) {
    if (error instanceof Diagnostic) return error.code
    throw error
  }
}

const silent = { watch: () => {}, warn: () => {} }

/** What a bundler's plugin, and Vite's dev server, ask. A code module could be left to the end of a build; a component is not. */
function throughGate(project: Project, path: string, command: 'build' | 'serve'): string {
  return fateOf(() => {
    const gate = new Gate(resolveOptions({}))
    gate.project.configure({ root: project.root, command })
    gate.admit(project.at(path), silent, { isModule: true })
  })
}

async function throughLoader(project: Project, path: string): Promise<string> {
  const before = process.cwd()
  process.chdir(project.root)
  try {
    await new NodeModules({ types: false, cache: false }).load(`file://${project.at(path)}`)
    return 'accept'
  } catch (error) {
    // What passes is bound then, which these files were not made for.
    const { code } = error as { code?: string }
    return code === 'TRANSPILE_FAILED' || code === 'UNSAFE_NAME' || code === 'IMPORTS_MISSING'
      ? 'accept'
      : String(code)
  } finally {
    process.chdir(before)
  }
}

async function throughCommand(project: Project, path: string): Promise<string> {
  const { out } = await inTerminal(project, 'check', path, '--format', 'json')
  const { results } = JSON.parse(out) as { results: { file: string; error?: { code: string } }[] }
  return results.find(({ file }) => file === path)!.error?.code ?? 'accept'
}

describe('one judge', () => {
  it(`says the same at every door, of ${CASES} cases`, async () => {
    const seen = new Map<string, number>()
    for (let seed = 0; seed < CASES; seed++) {
      const { written, path, file, lock } = makeCase(seed)
      const project = makeProject({
        'signed-wasm.json': JSON.stringify(written),
        'signed-wasm.lock.json': lock.text,
        [path]: file,
      })
      const policy = api.policyOf(api.parsePolicyFile(JSON.stringify(written), 'signed-wasm.json'), {
        keys: new Map(NAMES.map((name) => [name, api.parsePublicKeys(signer(KEYS[name]).key, name)])),
        lock: api.parseLock(lock.text),
      })
      const judgement = api.judge({ name: path, path, bytes: file }, policy)
      const expected = judgement.action === 'accept' ? 'accept' : judgement.problem.code
      seen.set(expected, (seen.get(expected) ?? 0) + 1)
      const isUnderWork = expected === 'LOCK_DIFFERS' && !path.startsWith('node_modules')
      expect(
        {
          plugin: throughGate(project, path, 'build'),
          server: throughGate(project, path, 'serve'),
          check: await throughCommand(project, path),
          loader: await throughLoader(project, path),
        },
        `case ${seed}`,
      ).toEqual({
        plugin: expected,
        server: isUnderWork ? 'accept' : expected,
        check: expected,
        loader: expected,
      })
    }
    // All that can be said was said.
    expect([...seen.keys()].toSorted()).toEqual([
      'COMPONENT_UNSIGNED',
      'FILE_REVOKED',
      'IMPORT_NOT_ALLOWED',
      'LOCK_DIFFERS',
      'LOCK_MISSING',
      'NO_RULE',
      'SIGNERS_MISSING',
      'accept',
    ])
  }, 600_000)
})
