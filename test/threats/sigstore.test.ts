/** THREAT 49: bundles of Sigstore beside a component: another file, a look-alike, a shared workflow, another predicate, a hang. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { HOSTILE_BUNDLES, MAX_BUNDLE } from '../kit/hostile-bundles.js'
import { type Beside, judgeBundle } from '../kit/judge-bundle.js'
import { dice, mutated } from '../kit/mutate.js'
import { ACME, bundleNamed, identityCases, MOCK_ROOT, PUBLIC_ROOT } from '../kit/sigstore.js'

const cases = identityCases()
const plain = bundleNamed('a statement, 0.3')

describe('THREAT 49: a bundle beside a component', () => {
  it('stands in the table for each attack, and good ones beside them', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
    expect(new Set(cases.map(({ bundle, signer }) => bundle + JSON.stringify(signer))).size).toBe(
      cases.length,
    )
    expect(cases.filter(({ expect: verdict }) => verdict === 'accept').length).toBeGreaterThan(20)
    expect(cases.length).toBeGreaterThan(200)
  })

  it.each(cases)('$expect: $name', ({ bundle, signer, expect: verdict }) => {
    expect(judgeBundle(bundle, { signer })).toMatchObject({ verdict })
  })

  it('is of the one of several signers who fits, in whatever order they stand', () => {
    const { bundle, signer } = cases.find(({ name }) => name === 'a workflow shared between repositories')!
    const others = ['web', 'docs'].map((one) => ({ ...signer, repository: `https://github.com/acme/${one}` }))
    expect(judgeBundle(bundle, { signer: [...others, ACME, signer] })).toEqual({ verdict: 'accept' })
    expect(judgeBundle(bundle, { signer: [...others, ACME] })).toEqual({
      verdict: 'other signer',
      reason: `it is signed by ${signer.identity}, and its certificate is for https://github.com/acme/hello`,
    })
    expect(judgeBundle(bundle, { signer: [] })).toMatchObject({ verdict: 'other signer' })
  })

  it.each(['https://github.com/acme/hello.evil', 'https://github.com/acme/hell.'])(
    'is told from one by %s, which a pattern would match',
    (repository) => {
      const identity = `${repository}/.github/workflows/release.yml@refs/tags/v1.2.0`
      expect(
        judgeBundle(plain, { signer: { issuer: 'https://token.actions.githubusercontent.com', identity } }),
      ).toMatchObject({
        verdict: 'other signer',
      })
    },
  )
})

describe('THREAT 49: a bundle beside a component has parts of some length', () => {
  const timed = bundleNamed('timed by the log and by an authority')
  const filled = (name: string, bytes: number) =>
    timed.replace(new RegExp(`"${name}":"[^"]*"`), `"${name}":"${Buffer.alloc(bytes).toString('base64')}"`)

  it.each([
    ['rawBytes', 16_384],
    ['canonicalizedBody', 65_536],
    ['signedTimestamp', 16_384],
    ['signedEntryTimestamp', 2_048],
    ['sig', 2_048],
    ['keyId', 64],
  ] as const)('and is refused for a longer %s, before anything is decoded', (name, max) => {
    const longer = new RegExp(`^${name} of .* is longer than ${max} bytes$`)
    expect(judgeBundle(filled(name, max)).reason).not.toMatch(longer)
    expect(judgeBundle(filled(name, max + 3))).toMatchObject({
      verdict: 'unreadable',
      reason: expect.stringMatching(longer),
    })
  })
})

describe('THREAT 49: a trusted root', () => {
  const LISTS = ['tlogs', 'ctlogs', 'certificateAuthorities', 'timestampAuthorities']
  type Root = Record<string, { validFor?: object; publicKey?: { validFor?: object } }[]>
  const changed = (change: (root: Root) => void) => {
    const root = JSON.parse(MOCK_ROOT) as Root
    change(root)
    return JSON.stringify(root)
  }

  it.each(LISTS)('that trusts one of its %s from no time on is refused, and not taken for always', (name) => {
    for (const start of [undefined, null, '', 'always', 0]) {
      const root = changed(({ [name]: list }) => ((list![0]!.publicKey ?? list![0]!).validFor = { start }))
      expect(judgeBundle(plain, { root })).toMatchObject({ verdict: 'unreadable' })
    }
  })

  const timed = bundleNamed('timed by the log and by an authority')
  /** A log or an authority that is known by nothing is told from one that has not signed in its time. */
  const unknown = { tlogs: 'unknown service', certificateAuthorities: 'unknown service' } as Record<
    string,
    string
  >

  it.each(LISTS)('without %s accepts no bundle that needs them', (name) => {
    const root = changed((lists) => (lists[name] = []))
    expect(judgeBundle(timed, { root })).toMatchObject({ verdict: unknown[name] ?? 'unverified' })
  })

  it.each(LISTS)('that trusts its %s from after the signature on accepts none either', (name) => {
    const later = { start: '2100-01-01T00:00:00Z' }
    const root = changed(({ [name]: list }) => ((list![0]!.publicKey ?? list![0]!).validFor = later))
    const verdict = name === 'tlogs' ? 'unverified' : (unknown[name] ?? 'unverified')
    expect(judgeBundle(timed, { root })).toMatchObject({ verdict })
  })

  it('names the log that it does not know, and what was not in time', () => {
    const said = (name: string) => judgeBundle(bundleNamed(name)).reason
    expect(said('an entry of a log that nobody knows')).toMatch(
      /^its log [\w+/]{43}= is none that the trusted root knows$/,
    )
    expect(said('logged eleven minutes after the certificate')).toBe(
      'it was not signed within the time of its certificate',
    )
    expect(said('a verification summary')).toContain('https://slsa.dev/verification_summary/v1')
    expect(said('a statement about another file')).toMatch(/hello\.wasm \(SHA-256 [0-9a-f]{64}\)$/)
    expect(said('another issuer')).toMatch(
      /release\.yml@refs\/tags\/v1\.2\.0, known to https:\/\/gitlab\.com$/,
    )
    expect(said('a fork that runs our own workflow')).toContain('https://github.com/evil/hello')
  })
})

