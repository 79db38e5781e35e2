/** THREAT 51: options are what somebody has written into them, whatever stands on `Object.prototype`. */

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadVerified } from '../../src/load.js'
import { type Options, resolveOptions } from '../../src/plugin/options.js'
import { judge } from '../../src/policy/judge.js'
import { createPolicy, type Policy } from '../../src/policy/policy.js'
import { type TrustedKey, trustedKey } from '../../src/trust/keys/trusted-key.js'
import { sign } from '../../src/trust/sign.js'
import { verify, verifySync } from '../../src/trust/verify.js'
import { build } from '../kit/bundlers.js'
import { inState, makeProject, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'
import { ALICE, component, custom, MALLORY, signedComponent } from '../kit/sections.js'
import { constantComponent } from '../kit/wat.js'

const PROGRAM = custom('program', [1, 2, 3])
const alice = trustedKey(ALICE.publicKey, 'alice')
const FILES = {
  signed: signedComponent(PROGRAM, ALICE),
  unsigned: component(PROGRAM),
  stranger: signedComponent(PROGRAM, MALLORY),
}

/** The members that may be left out, in the rooms that decide: a prototype could fill them in. */
const SOURCES = ['errors', 'format', 'trust', 'policy', 'plugin', 'disk', 'report'].flatMap((room) => {
  const folder = path.join(REPOSITORY, 'src', room)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name: `${room}/${name}`, text: readFileSync(path.join(folder, name), 'utf8') }))
})

/** Those, and the members by which one of several shapes is told. */
const NAMES = [
  ...new Set(
    SOURCES.flatMap(({ text }) =>
      [...text.matchAll(/\b([a-zA-Z]\w*)\?:|\bhas\(\w+, '(\w+)'\)/g)].map(
        ([, one, other]) => (one ?? other)!,
      ),
    ),
  ),
]

const VERIFIED = { status: 'verified', signers: [], digest: '' }
const VALUES = [true, 'off', [], { build: 'off' }, () => true, VERIFIED]

/** Where shapes are not of our making, and nothing is decided. */
const ASKS_WITH_IN = [
  'errors/catalogue.ts', // in words
  'disk/manifest.ts',
  'disk/system-error.ts',
  'plugin/bundlers/esbuild.ts',
  'plugin/bundlers/rollup.ts',
  'plugin/bundlers/webpack-rules.ts',
  'plugin/node/blocking.ts',
]

function polluted<T>(name: string, value: unknown, run: () => T): T {
  const prototype = Object.prototype as unknown as Record<string, unknown>
  prototype[name] = value
  try {
    return run()
  } finally {
    delete prototype[name]
  }
}

describe('THREAT 51: a polluted prototype', () => {
  const answers = () => [
    ...Object.values(FILES).map((file) => verifySync(file, [alice]).status),
    ...Object.values(FILES).map(
      (bytes) => judge({ name: 'a', bytes }, createPolicy({ signers: [alice] })).action,
    ),
    JSON.stringify(resolveOptions({ keys: ['a', { env: 'A' }] })),
    Buffer.from(sign(FILES.unsigned, ALICE).bytes).toString('hex'),
  ]
  const expected = answers()

  it('is looked for under every name that could matter', () => {
    for (const name of [
      'mode',
      'revoked',
      'denied',
      'layer',
      'detached',
      'sections',
      'backend',
      'sidecars',
      'replace',
      'verdict',
      'signers',
      'unsigned',
    ])
      expect(NAMES).toContain(name)
    expect(expected.slice(0, 6)).toEqual(['verified', 'unsigned', 'untrusted', 'accept', 'refuse', 'refuse'])
  })

  it('is not asked by `in`, which sees what stands there', () => {
    const asking = SOURCES.filter(({ text }) =>
      /'\w+' in \w+ ?[)?&|]/.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')),
    )
    expect(asking.map(({ name }) => name).filter((name) => !ASKS_WITH_IN.includes(name))).toEqual([])
  })

  it.each(NAMES)('with %s changes no verdict, no option and no signature', (name) => {
    for (const value of VALUES) expect(polluted(name, value, answers)).toEqual(expected)
  })

  it.each([
    ['mode', 'off'],
    ['exclude', '**'],
    ['exclude', [/wasm/]],
    ['include', 'nothing'],
    ['keys', TRUSTED_PEM],
  ] as const)('with %s as %s lets no file into a bundle', async (name, value) => {
    const project = makeProject({
      'main.js': `import { answer } from './x.wasm'\nglobalThis.answers = answer()`,
      'x.wasm': inState(await constantComponent(1), name === 'keys' ? 'signed' : 'unsigned'),
    })
    const options: Options = name === 'keys' ? {} : { keys: TRUSTED_PEM }
    const prototype = Object.prototype as unknown as Record<string, unknown>
    // Only while the plugin is made: bundlers read options of their own from there.
    const building = build.rollup({
      project,
      target: 'node',
      out: 'dist',
      get options() {
        prototype[name] = value
        queueMicrotask(() => delete prototype[name])
        return options
      },
    })
    await expect(building).rejects.toThrow(name === 'keys' ? 'NO_TRUSTED_KEYS' : 'COMPONENT_UNSIGNED')
  })
})

