/** The commands that work by a policy: init, lock, check, explain. */

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeProject, type Project, projectIn, REPOSITORY } from '../../kit/project.js'
import { ALICE, BOB } from '../../kit/sections.js'
import {
  by,
  HELLO,
  inTerminal,
  made,
  OTHER,
  packageOf,
  policyText,
  RELEASE_PUB,
  withSection,
} from '../../kit/teams.js'
import { openTerminal } from '../../kit/terminal.js'

const RULES = [{ files: 'src/**', signers: ['release'] }]

function project(
  files: Record<string, string | Uint8Array> = {},
  rules: object[] = RULES,
  others: object = {},
): Project {
  return makeProject({
    'release.pub': RELEASE_PUB,
    'signed-wasm.json': policyText(rules, others),
    'src/hello.wasm': by(HELLO, ALICE),
    '.git/HEAD': '',
    ...files,
  })
}

const lockIn = (one: Project) => Buffer.from(one.read('signed-wasm.lock.json')).toString()
const namesIn = (one: Project) => Object.keys((JSON.parse(lockIn(one)) as { files: object }).files)
const hasLock = (one: Project) => one.files('.').includes('signed-wasm.lock.json')

describe('init', () => {
  it('writes a policy of the keys and folders that are here, and says what is next', async () => {
    const one = makeProject({
      'keys/release.pub': RELEASE_PUB,
      'src/a/hello.wasm': by(HELLO, ALICE),
      'dist/hello.wasm': by(HELLO, ALICE),
      'node_modules/acme/hello.wasm': by(HELLO, ALICE),
      'text/not.wasm': 'text',
    })
    const { code, out } = await inTerminal(one, 'init')
    expect(code).toBe(0)
    expect(JSON.parse(Buffer.from(one.read('signed-wasm.json')).toString())).toEqual({
      $schema: './node_modules/unplugin-signed-wasm/src/schema/policy.json',
      signers: { release: { key: 'keys/release.pub' } },
      rules: [{ files: 'src/**', signers: ['release'] }],
    })
    expect(out).toContain('wrote signed-wasm.json: 1 signer, 1 rule\n')
    expect(out).toMatch(/lock --yes\n.*check$/)
    expect((await inTerminal(one, 'lock', '--yes')).code).toBe(0)
    expect((await inTerminal(one, 'check')).code).toBe(0)
  })

  it('leaves a policy that is there, and one above in the repository', async () => {
    const one = project({ 'sub/.keep': '', '.git/HEAD': '' })
    expect(await inTerminal(one, 'init')).toMatchObject({
      code: 3,
      err: expect.stringContaining('FILE_EXISTS signed-wasm.json') as string,
    })
    const below = await openTerminal({ cwd: one.at('sub') }).run('init')
    expect(below).toMatchObject({
      code: 3,
      err: expect.stringContaining('FILE_EXISTS ../signed-wasm.json') as string,
    })
  })

  it('asks for a key where there is none, and leaves out what is no one key', async () => {
    expect((await inTerminal(makeProject(), 'init')).err).toContain('NO_TRUSTED_KEYS')
    const { err } = await inTerminal(makeProject({ 'a.pub': 'no key', 'release.pub': RELEASE_PUB }), 'init')
    expect(err).toContain('left out: [signed-wasm] KEY_UNREADABLE')
  })
})

