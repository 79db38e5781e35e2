import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  emptyLock,
  entriesOf,
  formatLock,
  type Lock,
  LOCK_FILE,
  parseLock,
} from '../../../src/policy/lock.js'
import { judge } from '../../../src/policy/judge.js'
import { compatible, surfaceOf } from '../../../src/policy/surface.js'
import { ALICE, BOB, MALLORY } from '../../kit/sections.js'
import {
  coreOf,
  fateOf,
  lockOf,
  type Parts,
  policyFrom,
  signedOf,
  signer,
  type Written,
} from '../../kit/policies.js'

const signers = { release: signer(ALICE), security: signer(BOB) }
const everyone = ['release', 'security']
const written = (members: object, others: Partial<Written> = {}): Written => ({
  signers,
  rules: [{ files: ['**', 'npm:@acme/*', 'npm:hello'], ...members }],
  ...others,
})

const SRC = 'src/adder.wasm'
const NPM = 'node_modules/@acme/clock/dist/clock.wasm'
const parts: Parts = {
  imports: ['wasi:clocks/wall-clock@0.2.3', 'a (wasi:io/streams@0.2.0)'],
  exports: ['docs:adder/add@1.4.0'],
}
const original = signedOf(parts, ALICE)

/** What becomes of a file where another was locked. */
function later(
  bytes: Uint8Array,
  {
    level,
    path = SRC,
    isServing = false,
    origin,
  }: { level?: string; path?: string; isServing?: boolean; origin?: 'registry' } = {},
): string {
  const demands = written({ signers: everyone, ...(level !== undefined && { lock: level }) })
  const lock = lockOf(policyFrom(demands), { [path]: original }, { origin })
  return fateOf(path, bytes, policyFrom(demands, { lock, isServing }), { origin })
}

const changed = (more: Parts) => signedOf({ ...parts, ...more }, ALICE)

