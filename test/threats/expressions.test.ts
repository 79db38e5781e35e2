/**
 * THREATS row 42: every expression and loop that sees what others wrote (scripts and configs of dependencies, keys, ids, file
 * names, names in components, what jco made) takes time that is linear in it. Each is given texts that are one unit over and
 * over, which begins what never ends; CPU time at sizes 1, 2, 4 and 8 is compared, see `test/fuzz/growth.mjs`.
 */

import { describe, expect, it } from 'vitest'
import { cutSeams } from '../../src/bindings/jco/seams.js'
import { generateTypes } from '../../src/bindings/types/entries.js'
import { planDeclarations } from '../../src/bindings/types/plan.js'
import { createFilter } from '../../src/disk/glob.js'
import { isGlob } from '../../src/disk/glob-path.js'
import { wasmSpecifiers } from '../../src/disk/packages.js'
import { displayPath, insideRoot } from '../../src/disk/paths.js'
import { plainJson, readTsconfigs } from '../../src/disk/tsconfig.js'
import { Diagnostic } from '../../src/errors/diagnostic.js'
import { nearest } from '../../src/errors/nearest.js'
import { problem } from '../../src/errors/raise.js'
import { escapeControls, printable } from '../../src/errors/text.js'
import {
  decodeUtf8,
  encodeUtf8,
  fromBase64,
  fromHex,
  toBase64,
  toHex,
  toLatin1,
} from '../../src/format/encoding.js'
import { camelCase, hostNames, pascalCase } from '../../src/format/interface-name.js'
import { isPlainName } from '../../src/plugin/assets.js'
import { findWasm } from '../../src/disk/find-wasm.js'
import { parseWasmId, readQuery } from '../../src/plugin/request.js'
import { formatReport, REPORT_FORMATS } from '../../src/report/formats.js'
import { unreadable } from '../../src/report/result.js'
import { parsePublicKeys } from '../../src/trust/keys/read.js'
import { growth } from '../fuzz/growth.mjs'
import { component as largeComponent } from '../fuzz/inputs.mjs'
import { leb, section } from '../kit/sections.js'
import { makeProject } from '../kit/project.js'

const SIZE = 16 * 1024

const readKeys = (text: string) => {
  parsePublicKeys(text, 'k')
}
const declare = (text: string) =>
  generateTypes({
    name: 'x.wasm',
    declarations: { 'component.d.ts': text, 'interfaces/a.d.ts': text },
    renamed: new Map([['a:b/cv1', 'a:b/c@1']]),
    imports: [],
    exports: ['a'],
    hasUtil: false,
    provided: new Set(),
    asyncExports: ['a#b', 'a#[method]a.b'],
  })

/** Who sees texts of others, and units of which each begins something that it looks for. */
const READERS: [name: string, read: (text: string) => unknown, units: readonly string[]][] = [
  [
    'scripts of packages',
    wasmSpecifiers,
    [
      'import',
      'import ',
      'import(',
      'import ( ',
      'from"',
      'from"a',
      'from"x.wasm?',
      'import`x.wasm.',
      ' ',
      '.wasm',
      'from "\n',
    ],
  ],
  [
    'a tsconfig',
    plainJson,
    ['"', '\\"', '"\\', '"\\\n', '/*', '/', '//', ',', ', ', '"a",', '/*"', '"//', '\\\\"', '"a\\\\'],
  ],
  [
    'keys',
    readKeys,
    [
      '#',
      '#\n',
      '# \n\n',
      '-----BEGIN ',
      '-----BEGIN A-----',
      '-----BEGIN A',
      '-----BEGIN A-----\nA\n-----END B-----',
      '-',
      'A',
      '0',
      '=',
      '\n',
      '\t \n',
      'ssh-rsa A\n',
      'ssh-ed25519 ',
      'ssh-',
      '{"keys":[',
      '{',
      '\ufeff',
    ],
  ],
  [
    'keys as bytes',
    (text) => parsePublicKeys(encodeUtf8(text), 'k'),
    ['#\n', '-----BEGIN ', '\u00ef\u00bb\u00bf', 'A'],
  ],
  ['ids', parseWasmId, ['.wasm', '.wasm?', '.wasm#', '/.wasm', '?', '/a.wasm\0', '/a.wasm?x\n#']],
  ['queries', readQuery, ['&', 'a=', '?', '&component', '%', 'signed-wasm=']],
  [
    'names that are shown',
    (text) => [printable(text), escapeControls(text)],
    ['\x1b', '\u202e', 'a', '\ud800'],
  ],
  [
    'interface names',
    (text) => [hostNames(text), hostNames(`a (${text})`), camelCase(text), pascalCase(text)],
    ['@', 'a@', ' (', ')', ' ', '-', '-a', 'a'],
  ],
  [
    'file names',
    (text) => [
      isPlainName(text),
      insideRoot(`/${text}`, '/a'),
      displayPath(`/${text}`, '/a'),
      nearest(text, ['keys']),
    ],
    ['a', '%', '../', '/', ' ', '\\', 'a/'],
  ],
  ['names in base64, hex and UTF-8', (text) => encodings(text), ['A', '=', '-', '\u{1f600}']],
  [
    'declarations that jco made',
    declare,
    [
      'export class A {\n',
      'export class A {\n  a(): b;\n',
      'export class ',
      'export function a(): ',
      'export function a(',
      'export function a(): ;\n',
      '  a(): ',
      "  'a': typeof ",
      "import type * as A from './",
      "import type * as A from './a'; // ",
      ': typeof ',
      'a:b/c',
      'a:b/cv1 ',
      'export interface ImportObject {\n',
      '}\nexport interface Root {\n',
      '  a: b\n',
      '  /** a\n',
      '\n',
    ],
  ],
  [
    'bindings that jco made',
    cutSeams,
    [
      'import.meta',
      'export const _util = {',
      'export const _util={ ',
      ' ',
      'if (!getCoreModule) getCoreModule = (a',
    ],
  ],
  [
    'outputs of a bundler',
    (text) => [...findWasm([{ name: 'a.js', content: text }])],
    ['AGFzbQ', 'AGFzbQ=', 'AGFzbQ ', 'AGFzb', 'A'],
  ],
]