describe('lock', () => {
  it('shows what is new, writes it, and has nothing to do then', async () => {
    const one = project()
    const first = await inTerminal(one, 'lock', '--yes')
    expect(first.code).toBe(0)
    expect(first.out).toMatch(
      /^\+ src\/hello\.wasm\n {4}signers \+ release\n(?: {4}exports \+ .*\n)+ {4}content sha256-\S+\nwrote signed-wasm\.lock\.json$/,
    )
    const text = lockIn(one)
    expect(await inTerminal(one, 'lock')).toEqual({ code: 0, out: 'nothing has changed: 1 file', err: '' })
    expect(lockIn(one)).toBe(text)
  })

  it('shows signers and imports before the content, and only what has changed', async () => {
    const one = project()
    await inTerminal(one, 'lock', '--yes')
    one.write({ 'src/hello.wasm': by(withSection(HELLO), ALICE, BOB) })
    const { out } = await inTerminal(one, 'lock', '--yes')
    expect(out).toMatch(/^~ src\/hello\.wasm\n {4}signers \+ security\n {4}content sha256-\S+\nwrote/)
  })

  it('asks before it writes, and writes nothing where nobody can be asked', async () => {
    const silent = project()
    expect(await inTerminal(silent, 'lock')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--yes says so') as string,
    })
    expect(hasLock(silent)).toBe(false)
    for (const answer of [true, false]) {
      const one = project()
      const asked: string[] = []
      const confirm = async (question: string) => asked.push(question) > 0 && answer
      const { code } = await openTerminal({ cwd: one.root, disk: { confirm } }).run('lock')
      expect([code, asked, hasLock(one)]).toEqual([answer ? 0 : 2, ['write signed-wasm.lock.json?'], answer])
    }
  })

  it('names what does not pass, locks the others, and ends with 1', async () => {
    const one = project({ 'src/bad.wasm': OTHER })
    const { code, err } = await inTerminal(one, 'lock', '--yes')
    expect(code).toBe(1)
    expect(err).toContain('COMPONENT_UNSIGNED src/bad.wasm')
    expect(lockIn(one)).toContain('"src/hello.wasm"')
    expect(lockIn(one)).not.toContain('bad')
  })

  it('takes the files that are named, and leaves the entries of others', async () => {
    const one = project({ 'src/other.wasm': by(OTHER, ALICE) })
    await inTerminal(one, 'lock', '--yes')
    one.write({
      'src/other.wasm': by(withSection(OTHER), ALICE),
      'src/hello.wasm': by(withSection(HELLO), ALICE),
    })
    const { out } = await inTerminal(one, 'lock', '--yes', 'src/other.wasm')
    expect(out).toContain('~ src/other.wasm')
    expect(out).not.toContain('hello')
    expect((await inTerminal(one, 'check')).out).toMatch(/LOCK_DIFFERS src\/hello\.wasm/)
  })

  it('keeps entries of what is not here, unless it is to take them out', async () => {
    const one = project({ 'src/other.wasm': by(OTHER, ALICE) })
    await inTerminal(one, 'lock', '--yes')
    const all = lockIn(one)
    const { rmSync } = await import('node:fs')
    rmSync(one.at('src/other.wasm'))
    await inTerminal(one, 'lock', '--yes')
    expect(lockIn(one)).toBe(all)
    expect((await inTerminal(one, 'lock', '--yes', '--prune')).out).toContain('- src/other.wasm')
    expect(lockIn(one)).not.toContain('other')
  })

  it('lets a signer enter until the last day, and leaves what is locked', async () => {
    const until = (day: string) => ({ signers: { release: { key: 'release.pub', until: day } } })
    const one = project({}, RULES, until('2999-01-01'))
    expect((await inTerminal(one, 'lock', '--yes')).code).toBe(0)
    const text = lockIn(one)
    one.write({ 'signed-wasm.json': policyText(RULES, until('2020-01-01')) })
    expect(await inTerminal(one, 'lock', '--yes')).toMatchObject({ code: 0, err: '' })
    one.write({ 'src/hello.wasm': by(withSection(HELLO), ALICE) })
    const { code, err } = await inTerminal(one, 'lock', '--yes')
    expect([code, lockIn(one)]).toEqual([1, text])
    expect(err).toContain('over is the time of release (until 2020-01-01)')
  })

  it('pins of the scripts of a package those that hold wasm, and no others that look like it', async () => {
    const one = project(
      {
        'node_modules/acme/index.js': `export const data = '${Buffer.from(HELLO).toString('base64')}'`,
        'node_modules/acme/like.js': `export const magic = '\\0asm', text = 'AGFzb', zipped = 'H4sI'`,
        'node_modules/acme/probe.js': `new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))`,
      },
      [{ files: 'npm:acme', unsigned: 'reviewed' }],
    )
    await inTerminal(one, 'lock', '--yes')
    expect(namesIn(one)).toEqual(['npm:acme/index.js'])
  })

  it('finds packages where they are installed above the policy, as far as the workspace goes', async () => {
    const world = makeProject({
      'package.json': JSON.stringify({ workspaces: ['apps/*'] }),
      'node_modules/acme/hello.wasm': HELLO,
      'apps/one/release.pub': RELEASE_PUB,
      'apps/one/signed-wasm.json': policyText([{ files: 'npm:acme', unsigned: 'reviewed' }]),
    })
    const app = projectIn(world.at('apps/one'))
    expect(await inTerminal(app, 'lock', '--yes')).toMatchObject({ code: 0 })
    expect(namesIn(app)).toEqual(['npm:acme/hello.wasm'])
    expect(await inTerminal(app, 'check')).toMatchObject({ code: 0 })
    world.write({ 'node_modules/acme/hello.wasm': withSection(HELLO) })
    expect((await inTerminal(app, 'check')).out).toContain('LOCK_DIFFERS')
  })

  it('locks a signed module in a script of the project that is named, and check looks at it from then on', async () => {
    const script = (...parts: Uint8Array[]) =>
      parts.map((part) => `'${Buffer.from(part).toString('base64')}'`).join()
    const [first, second] = [by(HELLO, ALICE), by(OTHER, ALICE)]
    const one = project({ 'src/inline.js': script(first) }, [{ files: 'src/**', signers: ['release'] }])
    expect(await inTerminal(one, 'lock', '--yes', 'src/inline.js', 'src/hello.wasm')).toMatchObject({
      code: 0,
    })
    expect(await inTerminal(one, 'check')).toMatchObject({ code: 0 })
    one.write({ 'src/inline.js': script(first, second) })
    expect((await inTerminal(one, 'check')).out).toContain('LOCK_DIFFERS')
    expect((await inTerminal(one, 'explain', 'src/inline.js')).out).toContain('LOCK_DIFFERS')
    expect(await inTerminal(one, 'lock', '--yes')).toMatchObject({ code: 0 })
    expect(await inTerminal(one, 'check')).toMatchObject({ code: 0 })
  })

  it('takes all variants of a package, scripts that hold wasm among them', async () => {
    const script = `export const data = '${Buffer.from(HELLO).toString('base64')}'`
    const one = project(
      {
        ...packageOf('node_modules/acme', HELLO),
        'node_modules/acme/dev/hello.js': script,
        'node_modules/acme/dist/plain.js': 'export {}',
        'node_modules/b/node_modules/acme/hello.wasm': withSection(HELLO),
      },
      [{ files: 'npm:acme', unsigned: 'nobody signs it' }],
    )
    expect((await inTerminal(one, 'lock', '--yes')).code).toBe(0)
    const { files } = JSON.parse(lockIn(one)) as { files: Record<string, unknown> }
    expect(Object.keys(files)).toEqual(['npm:acme/dev/hello.js', 'npm:acme/hello.wasm'])
    expect(files['npm:acme/hello.wasm']).toHaveLength(2)
    expect((await inTerminal(one, 'check')).out).toContain('3 files: 3 accepted')
  })
})