describe('what a lock sees', () => {
  it.each<[what: string, bytes: Uint8Array, exact: string, shape: string]>([
    ['the same file', original, 'accept', 'accept'],
    ['the same content, signed again', resigned(), 'accept', 'accept'],
    ['another build of the same shape', changed({ fill: 'new' }), 'LOCK_DIFFERS', 'accept'],
    ['one signer more', signedOf(parts, ALICE, BOB), 'LOCK_DIFFERS', 'accept'],
    ['another signer', signedOf(parts, BOB), 'LOCK_DIFFERS', 'LOCK_DIFFERS'],
    ['a stranger as well', signedOf(parts, ALICE, MALLORY), 'accept', 'accept'],
    [
      'an import more',
      changed({ imports: [...parts.imports!, 'wasi:sockets/tcp@0.2.0'] }),
      'LOCK_DIFFERS',
      'LOCK_DIFFERS',
    ],
    ['an import less', changed({ imports: ['wasi:clocks/wall-clock@0.2.3'] }), 'LOCK_DIFFERS', 'accept'],
    [
      'a label that stands for something else',
      changed({ imports: ['wasi:clocks/wall-clock@0.2.3', 'a (wasi:sockets/tcp@0.2.0)'] }),
      'LOCK_DIFFERS',
      'LOCK_DIFFERS',
    ],
    [
      'another label for the same',
      changed({ imports: ['wasi:clocks/wall-clock@0.2.3', 'b (wasi:io/streams@0.2.0)'] }),
      'LOCK_DIFFERS',
      'accept',
    ],
    [
      'a label for what had none',
      changed({ imports: ['b (wasi:clocks/wall-clock@0.2.3)', 'a (wasi:io/streams@0.2.0)'] }),
      'LOCK_DIFFERS',
      'accept',
    ],
    [
      'a compatible version of an import',
      changed({ imports: ['wasi:clocks/wall-clock@0.2.9', 'a (wasi:io/streams@0.2.0)'] }),
      'LOCK_DIFFERS',
      'accept',
    ],
    [
      'an incompatible version of an import',
      changed({ imports: ['wasi:clocks/wall-clock@0.3.0', 'a (wasi:io/streams@0.2.0)'] }),
      'LOCK_DIFFERS',
      'LOCK_DIFFERS',
    ],
    [
      'an export more',
      changed({ exports: [...parts.exports!, 'docs:adder/sub@1.0.0'] }),
      'LOCK_DIFFERS',
      'accept',
    ],
    ['an export less', changed({ exports: [] }), 'LOCK_DIFFERS', 'LOCK_DIFFERS'],
    [
      'a compatible version of an export',
      changed({ exports: ['docs:adder/add@1.9.0'] }),
      'LOCK_DIFFERS',
      'accept',
    ],
  ])('%s: exact %s, shape %s', (_, bytes, exact, shape) => {
    const fate = (code: string) => (code === 'accept' ? code : `refuse ${code}`)
    expect(later(bytes, { level: 'exact' })).toBe(fate(exact))
    expect(later(bytes, { level: 'shape' })).toBe(fate(shape))
    expect(later(bytes, { level: 'none' })).toBe('accept')
  })

  it('is what it was when a signer is denied: that lets in nothing that was refused, nor keeps out what others have signed', () => {
    const denied = [createHash('sha256').update(BOB.publicKey).digest('hex')]
    const both = signedOf(parts, ALICE, BOB)
    for (const level of ['exact', 'shape']) {
      const demands = written({ signers: ['release'], lock: level })
      const lock = lockOf(policyFrom(demands), { [SRC]: original })
      const fates = [{}, { denied }].map((more) =>
        fateOf(SRC, both, policyFrom({ ...demands, ...more }, { lock })),
      )
      expect(new Set(fates).size, level).toBe(1)
      const again = lockOf(policyFrom({ ...demands, denied }), { [SRC]: both })
      expect(again.text).toBe(lockOf(policyFrom(demands), { [SRC]: both }).text)
      expect(fateOf(SRC, both, policyFrom({ ...demands, denied }, { lock: again }))).toBe('accept')
    }
  })

  it('is exact for files of the project, and the shape for packages from a registry', () => {
    const rebuilt = changed({ fill: 'new' })
    expect(later(rebuilt)).toBe('refuse LOCK_DIFFERS')
    expect(later(rebuilt, { path: NPM })).toBe('refuse LOCK_DIFFERS')
    expect(later(rebuilt, { path: NPM, origin: 'registry' })).toBe('accept')
  })

  it('that was written for the shape alone says so where the content is wanted', () => {
    const [shape, exact] = ['shape', 'exact'].map((lock) => written({ signers: everyone, lock })) as [
      Written,
      Written,
    ]
    const lock = lockOf(policyFrom(shape), { [SRC]: original })
    expect(problemOf(SRC, original, exact, lock).what).toContain('its content is not in the lock yet')
  })

  it('is the most that any of the rules of a file wants', () => {
    const demands: Written = {
      signers,
      rules: [
        { files: '**', signers: everyone, lock: 'none' },
        { files: 'src/**', signers: everyone, lock: 'exact' },
      ],
    }
    const lock = lockOf(policyFrom(demands), { [SRC]: original })
    expect(fateOf(SRC, changed({ fill: 'new' }), policyFrom(demands, { lock }))).toBe('refuse LOCK_DIFFERS')
  })

  it('only warns in a dev server of a file of the project that differs, and not of one that is missing', () => {
    const rebuilt = changed({ fill: 'new' })
    expect(later(rebuilt, { isServing: true })).toBe('warn LOCK_DIFFERS')
    expect(later(rebuilt, { isServing: true, path: NPM })).toBe('refuse LOCK_DIFFERS')
    const none = policyFrom(written({ signers: everyone }), { isServing: true })
    expect(fateOf(SRC, original, none)).toBe('refuse LOCK_MISSING')
  })

  it('is a swap of two files that are both signed, and an old release', () => {
    const demands = written({ signers: everyone })
    const old = changed({ fill: 'old' })
    const other = signedOf({ exports: ['docs:other/api@1.0.0'] }, ALICE)
    const lock = lockOf(policyFrom(demands), { [SRC]: original, 'src/other.wasm': other })
    const locked = policyFrom(demands, { lock })
    expect(fateOf(SRC, other, locked)).toBe('refuse LOCK_DIFFERS')
    expect(fateOf('src/other.wasm', original, locked)).toBe('refuse LOCK_DIFFERS')
    expect(fateOf(SRC, old, locked)).toBe('refuse LOCK_DIFFERS')
    expect(fateOf('src/third.wasm', original, locked)).toBe('refuse LOCK_MISSING')
  })

  it('says what differs, and where that stands', () => {
    const demands = written({ signers: everyone })
    const lock = lockOf(policyFrom(demands), { [SRC]: original })
    expect(() => {
      throw problemOf(SRC, changed({ imports: ['wasi:sockets/tcp@0.2.0'] }), demands, lock)
    }).toThrow(
      'LOCK_DIFFERS src/adder.wasm: is not what signed-wasm.lock.json holds: imports - a (wasi:io/streams@0.2), imports - wasi:clocks/wall-clock@0.2, imports + wasi:sockets/tcp@0.2, other content',
    )
    expect(problemOf(SRC, changed({ fill: 'x' }), demands, lock).place).toEqual({
      file: LOCK_FILE,
      line: 4,
      column: 23,
    })
  })

  it('is all versions of a package that is there several times', () => {
    const demands = written({ signers: everyone, lock: 'exact' })
    const paths = ['node_modules/hello/a.wasm', 'node_modules/x/node_modules/hello/a.wasm'] as const
    const second = changed({ fill: 'second' })
    const lock = lockOf(policyFrom(demands), { [paths[0]]: original, [paths[1]]: second })
    expect(lock.entries.get('npm:hello/a.wasm')).toHaveLength(2)
    const locked = policyFrom(demands, { lock })
    expect([fateOf(paths[0], original, locked), fateOf(paths[0], second, locked)]).toEqual([
      'accept',
      'accept',
    ])
    expect(fateOf(paths[0], changed({ fill: 'third' }), locked)).toBe('refuse LOCK_DIFFERS')
  })
})

