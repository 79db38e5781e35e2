/** Files signed by other programs: our verdict, and our own signatures compared with theirs. */

import { createHash } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { type Code } from '../../../src/errors/catalogue.js'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { parsePublicKeys, parseSecretKey } from '../../../src/trust/keys/read.js'
import { sign } from '../../../src/trust/sign.js'
import { verify, verifySync, type VerifyOptions } from '../../../src/trust/verify.js'
import {
  type Answer,
  applyEdits,
  type Case,
  type Corpus,
  type EditTable,
  exceptionFor,
  EXCEPTIONS,
  openFull,
  openSubset,
  SETTLED,
  type Signing,
} from '../../kit/corpus.js'

const full = openFull()
const corpora = [openSubset(), ...(full === undefined ? [] : [full])]

const MEBIBYTE = 1024 * 1024

function readCase(
  corpus: Corpus,
  { file, patch, detached }: Case,
): { file: Uint8Array; options: VerifyOptions } {
  const options = detached === undefined ? {} : { detached: corpus.read(detached) }
  return { file: applyEdits(corpus.read(file), patch), options }
}

function answerTo(corpus: Corpus, item: Case): Answer {
  const { file, options } = readCase(corpus, item)
  try {
    const keys = item.keys.flatMap((key) => parsePublicKeys(corpus.read(key), key))
    return verifySync(file, keys, options).status
  } catch (error) {
    if (error instanceof Diagnostic && error.code === 'KEY_WEAK') return 'KEY_WEAK'
    throw error
  }
}

/** Which refusals fit the text's reason for rejecting. */
const REFUSALS: readonly [RegExp, readonly Answer[]][] = [
  [/^malformed module|^not a WebAssembly|^unknown binary/, ['malformed']],
  [/^no signature section$/, ['unsigned']],
  [/^signature data|^unsupported|past the end$|exceeds the data$|^bytes after/, ['invalid']],
  [/^the signature section must be the first/, ['unsigned', 'invalid']],
  [/^a signed set without hashes$/, ['modified']],
  [/^no signature is valid/, ['untrusted', 'invalid', 'unsigned']],
  [/^a hash differs|^number of hashes|^sections after/, ['modified', 'partial', 'invalid', 'malformed']],
]

describe.each(corpora.map((corpus) => ({ name: corpus.name, corpus })))('$name', ({ corpus }) => {
  const used = new Set<unknown>()
  const answers = new Map(corpus.cases.map((item) => [item, answerTo(corpus, item)]))

  it('has whole-file cases of every kind', () => {
    expect(corpus.cases.length).toBeGreaterThanOrEqual(corpus === full ? 726 : 658)
    expect(new Set(corpus.cases.map(({ category }) => category)).size).toBeGreaterThan(40)
    expect(corpus.tables.reduce((sum, { rows }) => sum + rows.length, 0)).toBe(4695)
  })

  it.each(corpus.cases)('$id: $what', (item) => {
    const answer = answers.get(item)!
    const exception = exceptionFor(item)
    if (exception !== undefined) used.add(exception)
    if (exception !== undefined) expect(answer, exception.why).toBe(exception.status)
    else expect(answer === 'verified' ? 'accept' : 'reject').toBe(item.spec)
    if (item.status !== undefined) expect(answer).toBe(item.status)
    if (exception === undefined && item.spec === 'reject' && item.reason !== undefined) {
      expect(REFUSALS.find(([reason]) => reason.test(item.reason!))?.[1], item.reason).toContain(answer)
    }
  })

  it('differs from the text exactly where it says so', () => {
    expect([...EXCEPTIONS, ...SETTLED].filter((entry) => !used.has(entry))).toEqual([])
    const differing = corpus.cases.filter(
      (item) =>
        item.spec !== 'unspecified' && item.spec !== (answers.get(item) === 'verified' ? 'accept' : 'reject'),
    )
    expect(differing.map(({ id }) => id)).toEqual(
      corpus.cases.filter((item) => EXCEPTIONS.includes(exceptionFor(item)!)).map(({ id }) => id),
    )
    expect(differing).toHaveLength(25)
  })

  it('gets the same verdicts from verify as from verifySync', async () => {
    for (const item of corpus.cases) {
      if (answers.get(item) === 'KEY_WEAK') continue
      const { file, options } = readCase(corpus, item)
      const keys = item.keys.flatMap((key) => parsePublicKeys(corpus.read(key), key))
      expect(await verify(file, keys, options), item.id).toEqual(verifySync(file, keys, options))
    }
  })

  it.each(corpus.tables)(
    '$name: every edit gets a verdict, and none but the harmless ones verifies',
    (table) => {
      const counts = judgeTable(corpus, table)
      expect(counts).toEqual(TABLE_COUNTS[table.name])
    },
  )

  it.each(corpus.signings)('$id: signing gives the same bytes', (signing) => {
    expectSameBytes(corpus, signing)
  })
})