describe('THREAT 49: a bundle of a megabyte that is made to keep a reader busy', () => {
  const cost = (bundle: string, times: number) => {
    const before = process.cpuUsage()
    for (let left = times; left > 0; left--) judgeBundle(bundle)
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  const least = (measure: () => number) => Math.min(...Array.from({ length: 4 }, measure))

  it.each(HOSTILE_BUNDLES)('is refused within the time of ten ordinary ones: %s', (_, make) => {
    const bundle = make()
    expect(bundle.length).toBeLessThanOrEqual(MAX_BUNDLE)
    expect(judgeBundle(bundle).verdict).not.toBe('accept')
    // Side by side, in time of the processor, and the best of a few: what else the machine does falls on both.
    const [hostile, ordinary] = [least(() => cost(bundle, 1)), least(() => cost(plain, 10))]
    expect(hostile / ordinary).toBeLessThan(1)
  })

  it('is not looked at when it is larger', () => {
    const padded = (bytes: number) => plain + ' '.repeat(bytes - Buffer.byteLength(plain))
    expect(judgeBundle(padded(MAX_BUNDLE))).toEqual({ verdict: 'accept' })
    expect(judgeBundle(padded(MAX_BUNDLE + 1))).toMatchObject({
      verdict: 'unreadable',
      reason: /larger than 1048576/,
    })
  })
})

describe('THREAT 49: ten thousand damaged bundles', () => {
  // In these nothing is there twice: no time by the log and by an authority, no number that may be left out.
  const sources = ['a statement', 'a signature of the bytes'].map((one) =>
    bundleNamed(`${one} in a log of a thousand entries`),
  )
  const seed = Number(process.env['SIGNED_WASM_SEED'] ?? 1)

  it(`have verdicts, and none is accepted (SIGNED_WASM_SEED=${seed})`, { timeout: 240_000 }, () => {
    const roll = dice(seed)
    const accepted: string[] = []
    for (let judged = 0; judged < 10_000;) {
      const [source, other] = judged % 2 === 0 ? [sources[0]!, sources[1]!] : [sources[1]!, sources[0]!]
      const bundle = mutated(source, other, roll)
      if (isWhole(bundle, source)) continue
      judged++
      if (judgeBundle(bundle).verdict === 'accept') accepted.push(bundle)
    }
    expect(accepted).toEqual([])
  })

  it.each([
    ['a second time', (line: string) => line],
    ['cut off', (line: string) => `${line.slice(0, 30)}\n`],
    ['with another signature', (line: string) => line.replace(/.{8}\n$/, 'AAAAAAA=\n')],
    ['with a key and no signature', (line: string) => line.replace(/ (\S{6}).*/, ' $1==')],
  ])('have no line of a checkpoint %s', (_, change) => {
    const text = sources[1]!
    const bundle = JSON.parse(text) as {
      verificationMaterial: { tlogEntries: { inclusionProof: { checkpoint: { envelope: string } } }[] }
    }
    const { checkpoint } = bundle.verificationMaterial.tlogEntries[0]!.inclusionProof
    const line = /\u2014 .*\n$/.exec(checkpoint.envelope)![0]
    expect(judgeBundle(JSON.stringify(bundle)).verdict).toBe('accept')
    checkpoint.envelope = checkpoint.envelope.replace(line, () => change(line) + line)
    expect(judgeBundle(JSON.stringify(bundle)).verdict).toBe('unreadable')
  })

  /** Whether all of a bundle is still there, unchanged. Names that nobody knows may have come to it. */
  function isWhole(text: string, original: string): boolean {
    try {
      return contains(JSON.parse(text), JSON.parse(original))
    } catch {
      return false
    }
  }

  function contains(whole: unknown, part: unknown): boolean {
    if (typeof part !== 'object' || part === null) return whole === part
    if (typeof whole !== 'object' || whole === null || Array.isArray(whole) !== Array.isArray(part))
      return false
    if (Array.isArray(part) && (whole as unknown[]).length !== part.length) return false
    return Object.entries(part).every(([name, value]) =>
      contains((whole as Record<string, unknown>)[name], value),
    )
  }
})

describe('bundles that others made', () => {
  const vectors = process.env['SIGNED_WASM_VECTORS']
  if (!vectors)
    console.warn(
      '\n  SIGNED_WASM_VECTORS IS NOT SET: the bundles of keyless-mock-bundles.json are not checked.\n',
    )

  it.runIf(vectors)('by a mock of another version', () => {
    const set = JSON.parse(readFileSync(path.join(vectors!, 'keyless-mock-bundles.json'), 'utf8')) as {
      identity: string
      issuer: string
      artifact_base64: string
      trusted_root: object
      cases: { name: string; expect: string; bundle: object; artifact_base64?: string }[]
    }
    const signer = { issuer: set.issuer, identity: set.identity }
    const said = set.cases.map(({ name, bundle, artifact_base64: own }) => {
      const file = Buffer.from(own ?? set.artifact_base64, 'base64')
      const { verdict } = judgeBundle(JSON.stringify(bundle), {
        file,
        signer,
        root: JSON.stringify(set.trusted_root),
      })
      return [name, verdict === 'accept' ? verdict : 'reject']
    })
    expect(said).toEqual(set.cases.map(({ name, expect: verdict }) => [name, verdict]))
    expect(said.length).toBeGreaterThan(5)
  })

  const conformance = process.env['SIGSTORE_CONFORMANCE']
  if (!conformance)
    console.warn(
      '\n  SIGSTORE_CONFORMANCE IS NOT SET: the bundles of sigstore-conformance are not checked.\n',
    )

  const assets = conformance ? path.join(conformance, 'test/assets/bundle-verify') : ''
  const folders = conformance
    ? readdirSync(assets).filter((name) => existsSync(path.join(assets, name, 'bundle.sigstore.json')))
    : []
  const BEACON = {
    issuer: 'https://token.actions.githubusercontent.com',
    identity:
      'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
  }
  /** Signed with keys of their own, which are none that anybody here trusts by a bundle. */
  const KEYS = ['managed-key-and-trusted-root', 'managed-key-happy-path']

  it.runIf(conformance)('are as many as when they were counted', () =>
    expect(folders.length).toBeGreaterThanOrEqual(70),
  )

  it.each(folders)('as their name says: %s', (name) => {
    const file = (own: string) => path.join(assets, name, own)
    const text = (own: string) => (existsSync(file(own)) ? readFileSync(file(own), 'utf8').trim() : undefined)
    const artifact = existsSync(file('artifact')) ? file('artifact') : path.join(assets, 'a.txt')
    const asked: Beside = {
      file: readFileSync(artifact),
      signer: { issuer: text('issuer') ?? BEACON.issuer, identity: text('identity') ?? BEACON.identity },
      root: text('trusted_root.json') ?? PUBLIC_ROOT,
    }
    const said = judgeBundle(readFileSync(file('bundle.sigstore.json')), asked)
    if (KEYS.includes(name))
      expect(said).toMatchObject({ verdict: 'unsupported', reason: 'it is signed with a bare key' })
    else expect(said.verdict === 'accept').toBe(!name.endsWith('_fail'))
  })
})