function encodings(text: string): unknown {
  const bytes = encodeUtf8(text)
  return [fromBase64(text), fromHex(text), decodeUtf8(bytes), toBase64(bytes), toHex(bytes), toLatin1(bytes)]
}

/** Hostile texts are refused by some readers, which takes time as well. */
function patient(read: (text: string) => unknown): (text: string) => void {
  return (text) => {
    try {
      read(text)
    } catch (error) {
      if (!(error instanceof Diagnostic)) throw error
    }
  }
}

const make = (unit: string) => (size: number) => unit.repeat(Math.ceil(size / unit.length))

describe('THREAT 42: time is linear in what others wrote', () => {
  it('can be told from time that is not', () => {
    const grown = growth({
      size: SIZE / 3,
      make: (size) => `${' '.repeat(size)}x`,
      run: (text) => / +$/.test(text),
      attempts: 1,
    })
    expect(grown.isLinear).toBe(false)
  })

  it('in one long specifier', () => {
    for (const unit of ['x.wasm?', '.wasm', ' ', 'a'])
      expect(
        growth({ size: SIZE, make: (size) => `import("${make(unit)(size)}`, run: wasmSpecifiers }),
        unit,
      ).toMatchObject({
        isLinear: true,
      })
  })

  it.each(READERS)('%s', (_, read, units) => {
    for (const unit of units)
      expect(
        growth({ size: SIZE, make: make(unit), run: patient(read) }),
        JSON.stringify(unit),
      ).toMatchObject({
        isLinear: true,
      })
  })

  it('reports on files with long names and long messages', () => {
    const run = (text: string) => {
      const results = [unreadable(text, problem('FILE_UNREADABLE', { file: text, reason: text }))]
      for (const format of REPORT_FORMATS) formatReport(results, format, { version: () => '1', width: 80 })
    }
    for (const unit of [' ', 'a ', 'a', '\n', '&', '/', '%', '\x1b'])
      expect(growth({ size: SIZE / 4, make: make(unit), run }), JSON.stringify(unit)).toMatchObject({
        isLinear: true,
      })
  })

  it('globs against long paths', () => {
    const filter = createFilter({ include: ['**/*.wasm', 'a/**/b/*.wasm'], exclude: ['**/c/**'] }, '/root')
    for (const unit of ['a/', 'a', 'b/', '.wasm', '*'])
      expect(
        growth({ size: 1024, make: make(unit), run: (text) => [filter(`/project/${text}`), isGlob(text)] }),
        unit,
      ).toMatchObject({ isLinear: true })
  })

  it('versions of one interface, of which every one gets another name in a copy', () => {
    const makeComponent = (count: number) => {
      const names = Array.from({ length: count }, (_, index) => `a:b/c@${index + 10_000}.0.0`)
      const items = names.map((name) => [0, leb(name.length), name, 1, 0])
      return largeComponent(section(10, [leb(count), items]))
    }
    expect(growth({ size: 400, make: makeComponent, run: planDeclarations })).toMatchObject({
      isLinear: true,
    })
  })

  it('configs that extend themselves, or one another, many times', () => {
    const bases = Array.from({ length: 30 }, (_, index) => `./tsconfig.${index % 3}.json`)
    const config = JSON.stringify({ extends: [...bases, './tsconfig.json'] })
    const names = ['tsconfig.json', 'tsconfig.0.json', 'tsconfig.1.json', 'tsconfig.2.json']
    const project = makeProject(Object.fromEntries(names.map((name) => [name, config])))
    expect(readTsconfigs(project.at('tsconfig.json'))).toHaveLength(1)
  })
})
