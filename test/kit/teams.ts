/** Projects of teams with a policy and a lock, and what happens to them: the same for every door. */

import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync } from 'node:fs'
import { formatPublicKey } from '../../src/trust/keys/write.js'
import { sign } from '../../src/trust/sign.js'
import { contentOf, type Parts, signer } from './policies.js'
import { fixture, form, makeProject, type Project } from './project.js'
import { ALICE, BOB, component, MALLORY, type TestKey } from './sections.js'
import { openTerminal, type Outcome } from './terminal.js'

type Files = Record<string, string | Uint8Array>

/** A component, signed. What is refused never gets to be bound, so that most need not be ones that could. */
export const by = (bytes: Uint8Array, ...keys: readonly TestKey[]) =>
  keys.reduce((signed, key) => sign(signed, key).bytes, bytes)

export const HELLO = fixture('hello')
export const OTHER = fixture('counter')
export const made = (parts: Parts) => component(contentOf(parts))

/** What a team has: who may sign, and rules. */
export const policyText = (rules: object[], others: object = {}) =>
  JSON.stringify(
    { signers: { release: { key: 'release.pub' }, security: signer(BOB) }, rules, ...others },
    undefined,
    2,
  )

export const RELEASE_PUB = formatPublicKey({ publicKey: ALICE.publicKey } as never, 'pem')

/** A package that its project depends on, whose script imports a component. */
export const packageOf = (
  folder: string,
  wasm: Uint8Array,
  name = folder.replace(/^.*node_modules\//, ''),
): Files => ({
  [`${folder}/package.json`]: JSON.stringify({ name, version: '1.0.0', type: 'module', main: 'index.js' }),
  [`${folder}/index.js`]: `import hello from './hello.wasm'\nexport default hello`,
  [`${folder}/hello.wasm`]: wasm,
})

/** What npm says of packages that it got from a registry. */
export const installedByNpm = (...names: string[]): Files => ({
  'node_modules/.package-lock.json': JSON.stringify({
    lockfileVersion: 3,
    packages: Object.fromEntries(
      names.map((name) => [
        `node_modules/${name}`,
        { version: '1.0.0', resolved: `https://registry.npmjs.org/${name}/-/x.tgz`, integrity: 'sha512-x' },
      ]),
    ),
  }),
})

/** What happens to a project after it was locked, and what becomes of it then. */
export interface Story {
  rules: object[]
  /** More of the policy. */
  policy?: object
  /** The files at first, beside the policy; `main.js` imports what it names. */
  files: Files
  main: string
  /** What is not locked at first. @default false */
  unlocked?: boolean
  /** What happens then. */
  happens?: (project: Project) => void
  /** The file that no rule names, which `check` knows of when it is told. */
  unnamed?: string
  /** The code of the refusal; nothing where it passes. */
  code: string | undefined
}

const importing = (file: string) => `import hello from '${file}'\nglobalThis.answers = [typeof hello]`
const HELLO_RULE = [{ files: 'src/**', signers: ['release'] }]
const NPM_RULE = [{ files: ['npm:acme'], signers: ['release'] }]
const src = (bytes: Uint8Array): Files => ({ 'src/hello.wasm': bytes })
const app = { 'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies: { acme: '1' } }) }
const MAIN = importing('./src/hello.wasm')
const NPM_MAIN = importing('acme')

/** The same rules and files, to which something happens. */
const told = (happens: Story['happens'], code: Story['code'], others: Partial<Story> = {}): Story => ({
  rules: HELLO_RULE,
  files: src(by(HELLO, ALICE)),
  main: MAIN,
  ...(happens && { happens }),
  code,
  ...others,
})

const writing = (files: Files) => (project: Project) => project.write(files)
const newPolicy = (rules: object[], others: object = {}) =>
  writing({ 'signed-wasm.json': policyText(rules, others) })

const ofPackage = (happens: Story['happens'], code: Story['code'], others: Partial<Story> = {}) =>
  told(happens, code, {
    rules: NPM_RULE,
    files: { ...app, ...packageOf('node_modules/acme', by(HELLO, ALICE)), ...installedByNpm('acme') },
    main: NPM_MAIN,
    ...others,
  })

const digestIn = (project: Project) =>
  /"content": "([^"]+)"/.exec(Buffer.from(project.read('signed-wasm.lock.json')).toString())![1]!