describe('THREAT 51: `undefined`', () => {
  it('means the default', () => {
    const names = [
      'mode',
      'include',
      'exclude',
      'packages',
      'recheck',
      'asset',
      'limits',
      'jco',
      'cache',
      'types',
    ] as const
    const nothing = Object.fromEntries(names.map((name) => [name, undefined]))
    expect(resolveOptions({ keys: 'a', ...nothing })).toEqual(resolveOptions({ keys: 'a' }))
    const limits = {
      maxFileBytes: undefined,
      timeoutMs: undefined,
      maxMemoryBytes: undefined,
      maxOutputBytes: undefined,
    }
    expect(resolveOptions({ keys: 'a', limits }).limits).toEqual(resolveOptions({ keys: 'a' }).limits)
    expect(resolveOptions({ keys: 'a', mode: { build: undefined, serve: undefined } }).mode.build).toBe(
      'strict',
    )
    expect(createPolicy({ mode: undefined, signers: [alice], denied: undefined })).toMatchObject({
      mode: 'strict',
    })
    expect(verifySync(FILES.signed, [alice], { revoked: undefined, layer: undefined }).status).toBe(
      'verified',
    )
  })

  it('removes no bound of a policy that was put together by hand', () => {
    const policy = { id: 'x', mode: 'strict', signers: [alice], denied: undefined } as unknown as Policy
    expect(() => judge({ name: 'a', bytes: FILES.signed }, policy)).toThrow('OPTION_INVALID')
    const lax = { id: 'x', mode: 'offf', signers: [alice], denied: new Set() } as unknown as Policy
    expect(() => judge({ name: 'a', bytes: FILES.signed }, lax)).toThrow('OPTION_INVALID')
  })
})

/** All zeros is a point of small order, for which everybody can sign. */
const weak = { ...alice, name: 'weak', publicKey: new Uint8Array(32) }

describe('THREAT 51: keys that were not made here', () => {
  it.each([
    ['a weak one', weak, 'KEY_WEAK'],
    ['one of another length', { ...alice, publicKey: alice.publicKey.subarray(1) }, 'KEY_WEAK'],
    ['a text', ALICE.publicKey.toString(), 'KEY_UNREADABLE'],
    ['one without bytes', { ...alice, publicKey: undefined }, 'KEY_UNREADABLE'],
    ['nothing', null, 'KEY_UNREADABLE'],
  ])('are refused: %s', async (_, key, code) => {
    const keys = [key] as unknown as TrustedKey[]
    expect(() => verifySync(FILES.signed, keys)).toThrow(code)
    await expect(verify(FILES.signed, keys)).rejects.toThrow(code)
    expect(() => createPolicy({ signers: keys })).toThrow(code)
    const response = new Response(Buffer.from(FILES.signed))
    if (typeof key === 'object') await expect(loadVerified(response, { keys })).rejects.toThrow(/KEY_/)
  })

  it('count by their bytes, whatever they say of themselves', () => {
    const posing = {
      ...trustedKey(MALLORY.publicKey, 'mallory'),
      keyId: alice.keyId,
      fingerprint: alice.fingerprint,
    }
    const verdict = verifySync(FILES.stranger, [posing])
    expect(verdict).toMatchObject({ status: 'verified', signers: [{ name: 'mallory' }] })
    const { fingerprint } = trustedKey(MALLORY.publicKey, 'mallory')
    expect(verifySync(FILES.stranger, [posing], { revoked: [fingerprint] }).status).toBe('denied')
  })

  it('are verified with when they are sound', () => {
    expect(verifySync(FILES.signed, [{ ...alice }]).status).toBe('verified')
  })
})

it.each([
  ['revokd', new Set()],
  ['layers', 'component'],
])('THREAT 51: a misspelled %s is an error', (name, value) => {
  expect(() => verifySync(FILES.signed, [alice], { [name]: value } as object)).toThrow('OPTION_UNKNOWN')
})

it('THREAT 51: what is revoked has to be a list of digests', () => {
  for (const revoked of ['abc', [1], ['abc'], 7])
    expect(() => verifySync(FILES.signed, [alice], { revoked } as object)).toThrow('OPTION_INVALID')
  const { fingerprint } = alice
  expect(verifySync(FILES.signed, [alice], { revoked: [fingerprint.toUpperCase()] }).status).toBe('denied')
})
