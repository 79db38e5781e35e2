/** How to use each component of ours, and each of the 18 real ones that SIGNED_WASM_COMPONENTS names a folder of. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Usage } from './equality.js'

/** The folder, or `undefined`. */
export const REAL = process.env['SIGNED_WASM_COMPONENTS']

/** Reads one of them. */
export const real = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(path.join(REAL!, `${name}.wasm`)))

const TEST_IMPORTS = '(m) => m.testImports()'
const FILE_TESTS = `[
  (m) => m.testGetEnv().length >= 0,
  (m) => m.testGetConfig(),
  (m) => m.testStdio(),
  (m) => m.testFileRead('/nowhere'),
]`

/** Those of SIGNED_WASM_COMPONENTS, by file name without `.wasm`. */
export const REAL_USAGES: Record<string, Usage> = {
  'adder.component': {
    probes:
      "[(m) => m.add.add(1, 2), (m) => m['docs:adder/add@0.1.0'].add(2 ** 32 - 1, 1), (m) => m.add.add('3', -1)]",
  },
  'dir.virt': { probes: '[(m) => m.run.run()]' },
  'env-allow.composed': { probes: FILE_TESTS },
  'flavorful.component': {
    mirror: 'test:flavorful/test',
    overrides: {
      errnoResult: "() => { if (!globalThis.failed) { globalThis.failed = true; throw 'b' } }",
      listTypedefs: "() => [new TextEncoder().encode('typedef3'), ['typedef4']]",
      listOfVariants:
        "() => [[false, true], [{ tag: 'err', val: undefined }, { tag: 'ok', val: undefined }], ['a', 'b']]",
    },
    probes: `[${TEST_IMPORTS}]`,
  },
  'lists.component': {
    mirror: 'test:lists/test',
    overrides: Object.fromEntries(
      ['8', '16', '32', '64', 'Float'].map((type) => [`listMinmax${type}`, '(...lists) => lists']),
    ),
    probes: `[${TEST_IMPORTS}, (m) => typeof m.allocatedBytes()]`,
  },
  'many-arguments.component': {
    hosts: { imports: 'export const manyArguments = (...args) => void (globalThis.seen = args)' },
    probes:
      '[(m) => m.manyArguments(...Array.from({ length: 16 }, (_, index) => BigInt(index + 1))), () => globalThis.seen]',
  },
  'numbers.component': { mirror: 'test:numbers/test', probes: `[${TEST_IMPORTS}]` },
  'p3-cli-hello-stdout': { probes: '[(m) => m.run.run()]' },
  'records.component': {
    mirror: 'test:records/test',
    overrides: { multipleResults: '() => [4, 5]' },
    probes: `[${TEST_IMPORTS}]`,
  },
  'resource-borrow-simple.component': {
    hosts: {
      r: 'export default class R {}',
      test: 'export default (r) => void (globalThis.seen = r.constructor.name)',
    },
    probes: `[${TEST_IMPORTS}, () => globalThis.seen]`,
  },
  'resource-import-and-export.component': {
    hosts: {
      'toplevel-import': 'export default (thing) => { thing.bar(thing.foo() + 1); return thing }',
      'test:resource-import-and-export/test': `export class Thing {
        constructor(v) { this.v = v + 1 }
        foo() { return this.v + 2 }
        bar(v) { this.v = v + 3 }
        static baz(a, b) { return new Thing(a.foo() + b.foo() + 4) }
      }`,
    },
    probes: `[
      (m) => { const thing = new m.test.Thing(5); const before = thing.foo(); thing.bar(7); return [before, thing.foo()] },
      (m) => m.test.Thing.baz(new m.test.Thing(1), new m.test.Thing(2)).foo(),
      (m) => m.test.Thing.prototype.foo.call({}),
      (m) => m.toplevelExport(Object.assign(Object.create(m.test.Thing.prototype), {})),
    ]`,
  },
  'resources.component': {
    hosts: {
      imports: `export class Y {
        constructor(a) { this.a = a }
        getA() { return this.a }
        setA(a) { this.a = a }
        static add(y, a) { return new Y(y.a + a) }
      }`,
    },
    probes: `[
      (m) => m.exports.testImports(),
      (m) => { const x = new m.exports.X(5); x.setA(10); return [x.getA(), m.exports.X.add(x, 5).getA()] },
      (m) => { const x = new m.exports.X(5); m.exports.consume(x); return x.getA() },
      (m) => m.exports.add(new m.exports.Z(100), new m.exports.Z(200)).getA(),
      (m) => { new m.exports.Z(1)[Symbol.dispose ?? Symbol.for('dispose')](); return m.exports.Z.numDropped() },
      (m) => m.exports.KebabCase.takeOwned(new m.exports.KebabCase(9)),
    ]`,
  },
  'simple-nested.component': {
    hosts: {
      'calvinrp:test-async-funcs/hello@0.1.0': "export const helloWorld = () => 'hello from the host'",
    },
    probes: '[(m) => m.hello.helloWorld()]',
  },
  'smoke.component': {
    hosts: { 'test:smoke/imports': 'export const thunk = () => void (globalThis.hit = true)' },
    probes: '[(m) => m.thunk(), () => globalThis.hit]',
  },
  'stdio.composed': { probes: FILE_TESTS },
  'strings.component': {
    hosts: {
      'test:strings/imports':
        "export const takeBasic = (text) => void (globalThis.seen = text); export const returnUnicode = () => '🚀🚀🚀 𠈄𓀀'",
    },
    probes: `[${TEST_IMPORTS}, () => globalThis.seen, (m) => m.returnEmpty(), (m) => m.roundtrip('größe 数 🚀')]`,
  },
  'variants.component': {
    mirror: 'test:variants/test',
    overrides: { variantEnums: "() => [false, { tag: 'err', val: undefined }, 'a']" },
    probes: `[${TEST_IMPORTS}]`,
  },
  'versions.component': {
    hosts: {
      'test:dep/test@0.1.0': 'export const x = () => 1; export const y = (a) => 1 + a',
      'test:dep/test@0.2.0': 'export const x = () => 2; export const z = (a, b) => a + b + 2',
    },
    probes: `[
      ${TEST_IMPORTS},
      (m) => [m['test:dep/test@0.1.0'].x(), m['test:dep/test@0.1.0'].y(3)],
      (m) => [m['test:dep/test@0.2.0'].x(), m['test:dep/test@0.2.0'].z(3, 4)],
    ]`,
  },
}

