/**
 * What holds for every policy: adding to it only tightens, and nothing depends on order. One policy a run, and one property of
 * it; `npm run fuzz` makes a million.
 */

import { describe, expect, it } from 'vitest'
import { formatName, namesOf } from '../../../src/policy/file-name.js'
import { formatLock, entriesOf, parseLock } from '../../../src/policy/lock.js'
import { sign } from '../../../src/trust/sign.js'
import { ALICE, BOB, MALLORY } from '../../kit/sections.js'
import {
  contentOf,
  digestOf,
  fateOf,
  lockOf,
  type Parts,
  policyFrom,
  signedOf,
  signer,
  type Written,
} from '../../kit/policies.js'
import { createHash } from 'node:crypto'

const RUNS = Number(process.env['SIGNED_WASM_RUNS'] ?? 20_000)

/** Numbers that are the same in every run. @see Marsaglia, "Xorshift RNGs" */
function randomFrom(seed: number) {
  let state = seed
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  const below = (limit: number) => next() % limit
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!
  return {
    below,
    pick,
    chance: (percent: number) => below(100) < percent,
    some: <T>(items: readonly T[], percent: number): T[] => items.filter(() => below(100) < percent),
    shuffle: <T>(items: readonly T[]): T[] =>
      items
        .map((item) => [next(), item] as const)
        .toSorted(([a], [b]) => a - b)
        .map(([, item]) => item),
  }
}

type Random = ReturnType<typeof randomFrom>

const KEYS = { release: ALICE, security: BOB, ci: MALLORY }
const NAMES = Object.keys(KEYS) as (keyof typeof KEYS)[]
const signers = Object.fromEntries(NAMES.map((name) => [name, signer(KEYS[name])]))

const PATHS = [
  'src/a.wasm',
  'src/b/c.wasm',
  'lib/a.wasm',
  '../out/a.wasm',
  'node_modules/hello/a.wasm',
  'node_modules/@acme/pay/dist/a.wasm',
  'node_modules/hello/node_modules/@acme/pay/dist/a.wasm',
  'node_modules/.pnpm/hello@1.0.0/node_modules/hello/a.wasm',
]
const PATTERNS = [
  '**',
  'src/**',
  'src/*.wasm',
  'lib/**',
  '../out/**',
  'npm:hello',
  'npm:@acme/*',
  'npm:@acme/pay/dist/*.wasm',
  'npm:other',
]
const IMPORTS = ['wasi:io/streams@0.2.0', 'wasi:clocks/wall-clock@0.2.1', 'a (wasi:sockets/tcp@0.2.0)', 'log']
const ALLOWED = ['wasi:io/*', 'wasi:clocks/wall-clock', 'wasi:*', 'log', '*']

/** Making and signing files takes longer than judging them. */
const made = new Map<string, Uint8Array>()
function fileOf(parts: Parts, by: readonly (keyof typeof KEYS)[]): Uint8Array {
  const id = JSON.stringify([parts, by])
  // Signed with key ids, so that no other key is tried.
  const file = made.get(id) ?? by.reduce((bytes, name) => sign(bytes, KEYS[name]).bytes, signedOf(parts))
  made.set(id, file)
  return file
}

const someParts = ({ some, pick }: Random): Parts => ({
  imports: some(IMPORTS, 30),
  exports: some(['x:y/z@1.0.0'], 50),
  fill: pick(['', 'new']),
})

function someRule({ pick, some, chance, below }: Random): object {
  const files = [pick(PATTERNS), ...some(PATTERNS, 15)]
  const except = some(PATTERNS, 8)
  const shared = { files, ...(except.length > 0 && { except }) }
  if (chance(15)) return { ...shared, unsigned: 'why' }
  const named = [pick(NAMES), ...some(NAMES, 40)].filter((name, index, all) => all.indexOf(name) === index)
  return {
    ...shared,
    signers: named,
    threshold: 1 + below(chance(60) ? 1 : named.length),
    ...(chance(30) && { imports: some(ALLOWED, 40) }),
    ...(chance(70) && { lock: pick(['none', 'none', 'shape', 'exact']) }),
  }
}

const contents = new Map<string, string>()
function contentDigest(parts: Parts): string {
  const id = JSON.stringify(parts)
  const digest = contents.get(id) ?? digestOf(contentOf(parts))
  contents.set(id, digest)
  return digest
}

const fingerprint = (name: keyof typeof KEYS) =>
  createHash('sha256').update(KEYS[name].publicKey).digest('hex')

/** A policy, a file, and a lock in which that file or another build of it may stand. */
function someCase(random: Random) {
  const { pick, some, chance, below } = random
  const parts = someParts(random)
  const by = some(NAMES, 55)
  const path = pick(PATHS)
  const rules = Array.from({ length: 1 + below(3) }, () => someRule(random))
  const denied = chance(10)
    ? [chance(50) ? contentDigest(chance(50) ? parts : someParts(random)) : fingerprint(pick(NAMES))]
    : []
  const written: Written = { signers, rules, denied }
  const before = chance(60) ? fileOf(parts, by) : fileOf(someParts(random), some(NAMES, 70))
  const files = chance(70) ? { [chance(85) ? path : pick(PATHS)]: before } : {}
  const lock = lockOf(policyFrom(written), files)
  return {
    parts,
    by,
    path,
    written,
    lock,
    file: fileOf(parts, by),
    origin: pick(['project', 'registry'] as const),
  }
}

