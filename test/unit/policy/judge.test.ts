import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { judge } from '../../../src/policy/judge.js'
import { createPolicy, type Policy } from '../../../src/policy/policy.js'
import { stricterMode } from '../../../src/policy/assemble.js'
import { ALICE, BOB, MALLORY, signatureData, signedSet, hash } from '../../kit/sections.js'
import {
  contentOf,
  coreOf,
  digestOf,
  fateOf,
  policyFrom,
  signedOf,
  signer,
  type Written,
} from '../../kit/policies.js'

const signers = { release: signer(ALICE), security: signer(BOB) }
const fingerprint = ({ publicKey }: typeof ALICE) => createHash('sha256').update(publicKey).digest('hex')

/** None of these rules locks: see lock.test.ts. */
const rule = (files: string | string[], members: object = { signers: ['release'] }) => ({
  files,
  ...('unsigned' in members ? {} : { lock: 'none' }),
  ...members,
})
const policy = (rules: object[], others: Partial<Written> = {}): Policy =>
  policyFrom({ signers, rules, ...others })

const plain = { imports: ['wasi:clocks/wall-clock@0.2.3'], exports: ['docs:adder/add@0.1.0'] }
const byAlice = signedOf(plain, ALICE)
const byBoth = signedOf(plain, ALICE, BOB)

describe('rules and files', () => {
  it.each([
    ['a rule that names it', [rule('src/**')], 'src/a.wasm', byAlice, 'accept'],
    ['a rule that names another', [rule('lib/**')], 'src/a.wasm', byAlice, 'refuse NO_RULE'],
    ['no rule', [], 'src/a.wasm', byAlice, 'refuse NO_RULE'],
    [
      'an exception',
      [rule('src/**', { signers: ['release'], except: 'src/a.wasm' })],
      'src/a.wasm',
      byAlice,
      'refuse NO_RULE',
    ],
    [
      'two rules, of which one does not hold',
      [rule('src/**'), rule('**', { signers: ['security'] })],
      'src/a.wasm',
      byAlice,
      'refuse SIGNERS_MISSING',
    ],
    [
      'two rules that hold',
      [rule('src/**'), rule('**', { signers: ['security'] })],
      'src/a.wasm',
      byBoth,
      'accept',
    ],
    [
      'an exception from the rule that would bind',
      [rule('src/**'), rule('**', { signers: ['security'], except: ['src/**'] })],
      'src/a.wasm',
      byAlice,
      'accept',
    ],
    ['a package', [rule('npm:hello')], 'node_modules/hello/a.wasm', byAlice, 'accept'],
    ['a package, by a plain glob', [rule('**')], 'node_modules/hello/a.wasm', byAlice, 'refuse NO_RULE'],
    ['a file outside', [rule('**')], '../a.wasm', byAlice, 'refuse NO_RULE'],
    ['a file outside that a rule names', [rule('../*')], '../a.wasm', byAlice, 'accept'],
    [
      'a package in a package, of which only the outer one is named',
      [rule('npm:a')],
      'node_modules/a/node_modules/b/x.wasm',
      byAlice,
      'refuse NO_RULE',
    ],
    [
      'a package in a package, of which only the inner one is named',
      [rule('npm:b')],
      'node_modules/a/node_modules/b/x.wasm',
      byAlice,
      'accept',
    ],
    [
      'a package in a package, whose rules must both hold',
      [rule('npm:a', { signers: ['security'] }), rule('npm:b')],
      'node_modules/a/node_modules/b/x.wasm',
      byAlice,
      'refuse SIGNERS_MISSING',
    ],
    [
      'an exception by the name of the inner package, which frees nothing of the outer',
      [rule('npm:a', { signers: ['security'], except: 'npm:b' }), rule('npm:b')],
      'node_modules/a/node_modules/b/x.wasm',
      byAlice,
      'refuse SIGNERS_MISSING',
    ],
    [
      'a package in a store',
      [rule('npm:@acme/pay')],
      'node_modules/.pnpm/@acme+pay@1.0.0/node_modules/@acme/pay/x.wasm',
      byAlice,
      'accept',
    ],
  ])('%s', (_, rules, path, bytes, fate) => {
    expect(fateOf(path, bytes, policy(rules))).toBe(fate)
  })

  it('a file without a name is one that no rule names', () => {
    const judgement = judge({ name: 'a.wasm', bytes: byAlice }, policy([rule('**')]))
    expect(judgement.action === 'refuse' && judgement.problem.code).toBe('NO_RULE')
  })
})