describe('check', () => {
  const refused = () =>
    project({ 'src/hello.wasm': by(HELLO, ALICE) }, [
      { files: 'src/**', signers: ['security'], lock: 'none' },
    ])

  it.each([
    ['human', /REFUSED src\/hello\.wasm {2}SIGNERS_MISSING/],
    ['json', /"code": "SIGNERS_MISSING"/],
    ['junit', /<failure type="SIGNERS_MISSING"/],
    ['github', /^::error file=signed-wasm\.json,line=11,col=5,title=SIGNERS_MISSING::the rule for src/m],
    [
      'sarif',
      /"uri": "signed-wasm\.json",\s+"uriBaseId": "%SRCROOT%"\s+\},\s+"region": \{\s+"startLine": 11,/,
    ],
  ])('reports as %s, on the line of the policy that matters', async (format, pattern) => {
    const { code, out } = await inTerminal(refused(), 'check', '--format', format)
    expect(code).toBe(1)
    expect(out).toMatch(pattern)
  })

  it('points at the line of the lock that a file differs from', async () => {
    const one = project()
    await inTerminal(one, 'lock', '--yes')
    one.write({ 'src/hello.wasm': by(withSection(HELLO), ALICE) })
    const { out } = await inTerminal(one, 'check', '--format', 'github')
    expect(out).toMatch(/^::error file=signed-wasm\.lock\.json,line=4,col=23,title=LOCK_DIFFERS::/m)
  })

  it('writes a report of a run that could not start', async () => {
    const one = project({ 'signed-wasm.json': '{ "signers": {}, "rules": [,] }' })
    const { code, err } = await inTerminal(one, 'check', '--format', 'json', '--output', 'report.json')
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('POLICY_INVALID signed-wasm.json: line 1, column 28'),
    ])
    expect(Buffer.from(one.read('report.json')).toString()).toContain('POLICY_INVALID')
  })

  it('writes nothing', async () => {
    const one = project()
    const before = one.files('.')
    await inTerminal(one, 'check')
    expect(one.files('.')).toEqual(before)
  })

  it('says which rule names nothing here', async () => {
    const one = project({}, [...RULES, { files: 'npm:gone', signers: ['release'] }])
    expect((await inTerminal(one, 'check')).err).toBe(
      'note: nothing here is named by the rule for npm:gone in signed-wasm.json',
    )
  })

  it('fails where nothing is here that a rule names', async () => {
    const one = project({}, [{ files: 'lib/**', signers: ['release'] }])
    expect(await inTerminal(one, 'check')).toMatchObject({
      code: 3,
      out: expect.stringContaining('NOTHING_MATCHED: nothing matches what signed-wasm.json names') as string,
    })
  })

  it('fails where there is no policy, and where it opens no key', async () => {
    expect(await inTerminal(makeProject(), 'check')).toMatchObject({
      code: 3,
      err: expect.stringContaining('NO_POLICY') as string,
    })
    expect(await inTerminal(project({}, RULES, { mode: 'off' }), 'check')).toMatchObject({
      code: 1,
      err: expect.stringContaining('VERIFICATION_OFF') as string,
    })
  })

  it('warns where the policy is lenient', async () => {
    const one = project({}, RULES, { mode: 'lenient' })
    expect(await inTerminal(one, 'check')).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 warned about') as string,
    })
  })

  it('works from a folder below, and with a policy that is named', async () => {
    const one = project({ '.git/HEAD': '', 'sub/.keep': '' })
    await inTerminal(one, 'lock', '--yes')
    const below = openTerminal({ cwd: one.at('sub') })
    expect((await below.run('check')).out).toContain('ok      ../src/hello.wasm')
    expect((await below.run('check', '--policy', '../signed-wasm.json')).code).toBe(0)
    expect((await below.run('check', '--policy', 'none.json')).err).toContain('FILE_UNREADABLE none.json')
  })
})

