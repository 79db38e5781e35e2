import { Ajv } from 'ajv'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { parsePolicyFile } from '../../../src/policy/policy-file.js'
import { policySchema, readStructure } from '../../../src/policy/policy-shape.js'

const GOOD = {
  $schema: './node_modules/unplugin-signed-wasm/src/schema/policy.json',
  signers: {
    release: { key: 'keys/release.pub' },
    security: { key: 'keys/security.pub', until: '2027-06-30' },
  },
  rules: [
    { files: 'src/**', signers: ['release'] },
    { files: ['npm:@acme/*', 'npm:hello'], except: 'npm:@acme/pay', signers: ['release'], lock: 'shape' },
    {
      files: 'npm:@acme/pay',
      signers: ['release', 'security'],
      threshold: 2,
      imports: ['wasi:clocks/*'],
      lock: 'exact',
    },
    {
      files: 'npm:sqlite-ish/dist/*.wasm',
      unsigned: 'its publisher does not sign; reviewed 1.2.3 on 2026-11-20',
    },
  ],
  denied: ['sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', 'AB'.repeat(32)],
  mode: { build: 'strict', serve: 'lenient' },
  detached: true,
}

const parse = (value: unknown) => parsePolicyFile(JSON.stringify(value, null, 2), 'signed-wasm.json')