describe('signers', () => {
  it.each([
    ['any of several', [rule('**', { signers: ['release', 'security'] })], byAlice, 'accept'],
    [
      'one whom the rule does not name',
      [rule('**', { signers: ['security'] })],
      byAlice,
      'refuse SIGNERS_MISSING',
    ],
    ['two of two', [rule('**', { signers: ['release', 'security'], threshold: 2 })], byBoth, 'accept'],
    [
      'one of two',
      [rule('**', { signers: ['release', 'security'], threshold: 2 })],
      byAlice,
      'refuse SIGNERS_MISSING',
    ],
    ['nobody', [rule('**')], signedOf(plain), 'refuse COMPONENT_UNSIGNED'],
    ['a stranger', [rule('**')], signedOf(plain, MALLORY), 'refuse SIGNER_UNTRUSTED'],
    ['other content', [rule('**')], tampered(byAlice), 'refuse CONTENT_MODIFIED'],
  ])('%s', (_, rules, bytes, fate) => {
    expect(fateOf('a.wasm', bytes, policy(rules))).toBe(fate)
  })

  it('counts a signer once, however often it signed', () => {
    const twice = signatureData(signedSet([hash(contentOf(plain))], ALICE, ALICE))
    const rules = [rule('**', { signers: ['release', 'security'], threshold: 2 })]
    expect(fateOf('a.wasm', signedOf(plain), policy(rules), { sidecars: { signature: twice } })).toBe(
      'refuse SIGNERS_MISSING',
    )
  })

  it('takes those of a detached signature, and both together', () => {
    const beside = signatureData(signedSet([hash(contentOf(plain))], BOB))
    const rules = [rule('**', { signers: ['release', 'security'], threshold: 2 })]
    expect(fateOf('a.wasm', byAlice, policy(rules), { sidecars: { signature: beside } })).toBe('accept')
  })

  it('says who is missing, and where the rule stands', () => {
    const judgement = judge(
      { name: 'a.wasm', path: 'a.wasm', bytes: byAlice },
      policy([rule('**'), rule('*.wasm', { signers: ['release', 'security'], threshold: 2 })]),
    )
    if (judgement.action === 'accept') throw new Error('it was accepted')
    expect(judgement.problem.what).toBe(
      `the rule for *.wasm wants 2 of release, security, and it is signed by release (fingerprint ${fingerprint(ALICE)})`,
    )
    expect(judgement.problem.place).toMatchObject({ file: 'signed-wasm.json', line: 18 })
  })
})

describe('pins', () => {
  const pin = [rule('npm:sqlite', { unsigned: 'nobody signs it' })]
  const path = 'node_modules/sqlite/a.wasm'

  it.each([
    ['a file that somebody trusted has signed', byAlice, 'refuse SIGNERS_MISSING'],
    ['a file that a stranger has signed', signedOf(plain, MALLORY), 'refuse SIGNERS_MISSING'],
    ['a file whose signature data is damaged', damaged(), 'refuse SIGNATURE_INVALID'],
    ['an unsigned file that is not locked', signedOf(plain), 'refuse LOCK_MISSING'],
    ['an unsigned core module that is not locked', coreOf({ imports: ['env'] }), 'refuse LOCK_MISSING'],
  ])('%s', (_, bytes, fate) => {
    expect(fateOf(path, bytes, policy(pin))).toBe(fate)
  })

  it('and signers at once cannot be had', () => {
    expect(fateOf(path, signedOf(plain), policy([...pin, rule('npm:sqlite')]))).toBe(
      'refuse COMPONENT_UNSIGNED',
    )
    expect(fateOf(path, byAlice, policy([...pin, rule('npm:sqlite')]))).toBe('refuse SIGNERS_MISSING')
  })
})