/**
 * By what the text says and by our answer. What it leaves open are edits of key ids, which are hints, and bytes in
 * a record that are no certificate list, which refuse the file.
 */
const TABLE_COUNTS: Record<string, Record<string, number>> = {
  'flips-hello.wasmsign2.k1.id': { 'reject: reject': 1293, 'unspecified: verified': 36 },
  'flips-hello-extra.split-a': { 'reject: reject': 2130, 'unspecified: verified': 36 },
  'mutations-hello-extra.split-a': { 'reject: reject': 688, 'accept: accept': 5, 'unspecified: verified': 7 },
  'mutations-core-add.multi2': {
    'reject: reject': 459,
    'accept: accept': 27,
    'unspecified: verified': 4,
    'unspecified: invalid': 10,
  },
}

function judgeTable(corpus: Corpus, { base, key, rows }: EditTable): Record<string, number> {
  const file = corpus.read(base)
  const keys = parsePublicKeys(corpus.read(key), key)
  const counts: Record<string, number> = {}
  for (const { patch, spec } of rows) {
    const verdict = verifySync(applyEdits(file, patch), keys)
    const answer =
      spec === 'unspecified' ? verdict.status : verdict.status === 'verified' ? 'accept' : 'reject'
    counts[`${spec}: ${answer}`] = (counts[`${spec}: ${answer}`] ?? 0) + 1
  }
  return counts
}

function expectSameBytes(
  corpus: Corpus,
  { signer, input, secretKey, keyId, writes, isDuplicate, detached }: Signing,
) {
  const key = parseSecretKey(corpus.read(secretKey), secretKey)
  const certificateLists = signer === 'wsc' ? 'every' : 'no'
  const run = () => sign(corpus.read(input), key, { keyId, certificateLists })
  if (isDuplicate === true) return expect(run).toThrow('SIGNATURE_DUPLICATE')
  const { bytes, original, signature } = run()
  expect(writes.length).toBeGreaterThan(0)
  for (const { file, sha256 } of writes) {
    const wasm = detached ? original : bytes
    const written = file.endsWith('.sig') || file === 'SIG' ? signature : wasm
    expect(createHash('sha256').update(written).digest('hex'), file).toBe(sha256)
  }
}

describe.runIf(full !== undefined)('key files of the whole collection', () => {
  const cases = full?.keyCases ?? []

  it.each(cases)('$id: $what', ({ file, kind }) => {
    const name = `${kind} ${file.replace('keys/', '')}`
    const data = full!.read(file)
    const read = () => (kind === 'public' ? parsePublicKeys(data, 'k') : [parseSecretKey(data, 'k')])
    const code = REFUSED_KEYS[name]
    if (code !== undefined) expect(read).toThrow(`[signed-wasm] ${code}: k `)
    else expect(read()).toHaveLength(SEVERAL_KEYS[name] ?? 1)
  })

  it('differs from other loaders in these files only, for these reasons', () => {
    const different = cases.filter(({ file, kind, isReadElsewhere }) => {
      return (REFUSED_KEYS[`${kind} ${file.replace('keys/', '')}`] === undefined) !== isReadElsewhere
    })
    const names = different.map(({ file, kind }) => `${kind} ${file.replace('keys/', '')}`)
    expect(names.toSorted()).toEqual(Object.keys(DIFFERENT_KEYS).toSorted())
  })

  it('refuses no key file but these', () => {
    expect(cases).toHaveLength(65)
    const names = cases.map(({ file, kind }) => `${kind} ${file.replace('keys/', '')}`)
    expect(Object.keys(REFUSED_KEYS).filter((name) => !names.includes(name))).toEqual([])
  })
})

