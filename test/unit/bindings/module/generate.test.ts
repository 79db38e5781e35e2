import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import { afterAll, describe, expect, test } from 'vitest'
import { planImports } from '../../../../src/bindings/hosts.js'
import { cutSeams } from '../../../../src/bindings/jco/seams.js'
import type { Transpiled } from '../../../../src/bindings/jco/transpiled.js'
import { coresIn } from '../../../../src/bindings/module/cores.js'
import type { ModuleInput } from '../../../../src/bindings/module/input.js'
import { concatBytes } from '../../../../src/format/encoding.js'
import { encodeSection, encodeSignatureSection, PREAMBLES } from '../../../../src/format/wasm.js'
import { runModule, transpiler, writeOurs } from '../../../kit/bindings.js'
import { makeProject } from '../../../kit/project.js'
import { generateModule, JCO_LOG } from '../../../kit/sources.js'

const LOADER =
  'if (!getCoreModule) getCoreModule = (name) => fetchCompile(new URL(`./${name}`, import.meta.url));'
const JS = `"use components";
export function instantiate(getCoreModule, imports, instantiateCore = WebAssembly.instantiate) {
  ${JCO_LOG}
  const fetchCompile = url => fetch(url).then(WebAssembly.compileStreaming);
  ${LOADER}
  return Promise.resolve({});
};

export const _util = {
  
}

`
const MINIFIED =
  '"use components";export function instantiate(getCoreModule,e,t=WebAssembly.instantiate){let _debugLog=(...e)=>{globalThis?.process?.env?.JCO_DEBUG&&console.debug(...e)},fetchCompile=e=>fetch(e).then(WebAssembly.compileStreaming);_debugLog(1),getCoreModule||(getCoreModule=e=>fetchCompile(new URL(`./${e}`,import.meta.url)));return _debugLog}export const _util={};'

const CORE = PREAMBLES['core module']
const BYTES = concatBytes(
  PREAMBLES.component,
  encodeSection(0, Uint8Array.of(1, 0x78)),
  encodeSection(1, CORE),
)

const transpiled = (changes: Partial<Transpiled> = {}): Transpiled => ({
  js: JS,
  cores: {},
  imports: [],
  exports: [],
  hasUtil: false,
  needsJspi: false,
  declarations: {},
  ...changes,
})

const generate = (changes: Partial<ModuleInput & { bytes: Uint8Array }> = {}) =>
  generateModule({
    transpiled: transpiled(),
    bytes: BYTES,
    form: 'exports',
    source: { kind: 'url', expression: 'new URL("./a.wasm", import.meta.url)' },
    recheck: { kind: 'off' },
    runtime: '/runtime',
    hosts: new Map(),
    ...changes,
  }).code