describe('imports', () => {
  const allow = (...imports: string[]) => policy([rule('**', { signers: ['release'], imports })])

  it.each([
    ['nothing', [], 'wasi:clocks/wall-clock@0.2.3', 'refuse IMPORT_NOT_ALLOWED'],
    ['a package', ['wasi:clocks/*'], 'wasi:clocks/wall-clock@0.2.3', 'accept'],
    ['another package', ['wasi:io/*'], 'wasi:clocks/wall-clock@0.2.3', 'refuse IMPORT_NOT_ALLOWED'],
    ['a name', ['wasi:clocks/wall-clock'], 'wasi:clocks/wall-clock@0.2.3', 'accept'],
    [
      'a name with a compatible version',
      ['wasi:clocks/wall-clock@0.2.0'],
      'wasi:clocks/wall-clock@0.2.3',
      'accept',
    ],
    [
      'a name with another version',
      ['wasi:clocks/wall-clock@0.3.0'],
      'wasi:clocks/wall-clock@0.2.3',
      'refuse IMPORT_NOT_ALLOWED',
    ],
    ['a longer name', ['wasi:clocks/wall'], 'wasi:clocks/wall-clock@0.2.3', 'refuse IMPORT_NOT_ALLOWED'],
    ['a plain name', ['log'], 'log', 'accept'],
    ['everything', ['*'], 'log', 'accept'],
    [
      'the label of what stands for something else',
      ['log'],
      'log (wasi:sockets/tcp@0.2.0)',
      'refuse IMPORT_NOT_ALLOWED',
    ],
    ['what a label stands for', ['wasi:sockets/tcp'], 'log (wasi:sockets/tcp@0.2.0)', 'accept'],
  ])('%s', (_, imports, name, fate) => {
    expect(fateOf('a.wasm', signedOf({ imports: [name] }, ALICE), allow(...imports))).toBe(fate)
  })

  it('of core modules are the modules that they import from, whatever those are called', () => {
    const pinned = (...imports: string[]) => ({ ...rule('**'), imports })
    const signedCore = (name: string) => {
      const bytes = coreOf({ imports: [name] })
      const signature = signatureData(signedSet([hash(bytes.subarray(8))], ALICE))
      return fateOf('a.wasm', bytes, policy([pinned('env', 'wasi:clocks/*')]), { sidecars: { signature } })
    }
    expect(signedCore('env')).toBe('accept')
    expect(signedCore('evil')).toBe('refuse IMPORT_NOT_ALLOWED')
    expect(signedCore('evil (wasi:clocks/wall-clock)')).toBe('refuse IMPORT_NOT_ALLOWED')
  })

  it('that cannot be read are refused, under lenient as well', () => {
    const broken = signedOf({ imports: ['a'] }, ALICE)
    const at = broken.length - 1 - [...broken].toReversed().indexOf('a'.charCodeAt(0))
    expect(at).toBeGreaterThan(0)
    const content = contentOf({ imports: ['a'] })
    content[2] = 0x7f // more imports than there are
    const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, ...content])
    const signature = signatureData(signedSet([hash(content)], ALICE))
    for (const mode of ['strict', 'lenient'] as const) {
      const written = { signers, rules: [{ ...rule('**'), imports: ['*'] }] }
      expect(fateOf('a.wasm', bytes, policyFrom(written, { mode }), { sidecars: { signature } })).toBe(
        'refuse WASM_MALFORMED',
      )
    }
  })
})

describe('what is denied', () => {
  const content = digestOf(contentOf(plain))
  const sri = `sha256-${Buffer.from(content, 'hex').toString('base64')}`

  it.each([
    ['a content', [content], byAlice, 'FILE_REVOKED'],
    ['a content, in base64', [sri], byAlice, 'FILE_REVOKED'],
    ['an unsigned content', [sri], signedOf(plain), 'FILE_REVOKED'],
    ['a key, with nobody else', [fingerprint(ALICE)], byAlice, 'SIGNER_REVOKED'],
  ])('%s is refused in every mode that looks', (_, denied, bytes, code) => {
    for (const mode of ['strict', 'lenient'] as const)
      expect(fateOf('a.wasm', bytes, policyFrom({ signers, rules: [], denied }, { mode }))).toBe(
        `refuse ${code}`,
      )
  })

  it('is refused under off as far as no key is needed to see it', () => {
    const off = (denied: string[]) => policyFrom({ signers, rules: [], denied }, { mode: 'off' })
    expect(fateOf('a.wasm', byAlice, off([content]))).toBe('refuse FILE_REVOKED')
    expect(fateOf('a.wasm', byAlice, off([fingerprint(ALICE)]))).toBe('accept')
  })

  it('does not count where somebody else has signed', () => {
    const denied = [fingerprint(BOB)]
    expect(fateOf('a.wasm', byBoth, policy([rule('**')], { denied }))).toBe('accept')
    expect(fateOf('a.wasm', byBoth, policy([rule('**', { signers: ['security'] })], { denied }))).toBe(
      'refuse SIGNERS_MISSING',
    )
  })
})