/** Where we decide otherwise than the loaders that the files were tried with, and why. */
const DIFFERENT_KEYS: Record<string, string> = {
  'public pub-and-secret.pem': 'a secret key does not belong among trusted keys, whatever stands beside it',
  'secret sec-mismatch.bin': 'signatures would verify under another key than the file says',
  'public ssh-inner-mismatch.pub': 'the key itself says that it is of another type',
  'public ssh-blob-trailing.pub': 'every byte of a key is accounted for',
  'secret sec-v2.der': 'PKCS#8 version 2 is a format of its own that OpenSSL and others write',
  'public pub-raw-32.bin': '32 bytes alone are a public key, as in text',
  'public ssh-options.pub': 'what stands before a key in a list does not change the key',
  'public pub-hex.txt': 'hexadecimal text of a raw key is a format of ours',
  'public pub-base64.txt': 'base64 text of a raw key is a format of ours',
  'secret ssh-secret-space': 'white space around a PEM block means nothing',
}

const SEVERAL_KEYS: Record<string, number> = { 'public pub-two.pem': 2, 'public authorized_keys': 2 }

/** One encoding each, whole and unchanged: what is nearly a key is a mistake, or somebody's attempt. */
const REFUSED_KEYS: Record<string, Code> = {
  // PEM and DER that are cut, continued, of another type or under another label.
  'public pub-no-end.pem': 'KEY_UNREADABLE',
  'public pub-wrong-label.pem': 'KEY_UNREADABLE',
  'public pub-bad-base64.pem': 'KEY_UNREADABLE',
  'secret ed448.pem': 'KEY_UNREADABLE',
  'public ed448.pub.pem': 'KEY_UNREADABLE',
  'public x25519.pub.pem': 'KEY_UNREADABLE',
  'public pub-trailing.der': 'KEY_UNREADABLE',
  'public pub-short.der': 'KEY_UNREADABLE',
  // Binary without the type byte could be a seed as well, so that it never signs.
  'secret sec-seed-32.bin': 'KEY_UNREADABLE',
  'public pub-raw-trailing.bin': 'KEY_UNREADABLE',
  'public pub-raw-wrong-id.bin': 'KEY_UNREADABLE',
  'public pub-raw-short.bin': 'KEY_WEAK',
  'secret sec-trailing.bin': 'KEY_UNREADABLE',
  'public empty.bin': 'KEY_UNREADABLE',
  // A secret key in the place of a public one, though the public one may stand beside it, and the reverse.
  'public k1.sk': 'KEY_SECRET',
  'public pub-and-secret.pem': 'KEY_SECRET',
  'secret k1.pk': 'KEY_NOT_SECRET',
  'secret sec-mismatch.bin': 'KEY_MISMATCH',
  'secret encrypted.pem': 'KEY_ENCRYPTED',
  'secret encrypted.openssh': 'KEY_ENCRYPTED',
  // OpenSSH keys of other types, lines with options in front, and blobs that are not exactly one key.
  'public rsa.openssh.pub': 'KEY_UNREADABLE',
  'public ecdsa.openssh.pub': 'KEY_UNREADABLE',
  'secret rsa.openssh': 'KEY_UNREADABLE',
  'public ssh-inner-mismatch.pub': 'KEY_UNREADABLE',
  'public ssh-blob-trailing.pub': 'KEY_UNREADABLE',
  'public ssh-short.pub': 'KEY_WEAK',
  'public ssh-sk.pub': 'KEY_UNREADABLE',
}

const before = process.memoryUsage().arrayBuffers
afterAll(() => {
  // Nothing of the hostile files is kept, however large the numbers in them.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(512 * MEBIBYTE)
})