describe('a pin in a lock', () => {
  const PATH = 'node_modules/hello/a.wasm'
  const core = coreOf({ imports: ['env'], fill: 'one' })
  const demands = written({ unsigned: 'its publisher does not sign' })
  const lock = lockOf(policyFrom(demands), { [PATH]: core })

  it('holds every byte', () => {
    const locked = policyFrom(demands, { lock })
    expect(fateOf(PATH, core, locked)).toBe('accept')
    expect(fateOf(PATH, coreOf({ imports: ['env'], fill: 'two' }), locked)).toBe('refuse LOCK_DIFFERS')
    expect(fateOf(PATH, core, locked, { origin: 'registry' })).toBe('accept')
    expect(fateOf(PATH, signedOf({}, ALICE), locked)).toBe('refuse SIGNERS_MISSING')
  })

  it('and a lock of signers do not stand in for each other', () => {
    const signing = written({ signers: everyone })
    expect(fateOf(PATH, original, policyFrom(signing, { lock }))).toBe('refuse LOCK_DIFFERS')
    const signed = lockOf(policyFrom(signing), { [PATH]: original })
    expect(fateOf(PATH, core, policyFrom(demands, { lock: signed }))).toBe('refuse LOCK_DIFFERS')
  })

  it('of a script holds the whole script, whatever module of it is asked for', () => {
    const path = 'node_modules/hello/dist/index.js'
    const [holder, altered] = ['one', 'two'].map((text) => new TextEncoder().encode(text)) as [
      Uint8Array,
      Uint8Array,
    ]
    const locked = policyFrom(demands, { lock: lockOf(policyFrom(demands), { [path]: core }, { holder }) })
    expect(fateOf(path, core, locked, { holder })).toBe('accept')
    expect(fateOf(path, coreOf({}), locked, { holder })).toBe('accept')
    expect(fateOf(path, core, locked, { holder: altered })).toBe('refuse LOCK_DIFFERS')
  })

  it('of a script whose modules are signed holds the set of these', () => {
    const path = 'node_modules/hello/dist/index.js'
    const holder = new TextEncoder().encode('script')
    const signing = written({ signers: everyone })
    const locked = policyFrom(signing, {
      lock: lockOf(policyFrom(signing), { [path]: original }, { holder }),
    })
    expect(fateOf(path, original, locked, { holder })).toBe('accept')
    expect(fateOf(path, changed({ fill: 'x' }), locked, { holder })).toBe('refuse LOCK_DIFFERS')
  })
})

describe('a signer who signs until a day', () => {
  const demands: Written = {
    signers: { release: signer(ALICE, '2027-06-30') },
    rules: [{ files: '**', signers: ['release'] }],
  }

  it.each([
    ['2027-06-30', 'refuse LOCK_MISSING'],
    ['2027-07-01', 'refuse SIGNERS_MISSING'],
  ])('enters the lock on %s: %s', (today, fate) => {
    expect(fateOf(SRC, original, policyFrom(demands, { today }))).toBe(fate)
  })

  it('is judged without a day in a build, so that what is locked stays as it is', () => {
    const lock = lockOf(policyFrom(demands, { today: '2027-06-30' }), { [SRC]: original })
    expect(fateOf(SRC, original, policyFrom(demands, { lock }))).toBe('accept')
    expect(fateOf(SRC, changed({ fill: 'new' }), policyFrom(demands, { lock }))).toBe('refuse LOCK_DIFFERS')
  })

  it('is named in the refusal', () => {
    const policy = policyFrom(demands, { today: '2030-01-01' })
    expect(problemOf(SRC, original, demands, emptyLock(), policy).what).toContain(
      'over is the time of release (until 2027-06-30)',
    )
  })
})