/** By what happens. */
export const STORIES: Record<string, Story> = {
  nothing: told(undefined, undefined),
  'nothing, before anything is locked': told(undefined, 'LOCK_MISSING', { unlocked: true }),
  'a swap of two signed files': told(
    writing({ 'src/hello.wasm': by(OTHER, ALICE), 'src/other.wasm': by(HELLO, ALICE) }),
    'LOCK_DIFFERS',
    { files: { ...src(by(HELLO, ALICE)), 'src/other.wasm': by(OTHER, ALICE) } },
  ),
  'a rollback to an old release': told(writing(src(by(made({ fill: 'old' }), ALICE))), 'LOCK_DIFFERS'),
  'the same content, signed again': told(writing(src(by(by(HELLO, MALLORY), ALICE))), undefined),
  'another build, signed': told(writing(src(by(made({ fill: 'new' }), ALICE))), 'LOCK_DIFFERS'),
  'a rotated key of the same name': told(
    writing({
      ...src(by(HELLO, MALLORY)),
      'release.pub': formatPublicKey({ publicKey: MALLORY.publicKey } as never, 'pem'),
    }),
    undefined,
  ),
  'a signer whose day is over, after locking': told(
    newPolicy(HELLO_RULE, { signers: { release: { key: 'release.pub', until: '2020-01-01' } } }),
    undefined,
  ),
  'a signer whose day is over, before locking': told(undefined, 'LOCK_MISSING', {
    policy: { signers: { release: { key: 'release.pub', until: '2020-01-01' } } },
  }),
  'a key denied': told(
    (project) => newPolicy(HELLO_RULE, { denied: [fingerprintOf(ALICE)] })(project),
    'SIGNER_REVOKED',
  ),
  'a content denied': told(
    (project) => newPolicy(HELLO_RULE, { denied: [digestIn(project)] })(project),
    'FILE_REVOKED',
  ),
  'a signer dropped': told(writing(src(by(HELLO, ALICE))), 'LOCK_DIFFERS', {
    rules: [{ files: 'src/**', signers: ['release', 'security'] }],
    files: src(by(HELLO, ALICE, BOB)),
  }),
  'a signer dropped whom a threshold wants': told(writing(src(by(HELLO, ALICE))), 'SIGNERS_MISSING', {
    rules: [{ files: 'src/**', signers: ['release', 'security'], threshold: 2 }],
    files: src(by(HELLO, ALICE, BOB)),
  }),
  'an import grown': ofPackage(
    writing(
      packageOf(
        'node_modules/acme',
        by(made({ imports: ['wasi:sockets/tcp@0.2.0'], exports: ['greet'] }), ALICE),
      ),
    ),
    'LOCK_DIFFERS',
  ),
  'an import that a rule does not allow': told(
    writing(src(by(made({ imports: ['wasi:sockets/tcp@0.2.0'] }), ALICE))),
    'IMPORT_NOT_ALLOWED',
    { rules: [{ files: 'src/**', signers: ['release'], imports: [] }] },
  ),
  'an import renamed, which stands for something else': told(
    writing(src(by(made({ imports: ['a (wasi:sockets/tcp@0.2.0)'] }), ALICE))),
    'LOCK_DIFFERS',
    { files: src(by(made({ imports: ['a (wasi:io/streams@0.2.0)'] }), ALICE)) },
  ),
  'a component, made by a tool, that imports what is allowed under a label of its own': told(
    undefined,
    undefined,
    {
      rules: [{ files: 'src/**', signers: ['release'], imports: ['wasi:random/*'] }],
      files: src(by(form('implements'), ALICE)),
    },
  ),
  'a component, made by a tool, whose label is allowed, and not what it stands for': told(
    undefined,
    'IMPORT_NOT_ALLOWED',
    {
      rules: [{ files: 'src/**', signers: ['release'], imports: ['a', 'wasi:clocks/*'] }],
      files: src(by(form('implements'), ALICE)),
    },
  ),
  'a package updated by the same signer': ofPackage(
    (project) => {
      project.write(packageOf('node_modules/acme', by(HELLO, ALICE)))
    },
    undefined,
    {
      files: {
        ...app,
        ...packageOf('node_modules/acme', by(withSection(HELLO), ALICE)),
        ...installedByNpm('acme'),
      },
    },
  ),
  'a package replaced by one of another author': ofPackage(
    writing(packageOf('node_modules/acme', by(HELLO, MALLORY))),
    'SIGNER_UNTRUSTED',
  ),
  'a package bundled inside another': ofPackage(undefined, 'NO_RULE', {
    unnamed: 'node_modules/acme/node_modules/inner/hello.wasm',
    files: {
      ...app,
      ...packageOf('node_modules/acme', by(HELLO, ALICE)),
      'node_modules/acme/package.json': JSON.stringify({
        ...{ name: 'acme', version: '1.0.0', type: 'module', main: 'index.js' },
        dependencies: { inner: '1' },
      }),
      'node_modules/acme/index.js': `export { default } from 'inner'`,
      ...packageOf('node_modules/acme/node_modules/inner', by(HELLO, ALICE)),
    },
  }),
  'a package under an alias': ofPackage(undefined, 'NO_RULE', {
    unnamed: 'node_modules/alias/hello.wasm',
    rules: [{ files: 'npm:acme', signers: ['release'] }],
    files: {
      'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies: { alias: 'npm:acme@1' } }),
      ...packageOf('node_modules/alias', by(HELLO, ALICE), 'acme'),
    },
    main: importing('alias'),
  }),
  'a package in a store of pnpm': inStore('acme@1.0.0', undefined),
  'a package of a workspace': {
    ...told(undefined, undefined),
    rules: [{ files: 'packages/**', signers: ['release'] }],
    files: { ...app, ...packageOf('packages/acme', by(HELLO, ALICE)) },
    main: NPM_MAIN,
  },
  'a package in two versions': ofPackage(undefined, undefined, {
    files: {
      ...app,
      ...packageOf('node_modules/acme', by(HELLO, ALICE)),
      ...packageOf('node_modules/b/node_modules/acme', by(withSection(HELLO), ALICE)),
    },
  }),
  'a package that is patched': ofPackage(
    writing({ ...packageOf('node_modules/acme', by(withSection(HELLO), ALICE)) }),
    'LOCK_DIFFERS',
    {
      files: {
        ...app,
        ...packageOf('node_modules/acme', by(HELLO, ALICE)),
        ...installedByNpm('acme'),
        'patches/acme+1.0.0.patch': '',
      },
    },
  ),
  'a file that no rule names': told(undefined, 'NO_RULE', {
    unnamed: 'src/hello.wasm',
    rules: [{ files: 'lib/**', signers: ['release'] }],
  }),
  'a name that stands twice in the policy': told(
    writing({ 'signed-wasm.json': '{ "signers": {}, "rules": [], "rules": [] }' }),
    'POLICY_INVALID',
  ),
  'a key under two names': told(
    newPolicy(HELLO_RULE, { signers: { release: { key: 'release.pub' }, again: signer(ALICE) } }),
    'SIGNER_TWICE',
  ),
  'a lock in which two branches met': told(
    writing({ 'signed-wasm.lock.json': '<<<<<<< HEAD\n{}' }),
    'LOCK_INVALID',
  ),
  'an unsigned file': told(writing(src(HELLO)), 'COMPONENT_UNSIGNED'),
  'a file that was pinned as unsigned, altered': ofPackage(
    writing(packageOf('node_modules/acme', withSection(HELLO))),
    'LOCK_DIFFERS',
    {
      rules: [{ files: 'npm:acme', unsigned: 'nobody signs it' }],
      files: { ...app, ...packageOf('node_modules/acme', HELLO), ...installedByNpm('acme') },
    },
  ),
  'a file that was pinned as unsigned': ofPackage(undefined, undefined, {
    rules: [{ files: 'npm:acme', unsigned: 'nobody signs it' }],
    files: { ...app, ...packageOf('node_modules/acme', HELLO), ...installedByNpm('acme') },
  }),
}