const codeOf = (attempt: () => unknown) => {
  try {
    return attempt()
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe("the seam in jco's code", () => {
  test.each([
    ['plain', JS],
    ['minified', MINIFIED],
  ])('leaves one local function of %s code', (_, js) => {
    const cut = cutSeams(js).toString()
    expect(cut).not.toMatch(/export|import\.meta|_util|use components/)
    expect(cut).toMatch(/^function instantiate\(/)
    // oxlint-disable-next-line no-new-func -- that it is a script without module syntax is what is tested
    expect(() => new Function(`"use strict";${cut}`)).not.toThrow()
  })

  test.each([
    ['plain', JS],
    ['minified', MINIFIED],
  ])('leaves a log of %s code that does nothing, unless calls are traced', (_, js) => {
    expect(cutSeams(js).toString()).toMatch(/_debugLog ?= ?\/\* @__NO_SIDE_EFFECTS__ \*\/ \(\) => \{\}[;,]/)
    expect(cutSeams(js).toString()).not.toMatch(/JCO_DEBUG|console/)
    expect(cutSeams(js, { keepsLog: true }).toString()).toMatch(/JCO_DEBUG.*console\.debug\(\.\.\.\w+\)/s)
  })

  test('needs no log where nothing is logged', () => {
    expect(cutSeams(JS.replace(JCO_LOG, '')).toString()).toContain('function instantiate(')
  })

  test.each([
    ['no loader', JS.replace(LOADER, '')],
    ['two loaders', JS.replace(LOADER, LOADER + LOADER)],
    ['another loader', JS.replace(LOADER, LOADER.replace('fetchCompile', 'load'))],
    ['a loader that uses another variable', JS.replace(LOADER, LOADER.replace('${name}', '${other}'))],
    ['a second use of import.meta', JS.replace('Promise', 'import.meta.url, Promise')],
    ['no log', JS.replace(JCO_LOG, '_debugLog(1);')],
    ['two logs', JS.replace(JCO_LOG, JCO_LOG + JCO_LOG)],
    ['another log', JS.replace(JCO_LOG, JCO_LOG.replace('...args', 'args'))],
    ['a log on other terms', JS.replace(JCO_LOG, JCO_LOG.replace('JCO_DEBUG', 'JCO_DEBUG2'))],
    [
      'a log that does more',
      JS.replace(JCO_LOG, JCO_LOG.replace('console.debug(...args)', 'console.debug(...args); more()')),
    ],
    ['no instantiate', JS.replace('instantiate(', 'start(')],
    ['no _util', JS.replace('_util', '_other')],
    ['something after _util', `${JS}export const more = 1`],
    ['nothing', ''],
  ])('is refused when there is %s', (_, js) => {
    expect(codeOf(() => cutSeams(js))).toBe('SEAM_CHANGED')
  })
})

describe('generated code', () => {
  test('is the same for the same input', () => {
    expect(generate()).toBe(generate())
    expect(generate()).toMatchInlineSnapshot(`
      "import { readContent as $signedWasmReadContent } from "/runtime/get.js";
      import { compile as $signedWasmCompile } from "/runtime/compile.js";
      function instantiate(getCoreModule, imports, instantiateCore = WebAssembly.instantiate) {
        const _debugLog = /* @__NO_SIDE_EFFECTS__ */ () => {};
        const fetchCompile = url => fetch(url).then(WebAssembly.compileStreaming);
        
        return Promise.resolve({});
      };


      const $signedWasmLoad = () => $signedWasmCompile($signedWasmReadContent(new URL("./a.wasm", import.meta.url), 0), (file) => []);
      const $signedWasmCoreModules = await $signedWasmLoad();
      const $signedWasmImports = {
        __proto__: null,
      };
      const $signedWasmExports = await instantiate((name) => $signedWasmCoreModules.get(name), $signedWasmImports);
      export default $signedWasmExports;
      const {
      } = $signedWasmExports;
      export {
      };

      "
    `)
  })

  test('is one function, without a top-level await, for `?instantiate`', () => {
    const code = generate({ form: 'instantiate', transpiled: transpiled({ exports: [['add', 'function']] }) })
    expect(code).toMatch(/\nexport default \/\* @__PURE__ \*\/ \$signedWasmComponent\(\{[^]*\}\);\n$/)
    expect(code).not.toContain('await')
    expect(code.match(/^export /gm)).toHaveLength(1)
  })

  test('names each export, with a string where JavaScript has no identifier for it', () => {
    const exports = [
      ['add', 'function'],
      ['docs:adder/add@0.1.0', 'instance'],
      ['class', 'function'],
      ['add', 'instance'],
    ] as const
    const code = generate({ transpiled: transpiled({ exports }) })
    expect(code).toContain(
      'export {\n  $signedWasmExport0 as add,\n  $signedWasmExport1 as "docs:adder/add@0.1.0",\n  $signedWasmExport2 as class,\n};',
    )
  })

  test('keeps `default` for the exports object', () => {
    const code = generate({ transpiled: transpiled({ exports: [['default', 'function']] }) })
    expect(code).toContain('export default $signedWasmExports;')
    expect(code).not.toContain('as default')
  })

  test('refuses a function called `then`, takes an interface of that name', () => {
    for (const form of ['exports', 'instantiate'] as const) {
      expect(
        codeOf(() => generate({ form, transpiled: transpiled({ exports: [['then', 'function']] }) })),
      ).toBe('UNSAFE_NAME')
    }
    expect(generate({ transpiled: transpiled({ exports: [['then', 'instance']] }) })).toContain('as then')
  })

  test('escapes what JSON leaves as it is and older JavaScript does not', () => {
    const code = generate({ transpiled: transpiled({ exports: [['a\u2028b\u2029"\\', 'function']] }) })
    expect(code).toContain(String.raw`"a\u2028b\u2029\"\\"`)
  })

  test('imports core modules that are handed over, and has them in the place of what jco compiles', () => {
    const js = JS.replace(
      'return Promise',
      'const aModule = new WebAssembly.Module(new Uint8Array([\n  0x00, 97, 0X73,\n]));\n  return Promise',
    )
    const specifiers = new Map([
      ['a.core.wasm', './~/one'],
      ['component.helper.wasm', './~/two'],
    ])
    const code = generate({
      transpiled: transpiled({ js, cores: { 'a.core.wasm': CORE } }),
      source: { kind: 'imports', specifiers },
    })
    expect(code).toMatch(
      /^import \$signedWasmCore0 from "\.\/~\/one";\nimport \$signedWasmCore1 from "\.\/~\/two";\nfunction/,
    )
    expect(code).toContain('const aModule = $signedWasmCore1;')
    expect(code).toContain(
      '$signedWasmLoad = () => Promise.resolve(new Map([["a.core.wasm", $signedWasmCore0]]))',
    )
    expect(code).not.toContain('WebAssembly.Module(')
    expect(coresIn(js)).toMatchObject([{ bytes: Uint8Array.of(0, 97, 115) }])
  })

  test.each(['new WebAssembly.Module(bytes)', 'new WebAssembly.Module(new Uint8Array([one]))'])(
    'hands over nothing where jco compiles %s',
    (compiled) => {
      const js = JS.replace('return Promise', `${compiled};\n  return Promise`)
      const attempt = () =>
        generate({ transpiled: transpiled({ js }), source: { kind: 'imports', specifiers: new Map() } })
      expect(codeOf(attempt)).toBe('SEAM_CHANGED')
    },
  )

  test('refers to core modules by their place behind the signature section', () => {
    const cores = { 'a.core.wasm': CORE, 'a.core2.wasm': Uint8Array.of(...CORE, 0) }
    const signed = concatBytes(
      PREAMBLES.component,
      encodeSignatureSection(new Uint8Array(100)),
      BYTES.subarray(8),
    )
    for (const bytes of [BYTES, signed]) {
      const code = generate({ bytes, transpiled: transpiled({ cores }) })
      const adapter = `$signedWasmDecodeBase64("${Buffer.from([...CORE, 0]).toString('base64')}")`
      const list = `["a.core.wasm", file.subarray(6, 14)], ["a.core2.wasm", ${adapter}]`
      expect(code).toContain(`new URL("./a.wasm", import.meta.url), 14), (file) => [${list}]);`)
    }
  })

  test('carries the file itself when it shall stand in the code', () => {
    const code = generate({ source: { kind: 'inline' } })
    expect(code).toContain(`$signedWasmDecodeBase64("${Buffer.from(BYTES).toString('base64')}")`)
  })

  test('refuses missing hosts where nobody could pass them', () => {
    const input = {
      transpiled: transpiled({ imports: ['log', 'docs:log/sink@1.0.0'] }),
      hosts: new Map([['log', { module: './log.js' }]]),
    }
    expect(() => generate(input)).toThrow('imports docs:log/sink@1.0.0, which nobody provides')
    expect(generate({ ...input, form: 'instantiate' })).toContain(
      'imports: () => [["log", $signedWasmHost0], ["docs:log/sink@1.0.0"]],',
    )
  })
})

describe('hosts', () => {
  test('come from WASI shims of the right preview', () => {
    const { hosts, shims } = planImports(
      [
        'wasi:cli/terminal-stdin@0.2.3',
        'wasi:cli/stdout@0.3.0',
        'wasi:cli/stdout@0.3.1',
        'wasi:cli/stdout@0.3.0-rc-2026-03-15',
        'wasi:random/insecure-seed',
      ],
      {},
    )
    expect([...hosts]).toEqual([
      [
        'wasi:cli/terminal-stdin@0.2.3',
        { module: '@bytecodealliance/preview2-shim/cli', member: 'terminalStdin' },
      ],
      ['wasi:cli/stdout@0.3.0', { module: '@bytecodealliance/preview3-shim/cli', member: 'stdout' }],
      ['wasi:cli/stdout@0.3.1', { module: '@bytecodealliance/preview3-shim/cli', member: 'stdout' }],
      [
        'wasi:cli/stdout@0.3.0-rc-2026-03-15',
        { module: '@bytecodealliance/preview3-shim/cli', member: 'stdout' },
      ],
      [
        'wasi:random/insecure-seed',
        { module: '@bytecodealliance/preview2-shim/random', member: 'insecureSeed' },
      ],
    ])
    expect(shims).toEqual([
      '@bytecodealliance/preview2-shim/cli',
      '@bytecodealliance/preview3-shim/cli',
      '@bytecodealliance/preview2-shim/random',
    ])
  })

  test('are absent for what no shim implements', () => {
    const names = [
      'wasi:io/streams@0.3.0',
      'wasi:cli/stdout@0.1.0',
      'wasi:cli/stdout@0.3.0-rc-2024-01-01',
      'wasi:keyvalue/store',
      'log',
    ]
    expect(planImports(names, {})).toEqual({ hosts: new Map(), shims: [] })
  })

  test('are those that the user configured, by name with or without version', () => {
    const { hosts, shims } = planImports(
      ['a:b/c@1.0.0', 'a:b/c@2.0.0', 'wasi:cli/stdout@0.2.3', 'toString'],
      {
        'a:b/c': './c.js',
        'a:b/c@2.0.0': './c2.js',
        'wasi:cli/stdout': './stdout.js',
      },
    )
    expect([...hosts]).toEqual([
      ['a:b/c@1.0.0', { module: './c.js' }],
      ['a:b/c@2.0.0', { module: './c2.js' }],
      ['wasi:cli/stdout@0.2.3', { module: './stdout.js' }],
    ])
    expect(shims).toEqual([])
  })
})

describe('names that JavaScript or promises treat specially', () => {
  const own = transpiler()
  afterAll(() => own.close())

  // Kebab names of exports whose camel case means something; each answers its own place in this list.
  const SPECIAL = [
    ...['default', 'constructor', 'prototype', 'to-string', 'value-of', 'has-own-property', 'proto'],
    ...['class', 'await', 'eval', 'static', 'let', 'package', 'null', 'yield', 'enum', 'this', 'new'],
    ...[
      'instantiate',
      'imports',
      'exports',
      'promise',
      'resolve',
      'gen',
      'get-core-module',
      'process',
      'globalthis',
    ],
  ]
  const camelCase = (name: string) => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const component = (names: readonly string[]) =>
    parse(`(component
      (core module $m ${names.map((_, index) => `(func (export "f${index}") (result i32) i32.const ${index})`).join('\n')})
      (core instance $i (instantiate $m))
      ${names.map((name, index) => `(func (export "${name}") (result u32) (canon lift (core func $i "f${index}")))`).join('\n')})`)

  test('work as default and as named exports', async () => {
    const bytes = await component(SPECIAL)
    const project = makeProject()
    writeOurs(project.root, {
      transpiled: await own.transpile(bytes, { name: 'special', file: 'special.wasm' }),
      bytes,
      form: 'exports',
    })
    const answers = await runModule(
      project.root,
      `const module = await import('./index.js')
       const { default: exports, ...named } = module
       const call = (members) => Object.entries(members).map(([name, member]) => [name, member()]).toSorted()
       report({ members: call(exports), named: call(named), polluted: Object.keys(Object.prototype) })`,
    )
    const expected = SPECIAL.map((name, index) => [camelCase(name), index]).toSorted()
    expect(answers).toEqual({
      members: expected,
      named: expected.filter(([name]) => name !== 'default'),
      polluted: [],
    })
  })

  test('are refused where jco itself makes code that no engine reads', async () => {
    const attempt = own.transpile(await component(['arguments']), { name: 'special', file: 'special.wasm' })
    await expect(attempt).rejects.toMatchObject({ code: 'TRANSPILE_FAILED', file: 'special.wasm' })
  })

  test('are refused when `import()` would never end', async () => {
    const bytes = await component(['then'])
    const input = {
      transpiled: await own.transpile(bytes, { name: 'then', file: 'then.wasm' }),
      bytes,
      form: 'instantiate' as const,
    }
    expect(() => writeOurs(makeProject().root, input)).toThrow('UNSAFE_NAME')
  })
})