describe('the text of a lock', () => {
  const demands = written({ signers: everyone })
  const files = { [SRC]: original, [NPM]: signedOf(parts, BOB, ALICE), 'src/a.wasm': signedOf({}, ALICE) }

  it('is sorted, one item a line, and does not depend on the order in which files are found', () => {
    const { text } = lockOf(policyFrom(demands), files)
    const reversed = Object.fromEntries(Object.entries(files).toReversed())
    expect(lockOf(policyFrom(demands), reversed).text).toBe(text)
    expect(text).toBe(`{
  "lockfileVersion": 1,
  "files": {
    "npm:@acme/clock/dist/clock.wasm": {
      "content": "${contentIn(text, 0)}",
      "signers": [
        "release",
        "security"
      ],
      "imports": [
        "a (wasi:io/streams@0.2)",
        "wasi:clocks/wall-clock@0.2"
      ],
      "exports": [
        "docs:adder/add@1"
      ]
    },
    "src/a.wasm": {
      "content": "${contentIn(text, 1)}",
      "signers": [
        "release"
      ],
      "imports": [],
      "exports": []
    },
    "src/adder.wasm": {
      "content": "${contentIn(text, 2)}",
      "signers": [
        "release"
      ],
      "imports": [
        "a (wasi:io/streams@0.2)",
        "wasi:clocks/wall-clock@0.2"
      ],
      "exports": [
        "docs:adder/add@1"
      ]
    }
  }
}
`)
  })

  it('is the same when it is read and written again', () => {
    const lock = lockOf(policyFrom(demands), files)
    expect(formatLock(entriesOf(lock))).toBe(lock.text)
    expect(formatLock(entriesOf(parseLock(JSON.stringify(JSON.parse(lock.text)))))).toBe(lock.text)
  })

  it.each([
    ['no JSON, as where two branches met', '{\n<<<<<<< HEAD\n', 2, 1, 'a name in double quotes is expected'],
    ['a file twice', '{ "lockfileVersion": 1, "files": { "a": {}, "a": {} } }', 1, 45, 'a second time'],
    ['a later version', '{ "lockfileVersion": 2, "files": {} }', 1, 22, 'knows version 1 of the format only'],
    [
      'an unknown name',
      '{ "lockfileVersion": 1, "files": { "a": { "contend": "" } } }',
      1,
      43,
      'did you mean "content"?',
    ],
    [
      'no digest',
      '{ "lockfileVersion": 1, "files": { "a": { "content": "sha256-abc" } } }',
      1,
      54,
      'a digest as sha256-<base64>',
    ],
    ['no entry', '{ "lockfileVersion": 1, "files": { "a": [] } }', 1, 41, 'not an empty one'],
  ])('with %s is refused, and says where', (_, text, line, column, reason) => {
    try {
      parseLock(text)
      throw new Error('it was accepted')
    } catch (error) {
      expect(error).toMatchObject({ code: 'LOCK_INVALID', place: { file: LOCK_FILE, line, column } })
      expect((error as Error).message).toContain(reason)
    }
  })
})

describe('the names in a lock', () => {
  it.each([
    ['wasi:io/streams@0.2.3', 'wasi:io/streams@0.2'],
    ['wasi:io/streams@1.4.0', 'wasi:io/streams@1'],
    ['wasi:io/streams@0.0.3', 'wasi:io/streams@0.0.3'],
    ['wasi:io/streams@1.0.0+build.5', 'wasi:io/streams@1'],
    ['wasi:io/streams@1.0.0-rc.1', 'wasi:io/streams@1.0.0-rc.1'],
    ['wasi:io/streams', 'wasi:io/streams'],
    ['log', 'log'],
  ])('%s is %s', (name, expected) => expect(compatible(name)).toBe(expected))

  it('act on nobody who reads them, and cannot pretend to be two', () => {
    const names = ['\u001b[2Jx', 'a (wasi:io/streams)', 'größe', '']
    expect(surfaceOf(coreOf({ imports: names })).imports).toEqual(
      ['', '\\u{1b}[2Jx', 'a\\u{20}(wasi:io/streams)', 'gr\\u{f6}\\u{df}e'].toSorted(),
    )
  })
})

function resigned(): Uint8Array {
  return signedOf(parts, MALLORY, ALICE)
}

function problemOf(
  path: string,
  bytes: Uint8Array,
  demands: Written,
  lock: Lock,
  policy = policyFrom(demands, { lock }),
) {
  const judgement = judge({ name: path, path, bytes }, policy)
  if (judgement.action === 'accept') throw new Error('it was accepted')
  return judgement.problem
}

const contentIn = (text: string, index: number) => [...text.matchAll(/"content": "([^"]+)"/g)][index]![1]!