describe('precedence: the first that fails speaks', () => {
  const steps: [code: string, path: string, bytes: Uint8Array, denied: string[]][] = [
    ['WASM_MALFORMED', 'x.wasm', Uint8Array.of(1, 2, 3), [digestOf(contentOf(plain))]],
    ['FILE_REVOKED', 'x.wasm', byAlice, [digestOf(contentOf(plain))]],
    ['PACKAGE_ZIPPED', '.yarn/cache/acme-npm-1.0.0.zip/node_modules/acme/a.wasm', byAlice, []],
    ['NO_RULE', 'x.wasm', byAlice, []],
    ['SIGNERS_MISSING', 'src/a.wasm', byAlice, []],
    ['IMPORT_NOT_ALLOWED', 'src/a.wasm', signedOf(plain, BOB), []],
    ['LOCK_MISSING', 'src/a.wasm', signedOf({}, BOB), []],
  ]
  const rules = [{ files: 'src/**', signers: ['security'], imports: [], lock: 'exact' }]

  it.each(steps)('%s', (code, path, bytes, denied) => {
    expect(fateOf(path, bytes, policyFrom({ signers, rules, denied }))).toBe(`refuse ${code}`)
  })

  it.each(steps)('lenient warns of %s from no rule on', (code, path, bytes, denied) => {
    const isLate = !['WASM_MALFORMED', 'FILE_REVOKED'].includes(code)
    const lenient = policyFrom({ signers, rules, denied }, { mode: 'lenient' })
    expect(fateOf(path, bytes, lenient)).toBe(`${isLate ? 'warn' : 'refuse'} ${code}`)
  })
})

describe('a policy as a value', () => {
  it('is another when anything in it is', () => {
    const base = { signers, rules: [rule('**')] }
    const others: Written[] = [
      { signers, rules: [rule('*')] },
      { signers, rules: [rule('**'), rule('**', { signers: ['security'] })] },
      { signers, rules: [rule('**', { signers: ['release'], except: 'a' })] },
      { signers, rules: [rule('**', { signers: ['release', 'security'] })] },
      { signers, rules: [rule('**', { signers: ['release', 'security'], threshold: 2 })] },
      { signers, rules: [rule('**', { signers: ['release'], imports: [] })] },
      { signers, rules: [rule('**', { signers: ['release'], lock: 'exact' })] },
      { signers, rules: [rule('**', { unsigned: 'why' })] },
      { signers, rules: [rule('**', { unsigned: 'why not' })] },
      { signers: { ...signers, release: signer(MALLORY) }, rules: [rule('**')] },
      { ...base, denied: ['ab'.repeat(32)] },
    ]
    const ids = [base, ...others].map((written) => policyFrom(written).id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(policyFrom(base).id).toBe(policyFrom(structuredClone(base)).id)
    expect(policyFrom(base, { isServing: true }).id).not.toBe(policyFrom(base).id)
  })

  it('loses no rule when somebody spreads it', () => {
    const demanding = policy([rule('**', { signers: ['security'] })])
    expect(fateOf('a.wasm', byAlice, { ...demanding })).toBe('refuse SIGNERS_MISSING')
    expect(() =>
      judge({ name: 'a', bytes: byAlice }, { ...demanding, rules: [{ files: 'every' }] } as never),
    ).toThrow('OPTION_INVALID')
  })

  it('of options is one rule, for whatever a file is called', () => {
    const made = createPolicy({ signers: policy([rule('**')]).signers })
    expect(made.rules).toHaveLength(1)
    for (const path of ['a.wasm', '../a.wasm', 'node_modules/a/b.wasm'])
      expect(fateOf(path, byAlice, made)).toBe('accept')
    expect(judge({ name: 'a.wasm', bytes: byAlice }, made).action).toBe('accept')
  })

  it('has the stricter of two modes, of what is written', () => {
    expect(stricterMode(undefined, undefined)).toBe('strict')
    expect(stricterMode('lenient', undefined)).toBe('lenient')
    expect(stricterMode('lenient', 'strict')).toBe('strict')
    expect(stricterMode('off', 'lenient')).toBe('lenient')
  })
})

describe('a key that signs under two names', () => {
  it('is refused, with the place of the second', () => {
    expect(() => policyFrom({ signers: { a: signer(ALICE), b: signer(ALICE) }, rules: [] })).toThrow(
      /SIGNER_TWICE signed-wasm\.json: line 6, column 5: the signer b has the key of a/,
    )
  })

  it('is refused in a rule that names one signer twice, which a threshold would count', () => {
    expect(() => policy([rule('**', { signers: ['release', 'release'], threshold: 2 })])).toThrow(
      'SIGNER_TWICE',
    )
  })
})

function tampered(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte))
}

/** A signature section that says nothing. */
function damaged(): Uint8Array {
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0],
    ...[0, 10, 9, ...Buffer.from('signature')],
  ])
}
