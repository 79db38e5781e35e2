/** Parts, splitting, detaching and attaching: assembled here, and as other programs do it. */

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { concatBytes, encodeUtf8, toHex } from '../../../src/format/encoding.js'
import {
  contentStart,
  encodeCustomSection,
  isDelimiterSection,
  readSections,
  sectionBytes,
} from '../../../src/format/wasm.js'
import { type TrustedKey, trustedKey, generateKey } from '../../../src/trust/keys/trusted-key.js'
import { parsePublicKeys } from '../../../src/trust/keys/read.js'
import { split } from '../../../src/trust/split.js'
import { attach, detach, prepareSignature, sign, signWith } from '../../../src/trust/sign.js'
import { signMessage } from '../../../src/trust/crypto/rule.js'
import { decide } from '../../../src/policy/table.js'
import { type Verdict } from '../../../src/trust/verdict.js'
import { verifySync } from '../../../src/trust/verify.js'
import { applyEdits, type Edit, openFull } from '../../kit/corpus.js'

const PREAMBLE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00)
const section = (name: string, content: string) => encodeCustomSection(name, encodeUtf8(content))
const TYPE = Uint8Array.of(0x07, 0x01, 0x00)
const FILE = concatBytes(
  PREAMBLE,
  TYPE,
  section('keep', 'a'),
  section('.debug_info', 'b'),
  section('.debug_line', 'c'),
  section('keep.too', 'd'),
)

const key = generateKey()
const keys = [trustedKey(key.publicKey, 'key')]
const namesOf = (bytes: Uint8Array) =>
  readSections(bytes).sections.map((item) =>
    isDelimiterSection(item) ? '|' : item.name ? Buffer.from(item.name).toString() : item.id,
  )

const isEnough = (verdict: Verdict) =>
  decide(verdict, { mode: 'strict', file: 'x', keys: [] }).action === 'accept'

describe('split', () => {
  it('puts a delimiter wherever the selection begins or ends, and one at the end', () => {
    expect(namesOf(split(FILE, ['keep*']))).toEqual([
      7,
      'keep',
      '|',
      '.debug_info',
      '.debug_line',
      '|',
      'keep.too',
      '|',
    ])
    expect(namesOf(split(FILE, ['keep']))).toEqual([
      7,
      'keep',
      '|',
      '.debug_info',
      '.debug_line',
      'keep.too',
      '|',
    ])
    expect(namesOf(split(FILE))).toEqual([7, 'keep', '.debug_info', '.debug_line', 'keep.too', '|'])
    expect(namesOf(split(FILE, (name) => name.length === 4))).toEqual(namesOf(split(FILE, ['keep'])))
  })

  it('keeps delimiters that are there, and adds none beside them', () => {
    const once = split(FILE, ['keep*'])
    expect(split(once, ['keep*'])).toEqual(once)
  })

  it('fills each delimiter with 16 bytes of its own', () => {
    const delimiters = readSections(split(FILE, ['keep*'])).sections.filter(isDelimiterSection)
    const first = split(FILE, ['keep*'])
    expect(delimiters.map((item) => item.end - item.contentStart)).toEqual([16, 16, 16])
    expect(first).not.toEqual(split(FILE, ['keep*']))
  })

  it('refuses a signed file, whose signature would not survive', () => {
    expect(() => split(sign(FILE, key).bytes)).toThrow('ALREADY_SIGNED')
  })
})

