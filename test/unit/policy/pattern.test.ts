import fc from 'fast-check'
import picomatch from 'picomatch'
import { describe, expect, it } from 'vitest'
import { formatName, namesOf } from '../../../src/policy/file-name.js'
import { readPattern } from '../../../src/policy/pattern.js'

const matches = (pattern: string, path: string) => {
  const read = readPattern(pattern)
  if (typeof read === 'string') throw new Error(read)
  return namesOf(path).some((name) => read.matches(name))
}

describe('the names of a file', () => {
  it.each([
    ['src/adder.wasm', ['src/adder.wasm']],
    ['../lib/adder.wasm', ['../lib/adder.wasm']],
    ['node_modules/hello/dist/a.wasm', ['npm:hello/dist/a.wasm']],
    ['node_modules/@acme/pay/a.wasm', ['npm:@acme/pay/a.wasm']],
    ['../../node_modules/hello/a.wasm', ['npm:hello/a.wasm']],
    [
      'node_modules/a/node_modules/@acme/pay/x.wasm',
      ['npm:@acme/pay/x.wasm', 'npm:a/node_modules/@acme/pay/x.wasm'],
    ],
    ['node_modules/.pnpm/@acme+pay@1.0.0/node_modules/@acme/pay/x.wasm', ['npm:@acme/pay/x.wasm']],
    [
      'node_modules/.store/hello-npm-1.0.0-ab/package/x.wasm',
      ['node_modules/.store/hello-npm-1.0.0-ab/package/x.wasm'],
    ],
    ['node_modules/x.wasm', ['node_modules/x.wasm']],
    ['src/node_modules.wasm', ['src/node_modules.wasm']],
  ])('%s is %j', (path, names) => {
    expect(namesOf(path).map(formatName)).toEqual(names)
  })

  it('are one for both ways of writing an accent', () => {
    expect(namesOf('src/gro\u0308ße.wasm')).toEqual(namesOf('src/größe.wasm'))
    expect(matches('src/größe.wasm', 'src/gro\u0308ße.wasm')).toBe(true)
  })
})

describe('a pattern of files', () => {
  it.each([
    ['src/**', 'src/a.wasm', true],
    ['src/**', 'src/a/b/c.wasm', true],
    ['src/**', 'lib/a.wasm', false],
    ['./src/*.wasm', 'src/a.wasm', true],
    ['src/*.wasm', 'src/A.WASM', true],
    ['src/a.wasm', 'src/A.wasm', false],
    ['src/*.wasm', 'src/a/b.wasm', false],
    ['**/*.wasm', 'a.wasm', true],
    ['**', '.hidden/a.wasm', true],
    ['**', '../a.wasm', false],
    ['*/a.wasm', '../a.wasm', false],
    ['../lib/**', '../lib/a.wasm', true],
    ['../**', '../../a.wasm', false],
    ['**', '/other/a.wasm', false],
    ['**', 'D:/other/a.wasm', false],
    ['**', 'node_modules/hello/a.wasm', false],
    ['**', 'node_modules/x.wasm', false],
    ['**', 'node_modules/.cache/x.wasm', false],
    ['node_modules/.cache/**', 'node_modules/.cache/x.wasm', true],
    ['npm:hello', 'node_modules/hello/dist/a.wasm', true],
    ['npm:hello', 'node_modules/hello-2/dist/a.wasm', false],
    ['npm:hello/dist/*.wasm', 'node_modules/hello/dist/a.wasm', true],
    ['npm:hello/*.wasm', 'node_modules/hello/dist/a.wasm', false],
    ['npm:@acme/*', 'node_modules/@acme/pay/a.wasm', true],
    ['npm:@acme/*', 'node_modules/@acme2/pay/a.wasm', false],
    ['npm:@acme/*/dist/**', 'node_modules/@acme/pay/dist/a.wasm', true],
    ['npm:@acme/pay', 'node_modules/@acme/pay/a.wasm', true],
    ['npm:a', 'node_modules/a/node_modules/@acme/pay/x.wasm', true],
    ['npm:@acme/pay', 'node_modules/a/node_modules/@acme/pay/x.wasm', true],
    ['npm:hello', 'src/hello/a.wasm', false],
    ['a?c.wasm', 'abc.wasm', true],
    ['a?c.wasm', 'a/c.wasm', false],
  ])('%s and %s: %s', (pattern, path, expected) => {
    expect(matches(pattern, path)).toBe(expected)
  })

  it.each([
    ['src/{a,b}/**', 'only *, ? and ** stand for other letters'],
    ['src/[ab].wasm', 'only *, ? and ** stand for other letters'],
    ['!src/a.wasm', 'only *, ? and ** stand for other letters'],
    ['src\\a.wasm', 'only *, ? and ** stand for other letters'],
    ['src/', 'write src/**'],
    ['/src/**', 'count from the folder of the policy'],
    ['C:/src/**', 'count from the folder of the policy'],
    ['src//a.wasm', 'an empty name'],
    ['src/../a.wasm', 'an empty name'],
    ['src/**.wasm', 'must stand alone'],
    ['./', 'it names no file'],
    ['npm:', 'must name a package'],
    ['npm:@acme', 'must name a package'],
    ['npm:*', 'only all packages of a scope'],
    ['npm:@*/pay', 'only all packages of a scope'],
    ['npm:hello/{a,b}.wasm', 'only *, ? and ** stand for other letters'],
    [`${'a'.repeat(257)}`, 'longer than 256 letters'],
  ])('%s means nothing here', (pattern, reason) => {
    expect(readPattern(pattern)).toContain(reason)
  })

  it('means what it means to picomatch', () => {
    const segment = fc.stringMatching(/^[ab*?]{1,4}$/).filter((text) => !text.includes('**'))
    const glob = fc.array(fc.oneof(segment, fc.constant('**')), { minLength: 1, maxLength: 4 })
    const path = fc.array(fc.stringMatching(/^\.?[ab]{1,4}$/), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(glob, path, (segments, names) => {
        // picomatch reads several `**` in a row as it pleases, and `a/**` as `a` too, which names no file in it.
        fc.pre(!segments.join('/').includes('**/**') && segments.at(-1) !== '**')
        const pattern = segments.join('/')
        const expected = picomatch.isMatch(names.join('/'), pattern, { dot: true })
        expect(matches(pattern, names.join('/')), `${pattern} ${names.join('/')}`).toBe(expected)
      }),
      { numRuns: 5000, seed: 16 },
    )
  })

  it('takes no time that grows beyond the lengths multiplied', () => {
    const pattern = `${'a*'.repeat(120)}b`
    const started = process.cpuUsage()
    for (let time = 0; time < 20; time++) expect(matches(pattern, 'a'.repeat(4000))).toBe(false)
    const { user } = process.cpuUsage(started)
    const short = process.cpuUsage()
    for (let time = 0; time < 20; time++) expect(matches(pattern, 'a'.repeat(1000))).toBe(false)
    expect(user / process.cpuUsage(short).user).toBeLessThan(40)
  })
})
