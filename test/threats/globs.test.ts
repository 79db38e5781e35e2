/** THREATS row 41: a glob means what its author thinks, in each option that takes one, and the build says which are in force. */

import { describe, expect, it } from 'vitest'
import { createFilter, expandGlobs } from '../../src/disk/glob.js'
import { readKeyring } from '../../src/disk/keyring.js'
import { Gate } from '../../src/plugin/gate.js'
import { type Options, resolveOptions } from '../../src/plugin/options.js'
import { formatPublicKey } from '../../src/trust/keys/write.js'
import { generateKey } from '../../src/trust/keys/trusted-key.js'
import { makeProject, TRUSTED_PEM } from '../kit/project.js'
import { openTerminal } from '../kit/terminal.js'

const ROOT = '/root'
const covered = (options: Pick<Options, 'include' | 'exclude'>, files: readonly string[]) => {
  const { include, exclude } = resolveOptions(options)
  const filter = createFilter({ include, exclude }, ROOT)
  return files.filter((file) => filter(`${ROOT}/${file}`))
}
const FILES = ['a.wasm', 'vendor/x.wasm', 'vendor/y.wasm', 'vendor/deep/x.wasm']

describe('THREAT 41: `!` in include and exclude', () => {
  it('takes out of the globs before it what it matches, as in .gitignore', () => {
    expect(covered({ exclude: ['vendor/**', '!vendor/x.wasm'] }, FILES)).toEqual(['a.wasm', 'vendor/x.wasm'])
    expect(covered({ include: ['vendor/**', '!vendor/x.wasm'] }, FILES)).toEqual([
      'vendor/y.wasm',
      'vendor/deep/x.wasm',
    ])
    expect(covered({ exclude: ['vendor/**', '!**/x.wasm', 'vendor/deep/**'] }, FILES)).toEqual([
      'a.wasm',
      'vendor/x.wasm',
    ])
    expect(covered({ include: ['**/x.wasm', '!vendor/**', 'vendor/deep/*'] }, FILES)).toEqual([
      'vendor/deep/x.wasm',
    ])
  })

  it('goes by the last glob that matches, whichever of its names a file goes by', () => {
    expect(covered({ exclude: ['vendor/**', `!${ROOT}/vendor/x.wasm`] }, FILES)).toContain('vendor/x.wasm')
    expect(covered({ exclude: [`${ROOT}/vendor/**`, '!vendor/x.wasm'] }, FILES)).toContain('vendor/x.wasm')
    expect(covered({ exclude: ['./vendor/**', '!./vendor/x.wasm'] }, FILES)).toContain('vendor/x.wasm')
  })

  it('never excludes what no glob without it names', () => {
    for (const exclude of [['b/**', '!vendor/x.wasm'], ['b/**', '!b/c/**', '!a.wasm'], []])
      expect(covered({ exclude }, FILES)).toEqual(FILES)
  })

  it.each<Options>([
    { exclude: '!vendor/x.wasm' },
    { exclude: ['!vendor/x.wasm', 'vendor/**'] },
    { include: ['!vendor/**'] },
    { include: ['!**'] },
    { exclude: ['vendor/**', '!'] },
    { exclude: ['vendor/**', '!!vendor/x.wasm'] },
  ])('is refused where it means nothing: %j', (options) => {
    const [option] = Object.keys(options)
    expect(() => new Gate(resolveOptions(options))).toThrow(`OPTION_INVALID: \`${option}\` must be `)
  })

  it('is left alone in a name, and in a pattern of what a name is not', () => {
    expect(covered({ include: ['./!x.wasm'] }, ['!x.wasm', 'x.wasm'])).toEqual(['!x.wasm'])
    expect(covered({ include: ['vendor/!(x).wasm'] }, FILES)).toEqual(['vendor/y.wasm'])
    expect(covered({ exclude: ['!(vendor)/*.wasm'] }, ['a/x.wasm', 'vendor/x.wasm'])).toEqual([
      'vendor/x.wasm',
    ])
  })

  it('holds for copies of excluded files in the output as well', () => {
    const project = makeProject({ 'vendor/x.wasm': 'x', 'vendor/y.wasm': 'y', 'other.wasm': 'z' })
    const found = (...exclude: readonly string[]) => expandGlobs(exclude, project.root)
    const at = (...names: string[]) => names.map((name) => project.at(name))
    expect(found('vendor/*', '!vendor/x.wasm', 'other.wasm')).toEqual(at('vendor/y.wasm', 'other.wasm'))
    expect(found('vendor/x.wasm', '!vendor/*')).toEqual([])
  })
})

describe('THREAT 41: `!` in key sources and files', () => {
  const pem = () => Buffer.from(formatPublicKey(generateKey(), 'pem')).toString()
  const project = makeProject({ 'keys/old.pub': pem(), 'keys/new.pub': pem(), '!odd.pub': pem() })
  const read = (...sources: readonly string[]) =>
    readKeyring(sources, { root: project.root, environment: {} }).keys.map(({ name }) => name)

  it.each(['!keys/old.pub', '!keys/*.pub', 'keys/!(old).pub', '!(keys)/*.pub', '!', 'keys/{!old,x*}.pub'])(
    'trusts nothing by what it does not name: %s',
    (source) => {
      expect(() => read('keys/*.pub', source)).toThrow(
        'must be a path or glob of the keys that are trusted, without `!`',
      )
    },
  )

  it('is a letter in the name of a file that is there', () => {
    expect(read('!odd.pub')).toEqual(['!odd.pub'])
  })

  it('is refused by the command line, which would work on what was left out', async () => {
    const terminal = openTerminal()
    terminal.write('a/x.wasm', 'x')
    const { code, err } = await terminal.run('inspect', '!a/*.wasm')
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('`!a/*.wasm` must be a pattern of what is meant'),
    ])
  })
})

describe('THREAT 41: the policy line', () => {
  const lineOf = (options: Options) => {
    const lines: string[] = []
    new Gate(resolveOptions({ keys: TRUSTED_PEM, ...options })).start({
      inform: (line) => void lines.push(line),
      warn: () => {},
    })
    return lines.join('\n')
  }

  it('names the globs that a build works with', () => {
    expect(lineOf({ include: 'src/**', exclude: ['vendor/**', '!vendor/x.wasm'] })).toMatch(
      /^\[signed-wasm\] strict, 1 trusted key: .*; include src\/\*\*; exclude vendor\/\*\*, !vendor\/x\.wasm$/,
    )
    expect(lineOf({})).not.toMatch(/include|exclude/)
  })

  it('stays one line, however many there are', () => {
    const exclude = Array.from({ length: 100 }, (_, index) => `${index}\n.wasm`)
    const line = lineOf({ exclude })
    expect(line.split('\n')).toHaveLength(1)
    expect(line).toContain('exclude 0\\u{a}.wasm, ')
    expect(line).toContain('and 80 more')
  })
})