type Case = ReturnType<typeof someCase>

const judged = ({ path, file, lock, origin }: Case, written: Written) =>
  fateOf(path, file, policyFrom(written, { lock }), { origin })

const isRefused = (fate: string) => fate.startsWith('refuse')

/** The expectations of vitest take longer than what is expected here. */
function insist(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}
const same = (found: unknown, wanted: unknown) => insist(found === wanted, `${found} and not ${wanted}`)

const EMPTY = parseLock('{ "lockfileVersion": 1, "files": {} }')

/** Each gets a case, and what became of its file. */
const PROPERTIES: Record<string, (one: Case, fate: string, random: Random) => void> = {
  'a rule more never lets in what was refused, but for what no rule named': (one, fate, random) => {
    const after = judged(one, { ...one.written, rules: [...one.written.rules, someRule(random)] })
    if (fate !== 'accept' && fate !== 'refuse NO_RULE') insist(isRefused(after), after)
  },
  'a denial more never lets in what was refused': (one, fate, random) => {
    const more = random.chance(50) ? contentDigest(one.parts) : fingerprint(random.pick(NAMES))
    const after = judged(one, { ...one.written, denied: [...one.written.denied!, more] })
    if (fate !== 'accept') insist(isRefused(after), after)
    if (more === contentDigest(one.parts)) same(after, 'refuse FILE_REVOKED')
  },
  'an import more never lets in what was refused, where nothing with it is locked': (one, _, random) => {
    const others = IMPORTS.filter((name) => !one.parts.imports!.includes(name))
    const more = random.pick([...others, 'wasi:more/more'])
    const grown = fileOf({ ...one.parts, imports: [...one.parts.imports!, more] }, one.by)
    const lock = lockOf(policyFrom(one.written), { [one.path]: one.file })
    const [before, after] = [one.file, grown].map((file) => judged({ ...one, lock, file }, one.written))
    // What denies a content says nothing of another.
    if (before !== 'accept' && before !== 'refuse FILE_REVOKED') insist(isRefused(after!), after!)
  },
  'the order of rules, signers and patterns means nothing': (one, fate, random) => {
    const rules = random.shuffle(one.written.rules).map((rule) => {
      const { files, signers: named } = rule as { files: string[]; signers?: string[] }
      return { ...rule, files: random.shuffle(files), ...(named && { signers: random.shuffle(named) }) }
    })
    const shuffled = Object.fromEntries(random.shuffle(Object.entries(one.written.signers)))
    same(judged(one, { ...one.written, rules, signers: shuffled }), fate)
  },
  'nothing passes without an entry where a rule locks': (one) => {
    const rules = one.written.rules.map((rule) => ('unsigned' in rule ? rule : { ...rule, lock: 'exact' }))
    const after = judged({ ...one, lock: EMPTY }, { ...one.written, rules })
    insist(after !== 'accept', after)
  },
  'what was locked passes, and is locked as it was': (one, fate) => {
    const { path, file, origin, written } = one
    const lock = lockOf(policyFrom(written), { [path]: file }, { origin })
    const again = lockOf(policyFrom(written, { lock }), { [path]: file }, { origin })
    same(again.text, lock.text)
    same(formatLock(entriesOf(lock)), lock.text)
    if (lock.entries.size > 0 || fate === 'accept') same(judged({ ...one, lock }, written), 'accept')
  },
  'what passes under one name opens no door for a copy under another': (one, _, random) => {
    const { path, file, origin, written } = one
    const copy = random.pick(PATHS)
    const [name, copyName] = [path, copy].map((at) => formatName(namesOf(at)[0]!))
    if (name === copyName) return
    const lock = lockOf(policyFrom(written), { [path]: file }, { origin })
    const alone = judged({ ...one, path: copy, lock: EMPTY }, written)
    same(judged({ ...one, path: copy, lock }, written), alone)
  },
}

describe('for every policy', () => {
  it(`${RUNS} of them`, () => {
    const names = Object.keys(PROPERTIES)
    const seen = new Map<string, number>()
    for (let seed = 1; seed <= RUNS; seed++) {
      // Xorshift gives like numbers for like seeds at first.
      const random = randomFrom(seed * 2_654_435_761)
      for (let skip = 0; skip < 5; skip++) random.below(2)
      const one = someCase(random)
      const fate = judged(one, one.written)
      seen.set(fate, (seen.get(fate) ?? 0) + 1)
      const name = names[seed % names.length]!
      try {
        PROPERTIES[name]!(one, fate, random)
      } catch (error) {
        throw new Error(
          `seed ${seed}: ${name}\n${JSON.stringify({ ...one, lock: one.lock.text, file: undefined })}`,
          { cause: error },
        )
      }
    }
    // All that can be said was said, and often.
    for (const code of [
      'accept',
      ...[
        'NO_RULE',
        'COMPONENT_UNSIGNED',
        'SIGNERS_MISSING',
        'IMPORT_NOT_ALLOWED',
        'LOCK_MISSING',
        'LOCK_DIFFERS',
        'FILE_REVOKED',
        'SIGNER_REVOKED',
      ].map((name) => `refuse ${name}`),
    ])
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(RUNS / 2000)
  }, 14_400_000)
})