describe('a partial check', () => {
  const signed = sign(split(FILE, ['keep']), key).bytes
  const tail = signed.length - 40
  const tampered = signed.with(tail, signed[tail]! ^ 1)

  it('is whole where the file is whole', () => {
    expect(verifySync(signed, keys, { sections: ['keep'] }).status).toBe('verified')
  })

  it('accepts parts that are signed, calls that partial, and never a full signature', () => {
    const verdict = verifySync(tampered, keys, { sections: ['keep'] })
    expect(verdict).toMatchObject({
      status: 'partial',
      sufficient: true,
      parts: [
        { signed: true, selected: true },
        { signed: false, selected: false },
      ],
    })
    expect(isEnough(verdict)).toBe(true)
    expect(isEnough(verifySync(tampered, keys))).toBe(false)
  })

  it('refuses when a section that was asked for lies in a part that is not signed', () => {
    const verdict = verifySync(tampered, keys, { sections: ['.debug*'] })
    expect(verdict).toMatchObject({ status: 'partial', sufficient: false })
    expect(isEnough(verdict)).toBe(false)
  })

  it('refuses when no boundary matches at all', () => {
    const program = contentStart(signed) + 2
    const verdict = verifySync(signed.with(program, 0x02), keys, { sections: [] })
    expect(verdict.status).toBe('modified')
  })

  it('takes names as bytes, never as patterns', () => {
    for (const name of ['k?ep', 'ke[e]p', 'keep$', '*keep']) {
      expect(verifySync(tampered, keys, { sections: [name] })).toMatchObject({ sufficient: true })
    }
    expect(verifySync(tampered, keys, { sections: ['*'] })).toMatchObject({ sufficient: false })
  })

  it('takes time in proportion to the pattern, whatever the pattern', () => {
    const pattern = `${'(a+)+'.repeat(10_000)}*`
    expect(verifySync(tampered, keys, { sections: [pattern] })).toMatchObject({ sufficient: true })
  })
})

describe('detach and attach', () => {
  it('are inverse', () => {
    const { bytes: signed, signature } = sign(FILE, key)
    const taken = detach(signed)
    expect(taken).toEqual({ bytes: FILE, signature })
    expect(attach(taken.bytes, taken.signature)).toEqual(signed)
    expect(verifySync(FILE, keys, { detached: taken.signature }).status).toBe('verified')
  })

  it('refuse what makes no sense', () => {
    expect(() => detach(FILE)).toThrow('NOT_SIGNED')
    expect(() => attach(sign(FILE, key).bytes, sign(FILE, key).signature)).toThrow('ALREADY_SIGNED')
    expect(() => attach(FILE, new Uint8Array(3))).toThrow('SIGNATURE_INVALID')
  })
})

describe('a key that is elsewhere', () => {
  it('signs through a function, and the bytes are those of sign', async () => {
    const elsewhere = await signWith(FILE, key.publicKey, async (message) => signMessage(message, key.seed))
    expect(elsewhere).toEqual(sign(FILE, key))
  })

  it('is believed only when its signature verifies', () => {
    const { finish } = prepareSignature(FILE, key.publicKey)
    expect(() => finish(signMessage(FILE, key.seed))).toThrow('SIGNATURE_UNUSABLE')
    expect(() => prepareSignature(FILE, new Uint8Array(32))).toThrow('KEY_WEAK')
  })
})

interface Manifest {
  keys: Record<string, { files: Record<string, string> }>
  cases: {
    id: string
    mode: string
    file: string
    keys: string[]
    key_format: string
    patch?: Edit[]
    signature_file?: string
    sections_regex?: string
    spec: { verdict: string; valid_keys?: string[] }
  }[]
  operations: {
    id: string
    op: string
    exit: number
    args: Record<string, string>
    writes?: Record<string, string>
  }[]
}

const folder = openFull() === undefined ? undefined : process.env['SIGNED_WASM_CORPUS']