describe('what it costs', () => {
  const HOOK = `data:text/javascript,${encodeURIComponent(
    "process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write(`\\ncpu ${user + system}`) })",
  )}`

  /** Microseconds of the processor; of several runs the least, since others only ever add to it. */
  const costOf = (cwd: string, ...args: string[]) =>
    Math.min(
      ...[1, 2, 3, 4, 5].map(() => {
        const { stderr, status } = spawnSync(process.execPath, ['--import', HOOK, ...args], {
          cwd,
          encoding: 'utf8',
        })
        expect(status, stderr).toBe(0)
        return Number(/cpu (\d+)$/.exec(stderr)![1])
      }),
    )

  it('to check 100 locked components is at most four times what it costs to start Node', async () => {
    const files = Array.from({ length: 100 }, (_, index) => [`src/c${index}.wasm`, by(HELLO, ALICE)] as const)
    const one = project(Object.fromEntries(files))
    await inTerminal(one, 'lock', '--yes')
    const bin = path.join(REPOSITORY, 'dist/cli/main.js')
    expect(costOf(one.root, bin, 'check') / costOf(one.root, '-e', '0')).toBeLessThan(4)
  })
})

describe('verify', () => {
  it('judges the files that are named by the policy, where no key is given', async () => {
    const one = project({ 'lib/a.wasm': by(OTHER, ALICE) })
    await inTerminal(one, 'lock', '--yes')
    expect(await inTerminal(one, 'verify', 'src/hello.wasm')).toMatchObject({ code: 0 })
    expect((await inTerminal(one, 'verify', 'lib/a.wasm')).out).toContain('NO_RULE lib/a.wasm')
    expect(await inTerminal(one, 'verify', '--mode', 'lenient', 'lib/a.wasm')).toMatchObject({ code: 0 })
    expect(await inTerminal(one, 'verify', '--key', 'release.pub', 'lib/a.wasm')).toMatchObject({ code: 0 })
    const both = await inTerminal(
      one,
      'verify',
      '--key',
      'release.pub',
      '--policy',
      'signed-wasm.json',
      'lib/a.wasm',
    )
    expect(both).toMatchObject({
      code: 2,
      err: expect.stringContaining('give keys and an identity, or a policy, not both') as string,
    })
  })

  it('takes the stricter of what the policy and the command line say', async () => {
    const fate = async (written: object, ...flags: string[]) =>
      (
        await inTerminal(
          project({ 'lib/a.wasm': by(OTHER, ALICE) }, RULES, written),
          'verify',
          ...flags,
          'lib/a.wasm',
        )
      ).code
    expect(await fate({ mode: 'lenient' })).toBe(0)
    expect(await fate({ mode: 'lenient' }, '--mode', 'strict')).toBe(1)
    expect(await fate({ mode: 'strict' }, '--mode', 'lenient')).toBe(1)
  })

  it('takes signatures beside files where the policy does', async () => {
    const one = project({ 'src/hello.wasm': HELLO }, [{ files: '**', signers: ['release'], lock: 'none' }], {
      detached: true,
    })
    const { detach } = await import('../../../src/trust/sign.js')
    one.write({ 'src/hello.wasm.sig': detach(by(HELLO, ALICE)).signature })
    expect(await inTerminal(one, 'verify', 'src/hello.wasm')).toMatchObject({ code: 0 })
    expect(await inTerminal(one, 'check')).toMatchObject({ code: 0 })
  })
})