function refusal(text: string): Diagnostic {
  try {
    parsePolicyFile(text, 'signed-wasm.json')
  } catch (error) {
    if (error instanceof Diagnostic) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('a policy file', () => {
  it('is read as it was written', () => {
    const { signers, rules, denied, mode, detached } = parse(GOOD)
    expect([...signers.keys()]).toEqual(['release', 'security'])
    expect(
      rules.map(({ files, except }) => [files, except].map((list) => list.map(({ text }) => text))),
    ).toEqual([
      [['src/**'], []],
      [['npm:@acme/*', 'npm:hello'], ['npm:@acme/pay']],
      [['npm:@acme/pay'], []],
      [['npm:sqlite-ish/dist/*.wasm'], []],
    ])
    expect(rules.map(({ threshold, lock, unsigned }) => [threshold, lock, unsigned?.slice(0, 13)])).toEqual([
      [1, undefined, undefined],
      [1, 'shape', undefined],
      [2, 'exact', undefined],
      [0, undefined, 'its publisher'],
    ])
    expect(denied).toEqual([
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'ab'.repeat(32),
    ])
    expect([mode, detached]).toEqual([{ build: 'strict', serve: 'lenient' }, true])
  })

  it('may be as small as nothing, which lets nothing in', () => {
    expect(parse({ signers: {}, rules: [] }).rules).toEqual([])
  })

  it('takes a rule with a signer who ends as one that locks exactly', () => {
    expect(parse({ ...GOOD, rules: [{ files: 'npm:a', signers: ['security'] }] }).rules[0]!.lock).toBe(
      'exact',
    )
  })

  const at = (marker: string, text: string) => {
    const before = text.slice(0, text.indexOf(marker)).split('\n')
    return { file: 'signed-wasm.json', line: before.length, column: before.at(-1)!.length + 1 }
  }
  const rule = (members: string) =>
    `{\n  "signers": { "release": { "key": "a.pub" }, "old": { "key": "b.pub", "until": "2027-06-30" } },\n  "rules": [\n    { "files": "src/**", ${members} }\n  ]\n}`

  it.each([
    ['an unknown name', '{ "signer": {} }', '"signer"', 'unknown name "signer"; did you mean "signers"?'],
    ['a missing name', '{ "signers": {} }', '{', '"rules" is missing here'],
    [
      'a repeated name',
      '{ "rules": [], "signers": {}, "rules": [] }',
      '"rules": [] }',
      'the name "rules" stands here a second time',
    ],
    ['no JSON', '{ "rules": [,] }', ',]', 'a value is expected here'],
    ['a signer without a key', '{ "signers": { "a": {} }, "rules": [] }', '{} }', '"key" is missing here'],
    [
      'an identity, which this version does not know',
      '{ "signers": { "ci": { "issuer": "x" } }, "rules": [] }',
      '"issuer"',
      'unknown name "issuer" (there are: key, until)',
    ],
    [
      'a name of a signer',
      '{ "signers": { "a b": { "key": "a.pub" } }, "rules": [] }',
      '"a b"',
      'this name must be up to 64 letters',
    ],
    [
      'a day',
      '{ "signers": { "a": { "key": "a.pub", "until": "2027-13-01" } }, "rules": [] }',
      '"2027',
      'this must be a day such as "2027-06-30"',
    ],
    ['a mode', '{ "signers": {}, "rules": [], "mode": "stict" }', '"stict"', 'did you mean "strict"?'],
    ['a digest', '{ "signers": {}, "rules": [], "denied": ["ab"] }', '"ab"', 'this must be a digest'],
    ['a flag', '{ "signers": {}, "rules": [], "detached": 1 }', '1', 'this must be true or false'],
    [
      'a misspelt member of a rule',
      rule('"signers": ["release"], "treshold": 1'),
      '"treshold"',
      'did you mean "threshold"?',
    ],
    [
      'an unknown signer',
      rule('"signers": ["releese"]'),
      '"releese"',
      'no signer is called "releese" (there are: release, old)',
    ],
    ['no signer', rule('"signers": []'), '[]', 'not an empty one'],
    [
      'a threshold that nobody reaches',
      rule('"signers": ["release"], "threshold": 2'),
      '2 }',
      'the rule names fewer signers than this: 1',
    ],
    [
      'a threshold of nothing',
      rule('"signers": ["release"], "threshold": 0'),
      '0 }',
      'a whole number, 1 or more',
    ],
    ['a level', rule('"signers": ["release"], "lock": "exakt"'), '"exakt"', 'did you mean "exact"?'],
    [
      'an end without a lock',
      rule('"signers": ["old"], "lock": "shape"'),
      '"old"]',
      'old signs until a day, so that the rule must have "lock": "exact"',
    ],
    [
      'a pin with signers',
      rule('"unsigned": "why", "signers": ["release"]'),
      '"signers": ["release"]',
      'unknown name "signers" (there are: files, except, unsigned)',
    ],
    ['a pin without a reason', rule('"unsigned": ""'), '"" }', 'the reason why'],
    [
      'an import that means nothing',
      rule('"signers": ["release"], "imports": ["wasi:*/b"]'),
      '"wasi:*/b"',
      'the name of an import',
    ],
    [
      'a pattern that means nothing',
      rule('"signers": ["release"], "except": ["src/{a,b}"]'),
      '"src/{a,b}"',
      'this names no files: only *, ? and **',
    ],
  ])('refuses %s, and says where', (_, text, marker, reason) => {
    const error = refusal(text)
    expect(error.code).toBe('POLICY_INVALID')
    expect(error.what).toContain(reason)
    expect(error.place).toEqual(at(marker, text))
    expect(error.file).toBe('signed-wasm.json')
  })
})

describe('the schema of policies', () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../../src/schema/policy.json', import.meta.url), 'utf8'),
  ) as Record<string, unknown>

  it('is the one that the declaration gives', () => {
    expect(schema).toEqual(JSON.parse(JSON.stringify(policySchema())))
  })

  it('agrees with the checker on good and bad files', () => {
    const validate = new Ajv({ allErrors: false }).compile(schema)
    const fault = (_: number, reason: string) => new Error(reason)
    const odd = fc.constantFrom<unknown>(
      0,
      1,
      1.5,
      -1,
      2 ** 53,
      '',
      'exact',
      'strict',
      'src/**',
      'release',
      '2027-06-30',
      '2027-02-32',
      null,
      true,
      [],
      {},
      ['release'],
      ['a', 1],
      { key: 'a.pub' },
      { key: '' },
      { build: 'off' },
      'ab'.repeat(32),
      ['ab'.repeat(32)],
    )
    const names = [
      'files',
      'except',
      'signers',
      'rules',
      'threshold',
      'imports',
      'lock',
      'unsigned',
      'denied',
      'mode',
      'detached',
      'cache',
      'key',
      'until',
      'build',
      'x',
      'a b',
      '$schema',
    ]
    let [accepted, refused] = [0, 0]
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...names), odd, fc.boolean()), { maxLength: 3 }),
        (changes) => {
          const value = structuredClone(GOOD) as object
          for (const [which, name, put, removes] of changes) change(value, which, name, put, removes)
          const isValid = validate(value)
          let isRead = true
          let why = ''
          try {
            readStructure(JSON.stringify(value), fault)
          } catch (error) {
            isRead = false
            why = (error as Error).message
          }
          if (isRead) accepted++
          else refused++
          expect(isRead, `${why} ${JSON.stringify(value)} ${JSON.stringify(validate.errors)}`).toBe(isValid)
        },
      ),
      { numRuns: 5000, seed: 16 },
    )
    expect(Math.min(accepted, refused)).toBeGreaterThan(500)
  })
})

/** Puts something into one of the objects in a value, or takes it out. */
function change(value: object, which: number, name: string, put: unknown, removes: boolean): void {
  const objects: Record<string, unknown>[] = []
  const visit = (one: unknown) => {
    if (typeof one !== 'object' || one === null) return
    if (!Array.isArray(one)) objects.push(one as Record<string, unknown>)
    Object.values(one).forEach(visit)
  }
  visit(value)
  const target = objects[which % objects.length]!
  if (removes) delete target[name]
  else target[name] = structuredClone(put)
}