describe.runIf(folder !== undefined)('the whole collection', () => {
  const read = (file: string) => new Uint8Array(readFileSync(path.join(folder!, file)))
  const manifest = (
    folder === undefined
      ? { keys: {}, cases: [], operations: [] }
      : JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8'))
  ) as Manifest
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

  const trusted = (name: string, format: string): TrustedKey[] => {
    const file = manifest.keys[name]?.files[`${format}_public`] ?? name
    try {
      return parsePublicKeys(read(file), name)
    } catch {
      return [] // a weak key, refused when it is read; the cases with one expect a refusal
    }
  }
  const judge = (item: Manifest['cases'][number], names = item.keys) => {
    const pattern = item.sections_regex === undefined ? undefined : new RegExp(item.sections_regex)
    return verifySync(
      applyEdits(read(item.file), item.patch),
      names.flatMap((name) => trusted(name, item.key_format)),
      {
        ...(item.signature_file === undefined ? {} : { detached: read(item.signature_file) }),
        ...(pattern === undefined ? {} : { sections: (name: string) => pattern.test(name) }),
      },
    )
  }

  /** The cases in which our rule differs from the text alone; see `EXCEPTIONS` for whole files. */
  const DIFFERENT: Record<string, string> = {
    'second-signature-is-content-partial': 'accept', // one signature section, first
    'two-parts-last-only-partial': 'reject', // one hash over the whole file is complete
  }

  it('gives every partial check the answer of the text, but for what FORMAT settles', () => {
    const partial = manifest.cases.filter(
      ({ mode, spec }) => mode === 'verify-partial' && spec.verdict !== 'unspecified',
    )
    expect(partial.length).toBe(302)
    const wrong = partial.filter(
      (item) => (isEnough(judge(item)) ? 'accept' : 'reject') !== item.spec.verdict,
    )
    const names = wrong.map(({ id, spec }) => [id.replace(/^.*\./, ''), spec.verdict])
    expect(
      names.every(([name, verdict]) => DIFFERENT[name!] === verdict),
      JSON.stringify(names),
    ).toBe(true)
    expect(new Set(names.map(([name]) => name)).size).toBe(Object.keys(DIFFERENT).length)
    expect(wrong).toHaveLength(4)
  })

  it('finds the same keys valid in every matrix', () => {
    const matrices = manifest.cases.filter(({ mode }) => mode === 'verify-matrix')
    expect(matrices).toHaveLength(44)
    for (const item of matrices) {
      const valid = item.keys.filter((name) => isEnough(judge(item, [name])))
      expect(valid.toSorted(), item.id).toEqual(item.spec.valid_keys!.toSorted())
    }
  })

  it('detaches and attaches the same bytes', () => {
    const operations = manifest.operations.filter(({ op }) => op === 'detach' || op === 'attach')
    expect(operations).toHaveLength(20)
    for (const { id, op, exit, args, writes } of operations) {
      const run = () =>
        op === 'detach'
          ? detach(read(args['input']!))
          : { bytes: attach(read(args['input']!), read(args['signature_file']!)), signature: undefined }
      if (exit !== 0) {
        expect(run, id).toThrow(/NOT_SIGNED|ALREADY_SIGNED/)
        continue
      }
      const { bytes, signature } = run()
      expect(digest(bytes), id).toBe(writes!['OUT'])
      if (signature !== undefined) expect(digest(signature), id).toBe(writes!['SIG'])
    }
  })

  it('splits at the same places; only what delimiters hold is random', () => {
    const operations = manifest.operations.filter(({ op }) => op === 'split')
    expect(operations).toHaveLength(6)
    for (const { id, args } of operations) {
      const pattern = args['sections_regex'] === undefined ? undefined : new RegExp(args['sections_regex'])
      const ours = split(read(args['input']!), pattern && ((name) => pattern.test(name)))
      expect(withoutRandom(ours), id).toBe(withoutRandom(read(args['output']!)))
    }
  })

  function withoutRandom(bytes: Uint8Array): string {
    const { sections } = readSections(bytes)
    return sections
      .map((item) =>
        isDelimiterSection(item)
          ? `delimiter of ${item.end - item.contentStart}`
          : toHex(sectionBytes(bytes, item)),
      )
      .join('\n')
  }

  it('is where it was said to be', () => {
    expect(existsSync(path.join(folder!, 'manifest.json'))).toBe(true)
  })
})