describe('explain', () => {
  it('says what names a file, what is wanted and what holds', async () => {
    const one = project({}, [
      ...RULES,
      { files: '**', signers: ['release', 'security'], threshold: 2, imports: ['wasi:*'], lock: 'exact' },
    ])
    const { code, out } = await inTerminal(one, 'explain', 'src/hello.wasm')
    expect(code).toBe(1)
    expect(out.split('\n')).toEqual([
      'src/hello.wasm goes by src/hello.wasm',
      '  from: the project, or not from a registry',
      expect.stringMatching(/^ {2}signatures: verified, by release \(fingerprint [0-9a-f]{64}\)$/),
      '  imports: nothing',
      expect.stringContaining('  exports: '),
      'the rule for src/** (signed-wasm.json, line 11): signed by 1 of release',
      'the rule for ** (signed-wasm.json, line 17): signed by 2 of release, security; imports wasi:*; lock exact',
      'signed-wasm.lock.json: has no entry',
      expect.stringContaining('SIGNERS_MISSING src/hello.wasm'),
      expect.stringContaining('hint: '),
    ])
  })

  it('says that a file may ship, and that no rule names one', async () => {
    const one = project({ 'lib/a.wasm': by(made({ imports: ['wasi:io/streams@0.2.3'] }), ALICE) })
    await inTerminal(one, 'lock', '--yes')
    expect(await inTerminal(one, 'explain', 'src/hello.wasm')).toMatchObject({
      code: 0,
      out: expect.stringContaining('all of it holds: it may ship') as string,
    })
    const { code, out } = await inTerminal(one, 'explain', 'lib/a.wasm')
    expect([code, out]).toEqual([1, expect.stringContaining('no rule names it')])
    expect(out).toContain('imports: wasi:io/streams@0.2')
  })
})