function inStore(stored: string, code: Story['code']): Story {
  return ofPackage(undefined, code, {
    files: { ...app, ...packageOf(`node_modules/.pnpm/${stored}/node_modules/acme`, by(HELLO, ALICE)) },
  })
}

/** With a custom section more, which changes nothing of what it does. */
export function withSection(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes, 0, 3, 1, 0x78, 0x79])
}

export function fingerprintOf({ publicKey }: TestKey): string {
  return createHash('sha256').update(publicKey).digest('hex')
}

/** A project to which a story has happened. */
export async function tell(story: Story): Promise<Project> {
  const project = makeProject({
    'release.pub': RELEASE_PUB,
    'main.js': story.main,
    ...story.files,
    'signed-wasm.json': policyText(story.rules, story.policy),
  })
  link(project)
  if (story.unlocked !== true) await inTerminal(project, 'lock', '--yes')
  story.happens?.(project)
  return project
}

/** Packages of stores and workspaces, as a package manager would link them. */
function link(project: Project): void {
  for (const folder of ['node_modules/.pnpm/acme@1.0.0/node_modules/acme', 'packages/acme']) {
    if (project.files(folder).length === 0) continue
    mkdirSync(project.at('node_modules'), { recursive: true })
    symlinkSync(project.at(folder), project.at('node_modules/acme'), 'junction')
  }
}

/** Runs a command in a project. */
export const inTerminal = (project: Project, ...args: string[]): Promise<Outcome> =>
  openTerminal({ cwd: project.root }).run(...args)
