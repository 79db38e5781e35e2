import { describe, expect, it } from 'vitest'
import { problem } from '../../../src/errors/raise.js'
import { trustedKey } from '../../../src/trust/keys/trusted-key.js'
import { decide } from '../../../src/policy/table.js'
import { explain } from '../../../src/trust/explain.js'
import { describeSigner } from '../../../src/trust/statement.js'
import type { Verdict } from '../../../src/trust/verdict.js'
import { ALICE } from '../../kit/sections.js'

const alice = trustedKey(ALICE.publicKey, 'alice.pub')
const signers = [alice]
const about = { file: 'src/hello.wasm', keys: [alice] }

const VERDICTS: Record<string, Verdict> = {
  verified: { status: 'verified', signers, digest: 'ab' },
  partial: {
    status: 'partial',
    signers,
    parts: [
      { start: 8, end: 20, signed: true, selected: true },
      { start: 20, end: 25, signed: false, selected: false },
    ],
    sufficient: false,
  },
  unsigned: { status: 'unsigned' },
  untrusted: { status: 'untrusted', keyIds: ['0102'], unknownAlgorithms: [7] },
  modified: { status: 'modified', signers },
  invalid: { status: 'invalid', problem: problem('SIGNATURE_INVALID', { reason: 'it is' }) },
  denied: { status: 'denied', problem: problem('SIGNER_REVOKED', { signers: ['alice'] }) },
  malformed: { status: 'malformed', problem: problem('WASM_MALFORMED', { reason: 'it is' }) },
}

/** What happens, and the code that says why. */
const TABLE: [status: string, strict: string, lenient: string, code: string | undefined][] = [
  ['verified', 'accept', 'accept', undefined],
  ['partial', 'refuse', 'warn', 'SIGNATURE_PARTIAL'],
  ['unsigned', 'refuse', 'warn', 'COMPONENT_UNSIGNED'],
  ['untrusted', 'refuse', 'warn', 'SIGNER_UNTRUSTED'],
  ['modified', 'refuse', 'warn', 'CONTENT_MODIFIED'],
  ['invalid', 'refuse', 'warn', 'SIGNATURE_INVALID'],
  ['denied', 'refuse', 'refuse', 'SIGNER_REVOKED'],
  ['malformed', 'refuse', 'refuse', 'WASM_MALFORMED'],
]

describe('the policy table', () => {
  it('speaks of every verdict', () => {
    expect(TABLE.map(([status]) => status).toSorted()).toEqual(Object.keys(VERDICTS).toSorted())
  })

  it.each(TABLE)('%s: strict %s, lenient %s', (status, strict, lenient, code) => {
    for (const [mode, action] of [
      ['strict', strict],
      ['lenient', lenient],
    ] as const) {
      const decision = decide(VERDICTS[status]!, { ...about, mode })
      expect(decision.action).toBe(action)
      expect('problem' in decision ? decision.problem.code : undefined).toBe(code)
      if ('problem' in decision) {
        expect(decision.problem.file).toBe('src/hello.wasm')
        expect(decision.problem.message).toContain(`${code} src/hello.wasm: `)
      }
    }
  })

  it('accepts parts in either mode only where they were asked for and suffice', () => {
    const sufficient = { ...VERDICTS['partial'], sufficient: true } as Verdict
    for (const mode of ['strict', 'lenient'] as const)
      expect(decide(sufficient, { ...about, mode })).toEqual({ action: 'accept' })
  })
})

describe('what is said', () => {
  const say = (status: string) => explain(VERDICTS[status]!, 'a.wasm', [alice])?.message

  it('names both sides of an unknown signer', () => {
    expect(say('untrusted')).toContain('signed by key id 0102 (skipped unknown algorithm 7)')
    expect(say('untrusted')).toContain(`you trust alice.pub (fingerprint ${alice.fingerprint})`)
    expect(explain({ status: 'untrusted', keyIds: [], unknownAlgorithms: [] }, 'a', [])!.what).toBe(
      'signed by a key that gives no id; you trust nobody',
    )
  })

  it('counts the bytes that no signature covers', () =>
    expect(say('partial')).toContain('5 bytes are not covered'))

  it('names who signed other content', () => {
    expect(say('modified')).toContain(
      `alice.pub (fingerprint ${alice.fingerprint}) signed other content than this`,
    )
  })

  it('keeps a long list of keys short', () => {
    const many = Array.from({ length: 9 }, (_, index) => ({ ...alice, name: `key${index}` }))
    const text = explain(VERDICTS['untrusted']!, 'a', many)!.what
    expect(text).toContain(describeSigner(many[4]!))
    expect(text).not.toContain('key5')
    expect(text).toContain('and 4 more')
  })

  it('says nothing of a verified file', () => expect(say('verified')).toBeUndefined())
})
