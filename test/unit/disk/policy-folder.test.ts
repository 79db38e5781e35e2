/** By which names rules know files, on disks of every kind. */

import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { pathInPolicy } from '../../../src/disk/policy-folder.js'
import { formatName, namesOf } from '../../../src/policy/file-name.js'
import { readPattern } from '../../../src/policy/pattern.js'
import { fateOf, lockOf, policyFrom, signedOf, signer } from '../../kit/policies.js'
import { ALICE } from '../../kit/sections.js'

const matches = (pattern: string, name: string) => {
  const read = readPattern(pattern)
  if (typeof read === 'string') throw new Error(read)
  return read.matches(namesOf(name)[0]!)
}

describe('a path of Windows', () => {
  const inPolicy = (file: string, folder = 'C:\\proj') => pathInPolicy(file, folder, path.win32)

  it.each([
    ['a file of the project', 'C:\\proj\\src\\a.wasm', 'src/a.wasm', 'src/a.wasm'],
    ['the drive in another case', 'c:\\proj\\src\\a.wasm', 'src/a.wasm', 'src/a.wasm'],
    ['the folder in another case', 'C:\\PROJ\\src\\a.wasm', 'src/a.wasm', 'src/a.wasm'],
    [
      'a file of a package',
      'C:\\proj\\node_modules\\@acme\\pay\\dist\\x.wasm',
      'node_modules/@acme/pay/dist/x.wasm',
      'npm:@acme/pay/dist/x.wasm',
    ],
    [
      'a file in a store of pnpm',
      'C:\\proj\\node_modules\\.pnpm\\acme@1.0.0\\node_modules\\acme\\x.wasm',
      'node_modules/.pnpm/acme@1.0.0/node_modules/acme/x.wasm',
      'npm:acme/x.wasm',
    ],
    [
      'what is installed above',
      'C:\\node_modules\\acme\\x.wasm',
      '../node_modules/acme/x.wasm',
      'npm:acme/x.wasm',
    ],
    ['a file above', 'C:\\other\\a.wasm', '../other/a.wasm', '../other/a.wasm'],
    ['a file on another drive', 'D:\\proj\\src\\a.wasm', 'D:/proj/src/a.wasm', 'D:/proj/src/a.wasm'],
    ['a file on a server', '\\\\host\\share\\a.wasm', '//host/share/a.wasm', '//host/share/a.wasm'],
  ])('%s has forward slashes in rules and locks', (_, file, wanted, name) => {
    expect(inPolicy(file)).toBe(wanted)
    expect(formatName(namesOf(inPolicy(file))[0]!)).toBe(name)
  })

  it.each(['**', 'src/**', '**/a.wasm', '*/**'])('on another drive or server is none of %s', (pattern) => {
    for (const file of ['D:\\proj\\src\\a.wasm', '\\\\host\\share\\src\\a.wasm'])
      expect(matches(pattern, inPolicy(file)), file).toBe(false)
  })

  it('in the place of a pattern is refused, rather than taken for what names nothing', () => {
    for (const pattern of ['src\\**', 'C:/proj/src/**', 'c:\\proj\\a.wasm', 'npm:acme\\a.wasm'])
      expect(typeof readPattern(pattern), pattern).toBe('string')
  })
})

describe('a disk on which case means nothing', () => {
  const written = {
    signers: { release: signer(ALICE) },
    rules: [{ files: 'src/Hello.wasm', signers: ['release'] }],
  }
  const file = signedOf({}, ALICE)

  it('has one name for a file, which is that of rules and lock: another spelling has none', () => {
    const lock = lockOf(policyFrom(written), { 'src/Hello.wasm': file })
    const fate = (name: string) => fateOf(name, file, policyFrom(written, { lock }))
    expect([fate('src/Hello.wasm'), fate('src/hello.wasm'), fate('SRC/Hello.wasm')]).toEqual([
      'accept',
      'refuse NO_RULE',
      'refuse NO_RULE',
    ])
  })

  it('has extensions in any case, as engines take them', () => {
    expect(matches('src/*.wasm', 'src/a.WASM')).toBe(true)
    expect(matches('src/*.WASM', 'src/a.wasm')).toBe(true)
    expect(matches('src/A.wasm', 'src/a.WASM')).toBe(false)
  })

  it.each([
    ['composed and decomposed letters', 'src/\u00e9.wasm', 'src/e\u0301.wasm', true],
    ['letters that only look alike', 'src/a.wasm', 'src/\u0430.wasm', false],
    ['a package in another case', 'npm:acme/x.wasm', 'node_modules/ACME/x.wasm', false],
  ])('with %s', (_, pattern, name, isMatch) => {
    expect(matches(pattern, name)).toBe(isMatch)
  })
})
