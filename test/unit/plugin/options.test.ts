import { describe, expect, it } from 'vitest'
import { nearest } from '../../../src/errors/nearest.js'
import { type Options, resolveOptions } from '../../../src/plugin/options.js'

const wrong = (options: unknown) => () => resolveOptions(options as Options)

describe('resolveOptions', () => {
  it('is strict, with nothing trusted, when nothing is said', () => {
    expect(resolveOptions()).toEqual({
      mode: { build: 'strict', serve: 'strict' },
      writtenMode: {},
      policy: undefined,
      written: [],
      keys: [],
      identities: [],
      trustedRoot: undefined,
      include: [],
      exclude: [],
      detached: false,
      packages: 'report',
      log: undefined,
      imports: {},
      asset: 'file',
      recheck: 'off',
      types: { kind: 'folder', folder: '.signed-wasm/types', needsTsconfig: true },
      cache: { folder: 'node_modules/.cache/unplugin-signed-wasm', needsPackages: true },
      jco: {},
      limits: {
        maxFileBytes: 67_108_864,
        timeoutMs: 30_000,
        maxOutputBytes: 52_428_800,
        maxMemoryBytes: 1_073_741_824,
      },
    })
  })

  it('takes one mode for all, or one each for build and serve', () => {
    expect(resolveOptions({ mode: 'off' }).mode).toEqual({ build: 'off', serve: 'off' })
    expect(resolveOptions({ mode: { serve: 'lenient' } }).mode).toEqual({ build: 'strict', serve: 'lenient' })
  })

  it('takes types as a switch, a word or a folder', () => {
    const types = (value: boolean | string) => resolveOptions({ types: value }).types
    expect(types(true)).toEqual({ kind: 'folder', folder: '.signed-wasm/types', needsTsconfig: false })
    expect(types('gen')).toEqual({ kind: 'folder', folder: 'gen', needsTsconfig: false })
    expect([types('sibling'), types(false)]).toEqual([{ kind: 'sibling' }, { kind: 'nowhere' }])
    expect(wrong({ types: '' })).toThrow("`types` must be true, false, 'sibling' or a folder")
  })

  it('takes modules by a word, or with how they are got', () => {
    const asset = (value: Options['asset']) => resolveOptions({ asset: value }).asset
    expect([asset('modules'), asset({ modules: 'url' }), asset(5)]).toEqual([
      { modules: undefined },
      { modules: 'url' },
      5,
    ])
    expect(wrong({ asset: { modules: 'url', suffix: '' } })).toThrow('unknown option `asset.suffix`')
  })

  it('takes cache as a switch or a folder', () => {
    const cache = (value: boolean | string) => resolveOptions({ cache: value }).cache
    expect([cache(true), cache(false), cache('.jco')]).toEqual([
      { folder: 'node_modules/.cache/unplugin-signed-wasm', needsPackages: false },
      false,
      { folder: '.jco', needsPackages: false },
    ])
    expect(wrong({ cache: ' ' })).toThrow('`cache` must be true, false or a folder')
  })

  it('takes one key, include or exclude without a list around it', () => {
    const { keys, include, exclude } = resolveOptions({ keys: 'a.pub', include: 'a/**', exclude: ['b', 'c'] })
    expect([keys, include, exclude]).toEqual([['a.pub'], ['a/**'], ['b', 'c']])
  })

  it('gives something that nobody can change afterwards', () => {
    const mine = { keys: [{ env: 'A' }], jco: { asyncImports: ['a'] }, imports: { a: 'b' } }
    const resolved = resolveOptions(mine)
    mine.keys[0]!.env = 'B'
    mine.jco.asyncImports.push('b')
    mine.imports.a = 'c'
    expect(resolved).toMatchObject({
      keys: [{ env: 'A' }],
      jco: { asyncImports: ['a'] },
      imports: { a: 'b' },
    })
    expect(() => ((resolved.mode as { build: string }).build = 'off')).toThrow(TypeError)
    expect(() => (resolved.keys as unknown[]).push('x')).toThrow(TypeError)
  })

  it.each([
    [
      { key: 'a' },
      'OPTION_UNKNOWN: unknown option `key`\n  hint: did you mean `keys`? there are: mode, policy, keys, ',
    ],
    [
      { sources: 'a' },
      'OPTION_UNKNOWN: unknown option `sources`\n  hint: there are: mode, policy, keys, identities, ',
    ],
    [{ mode: { bild: 'off' } }, 'unknown option `mode.bild`\n  hint: did you mean `mode.build`?'],
    [{ limits: { timeoutMS: 1 } }, 'hint: did you mean `limits.timeoutMs`?'],
    [{ jco: { trasing: true } }, 'hint: did you mean `jco.tracing`?'],
    [{ constructor: 1 }, 'unknown option `constructor`'],
  ])('refuses the unknown name in %j and tells the nearest', (options, message) => {
    expect(wrong(options)).toThrow(
      message
        .replaceAll('`mode.build`', '`build`')
        .replaceAll('`limits.timeoutMs`', '`timeoutMs`')
        .replaceAll('`jco.tracing`', '`tracing`'),
    )
  })

  it.each([
    ['mode', 'loose'],
    ['mode', null],
    ['mode.build', { build: 'loose' }],
    ['keys', ['']],
    ['keys', 5],
    ['keys', [{ env: '' }]],
    ['keys', [{ env: 'A', fingerprint: 'abc' }]],
    ['keys', [{ env: 'A', pinned: true }]],
    ['include', [1]],
    ['detached', 'yes'],
    ['packages', 'skip'],
    ['coreModules', 'ignore'],
    ['imports', { a: 1 }],
    ['imports', ['a']],
    ['asset', -1],
    ['asset', 1.5],
    ['asset', 'base64'],
    ['asset', {}],
    ['asset', ['modules']],
    ['asset.modules', { modules: 'require' }],
    ['cache', 1],
    ['cache', ''],
    ['cache', null],
    ['jco', true],
    ['jco', null],
    ['jco.asyncMode', { asyncMode: 'magic' }],
    ['jco.asyncImports', { asyncImports: 'abc' }],
    ['limits', 5],
    ['limits.timeoutMs', { timeoutMs: '30s' }],
  ])('refuses a wrong %s and says what it must be', (option, value) => {
    const [name] = option.split('.')
    expect(wrong({ [name!]: value })).toThrow(
      new RegExp(`OPTION_INVALID: \`${option.replace('.', '\\.')}\` must be `),
    )
  })

  it.each([
    'optimize',
    'js',
    'stub',
    'instantiation',
    'tlaCompat',
    'map',
    'wasiShim',
    'base64Cutoff',
    'multiMemory',
    'nodejsCompat',
    'namespacedExports',
    'name',
    'outDir',
  ])('refuses jco.%s, with the reason', (name) => {
    expect(wrong({ jco: { [name]: true } })).toThrow(
      new RegExp(`\`jco\\.${name}\` must be left out: it (?:would|is) `),
    )
  })

  it.each([null, [], 'strict', 5])('refuses %j in the place of options', (options) => {
    expect(wrong(options)).toThrow('OPTION_INVALID')
  })
})

describe('nearest', () => {
  it.each([
    ['kyes', ['keys', 'mode'], 'keys'],
    ['INCLUDE', ['include', 'exclude'], 'include'],
    ['zzz', ['keys', 'mode'], undefined],
    ['x', [], undefined],
  ])('finds for %s among %j: %s', (name, candidates, found) => {
    expect(nearest(name, candidates)).toBe(found)
  })
})
