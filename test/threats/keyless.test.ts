/** THREAT 49: signatures by an identity. What wsc embeds is told apart from damage, and is none that is verified here. */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { inspect } from '../../src/format/inspect.js'
import { trustedKey } from '../../src/trust/keys/trusted-key.js'
import { sign } from '../../src/trust/sign.js'
import { verify, verifySync } from '../../src/trust/verify.js'
import { build, BUNDLERS } from '../kit/bundlers.js'
import { makeProject, TRUSTED_PEM } from '../kit/project.js'
import { ALICE, component, custom } from '../kit/sections.js'
import { openTerminal } from '../kit/terminal.js'
import { constantComponent } from '../kit/wat.js'

/** A section such as wsc writes it: the version 2, and then a signature, a certificate and an entry of a log. */
const keyless = (
  file: Uint8Array,
  rest: readonly number[] = [0x40, ...Array.from({ length: 64 }, () => 0)],
) => component(custom('signature', [2, ...rest]), file.subarray(8))

const alice = trustedKey(ALICE.publicKey, 'alice')
const whole = process.env['SIGNED_WASM_CORPUS']

describe('THREAT 49: a keyless section of wsc', () => {
  it.each([
    ['as it is written', undefined],
    ['cut off', [0x40, 0]],
    ['with anything in it', [1, 1, 0]],
  ] as const)('is named, and refused: %s', async (_, rest) => {
    const file = keyless(await constantComponent(1), rest)
    for (const verdict of [verifySync(file, [alice]), await verify(file, [alice])]) {
      expect(verdict).toMatchObject({ status: 'invalid', problem: { code: 'SIGNATURE_KEYLESS' } })
    }
    expect(inspect(file).problems.join()).toContain('which is not verified here')
  })

  it('is refused beside a file as well', async () => {
    const file = await constantComponent(1)
    const verdict = verifySync(sign(file, ALICE).bytes, [alice], { detached: Uint8Array.of(2, 1, 1) })
    expect(verdict).toMatchObject({ status: 'invalid', problem: { code: 'SIGNATURE_KEYLESS' } })
  })

  it.each(BUNDLERS)('keeps a component out of a bundle of %s', async (name) => {
    const project = makeProject({
      'main.js': `import { answer } from './x.wasm'\nglobalThis.answers = answer()`,
      'x.wasm': keyless(await constantComponent(1)),
    })
    const building = build[name]({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist' })
    await expect(building).rejects.toThrow(/SIGNATURE_KEYLESS x\.wasm[^]*sign --write --replace/)
  })

  it('is replaced as its hint says', async () => {
    const terminal = openTerminal()
    terminal.write('x.wasm', keyless(await constantComponent(1)))
    await terminal.run('keygen', 'release')
    const refused = await terminal.run('verify', '--key', 'release.pub', 'x.wasm')
    expect([refused.code, refused.out + refused.err]).toEqual([
      1,
      expect.stringContaining('SIGNATURE_KEYLESS'),
    ])
    const [, command] = /npx unplugin-signed-wasm (sign .*)/.exec(refused.out + refused.err)!
    expect(await terminal.run(...command!.replace('<name>', 'release').split(' '))).toMatchObject({ code: 0 })
    expect(await terminal.run('verify', '--key', 'release.pub', 'x.wasm')).toMatchObject({ code: 0 })
  })

  it.runIf(whole && existsSync(whole))('is told of the one that wsc has written', () => {
    const file = readFileSync(path.join(whole!, 'malformed/hello.keyless-forged.wasm'))
    expect(verifySync(file, [alice])).toMatchObject({
      status: 'invalid',
      problem: { code: 'SIGNATURE_KEYLESS' },
    })
  })
})
