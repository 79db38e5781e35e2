import { describe, expect, it } from 'vitest'
import { fixture, inState, TRUSTED_PEM } from '../../kit/project.js'
import { openTerminal, type Terminal } from '../../kit/terminal.js'

const ENTRY = '.signed-wasm/types/src/hello.d.wasm.ts'

function open(status: Parameters<typeof inState>[1] = 'signed'): Terminal {
  const terminal = openTerminal()
  terminal.write('release.pub', TRUSTED_PEM)
  terminal.write('src/hello.wasm', inState(fixture('hello'), status))
  return terminal
}

describe('signed-wasm types', () => {
  it('writes what is missing, and says so', async () => {
    const terminal = open()
    expect(await terminal.run('types', '--key', 'release.pub')).toEqual({
      code: 0,
      out: 'src/hello.wasm: written',
      err: 'src/**/*.wasm matched 1 file',
    })
    expect(Buffer.from(terminal.read(ENTRY)).toString()).toContain('export default $component')
    const again = await terminal.run('types', '--key', 'release.pub', 'src/*.wasm')
    expect(again.out).toBe('src/hello.wasm: up to date')
  })

  it('fails with --check when something is missing, changed or left over, and writes nothing', async () => {
    const terminal = open()
    const check = () => terminal.run('types', '--key', 'release.pub', '--check')
    const missing = await check()
    expect([missing.code, missing.out]).toEqual([1, ''])
    expect(missing.err).toContain('TYPES_STALE src/hello.wasm')
    expect(terminal.has('.signed-wasm')).toBe(false)

    await terminal.run('types', '--key', 'release.pub')
    expect((await check()).code).toBe(0)

    terminal.write('src/hello.wasm', inState(fixture('calculator'), 'signed'))
    const stale = await check()
    expect(stale.code).toBe(1)
    expect(stale.err).toContain('hello.wasm.d/interfaces/docs-hello-greeter.d.ts')
    expect(terminal.has('.signed-wasm/types/src/hello.wasm.d/interfaces/docs-hello-greeter.d.ts')).toBe(true)
  })

  it.each([
    ['tampered', 'CONTENT_MODIFIED'],
    ['unsigned', 'COMPONENT_UNSIGNED'],
    ['unknown signer', 'SIGNER_UNTRUSTED'],
  ] as const)('writes nothing for a file that is %s', async (status, code) => {
    const terminal = open(status)
    terminal.write('src/other.wasm', inState(fixture('calculator'), 'signed'))
    const refused = await terminal.run('types', '--key', 'release.pub')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain(`${code} src/hello.wasm`)
    expect(refused.out).toBe('src/other.wasm: written')
    expect(terminal.has(ENTRY)).toBe(false)
  })

  it('only warns with --mode lenient', async () => {
    const terminal = open('unsigned')
    const warned = await terminal.run('types', '--key', 'release.pub', '--mode', 'lenient')
    expect([warned.code, warned.out]).toEqual([0, 'src/hello.wasm: written'])
    expect(warned.err).toContain('COMPONENT_UNSIGNED')
  })

  it('writes beside the components, or into another folder', async () => {
    const terminal = open()
    expect((await terminal.run('types', '--key', 'release.pub', '--sibling')).code).toBe(0)
    expect((await terminal.run('types', '--key', 'release.pub', '--dir', 'gen')).code).toBe(0)
    expect((await terminal.run('types', '--key', 'release.pub', '--dir', 'sibling')).code).toBe(0)
    expect(['src/hello.d.wasm.ts', 'gen/src/hello.d.wasm.ts', ENTRY].map(terminal.has)).toEqual([
      true,
      true,
      false,
    ])
    expect(terminal.has('sibling/src/hello.d.wasm.ts')).toBe(true)
  })

  it('takes what the config of the plugin says about imports and jco', async () => {
    const terminal = open()
    terminal.write('src/host.wasm', inState(fixture('host'), 'signed'))
    const types = ['types', '--key', 'release.pub', 'src/*.wasm']
    const options = [
      '--import',
      'log',
      '--import',
      'acme:app/directory',
      '--jco',
      '{"asyncExports":["greet"],"asyncMode":"jspi"}',
    ]
    expect((await terminal.run(...types, ...options)).code).toBe(0)
    const world = (name: string) =>
      Buffer.from(terminal.read(`.signed-wasm/types/src/${name}.wasm.d/component.d.ts`)).toString()
    expect(world('host')).toContain('(imports?: $Imports')
    expect(world('hello')).toContain('greet(name: string): Promise<string>')
    expect((await terminal.run(...types, '--check')).code).toBe(1)
    expect((await terminal.run(...types, '--jco', '{"minfy":true}')).err).toContain(
      'unknown option `jco.minfy`',
    )
  })

  it.each([
    ['no key', [], 'give a trusted key'],
    ['a mode that is none', ['--key', 'release.pub', '--mode', 'off'], '--mode must be'],
    ['two places', ['--key', 'release.pub', '--sibling', '--dir', 'x'], 'not both'],
    ['no JSON', ['--key', 'release.pub', '--jco', '{'], '--jco must be JSON'],
  ])('explains wrong usage: %s', async (_, args, text) => {
    const { code, err } = await open().run('types', ...args)
    expect([code, err]).toEqual([2, expect.stringContaining(text)])
  })

  it('tells what cannot be read or written', async () => {
    const terminal = open()
    expect((await terminal.run('types', '--key', 'release.pub', 'none.wasm')).code).toBe(3)
    terminal.write('gen', 'a file where the folder belongs')
    const blocked = await terminal.run('types', '--key', 'release.pub', '--dir', 'gen')
    expect([blocked.code, blocked.err]).toEqual([3, expect.stringContaining('FILE_UNWRITABLE')])
  })
})