const GREETING = `[(m) => m.greet('größe 🚀'), (m) => m.answer(), (m) => m['docs:hello/greeter@0.1.0'].greet('')]`

/** Those of test/fixtures/components, by folder. */
export const OWN_USAGES: Record<string, Usage> = {
  awkward: {
    probes: `['delete', 'await', 'class', 'toString', 'constructor', 'hasOwnProperty'].map((name) => (m) => m[name]())`,
  },
  calculator: {
    probes: '[(m) => m.add(2 ** 32 - 1, 2), (m) => m.multiplyBig(2n ** 63n, 3n), (m) => m.multiplyBig(1, 2)]',
  },
  composed: { probes: "[(m) => m.shout('größe'), (m) => m.shout('')]" },
  counter: {
    probes: `[
      (m) => { const counter = new m.counters.Counter(5); return [counter.increment(), counter.increment(), m.counters.Counter.live()] },
      (m) => m.counters.Counter.prototype.increment.call({}),
      (m) => { new m.counters.Counter(1)[Symbol.dispose ?? Symbol.for('dispose')](); return m.counters.Counter.live() },
    ]`,
  },
  hello: { probes: GREETING },
  hello2: { probes: GREETING },
  host: {
    hosts: {
      'acme:app/directory@1.0.0': 'export const lookup = (key) => key.toUpperCase()',
      log: 'export default (message) => void (globalThis.logged ??= []).push(message)',
    },
    probes: "[(m) => m.run('key'), () => globalThis.logged, (m) => m.run(5)]",
  },
  wasi: { probes: '[(m) => m.run()]' },
}
