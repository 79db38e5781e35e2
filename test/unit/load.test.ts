/** The door for people without a bundler, in Node and over HTTP. */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatPublicKey } from '../../src/trust/keys/write.js'
import { generateKey, trustedKey } from '../../src/trust/keys/trusted-key.js'
import { detach, sign } from '../../src/trust/sign.js'
import { Diagnostic, loadVerified } from '../../src/load.js'
import { constantComponent, coreModule } from '../kit/wat.js'

const key = generateKey()
const pem = Buffer.from(formatPublicKey(key, 'pem')).toString()
const folder = mkdtempSync(path.join(tmpdir(), 'load verified '))

let component: Uint8Array
let core: Uint8Array
let server: Server
let origin: string

const write = (name: string, content: Uint8Array) => {
  const file = path.join(folder, name)
  writeFileSync(file, content)
  return pathToFileURL(file)
}

const flip = (file: Uint8Array) => file.with(file.length - 3, file.at(-3)! ^ 1)

beforeAll(async () => {
  component = sign(await constantComponent(1), key).bytes
  core = sign(await coreModule(), key).bytes
  server = createServer((request, response) => {
    if (request.url !== '/core.wasm') return void response.writeHead(404).end('no such file')
    response.end(core)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

describe('loadVerified', () => {
  it('reads a file and gives the bytes that it verified', async () => {
    const bytes = await loadVerified(write('signed component.wasm', component), { keys: pem })
    expect(new Uint8Array(bytes)).toEqual(component)
  })

  it('fetches, and compiles a core module when asked to', async () => {
    const module = await loadVerified(`${origin}/core.wasm`, { keys: pem, as: 'module' })
    const { answer } = (await WebAssembly.instantiate(module)).exports as { answer(): number }
    expect(answer()).toBe(42)
  })

  it('takes an answer that somebody else has fetched', async () => {
    const bytes = await loadVerified(await fetch(`${origin}/core.wasm`), { keys: pem })
    expect(bytes).toEqual(core)
  })

  it.each([
    ['text', pem],
    ['bytes', formatPublicKey(key, 'raw')],
    ['a trusted key', trustedKey(key.publicKey, 'mine')],
    ['one of several', [formatPublicKey(generateKey(), 'jwk'), pem]],
  ])('takes keys as %s', async (_, keys) => {
    await expect(loadVerified(write('x.wasm', component), { keys })).resolves.toBeDefined()
  })

  it('needs both signatures of a file that has a detached one as well', async () => {
    const { bytes: bare, signature } = detach(component)
    const url = write('bare.wasm', bare)
    await expect(loadVerified(url, { keys: pem, detached: signature })).resolves.toBeDefined()
    await expect(loadVerified(url, { keys: pem })).rejects.toMatchObject({ code: 'COMPONENT_UNSIGNED' })
    const strange = detach(sign(bare, generateKey()).bytes).signature
    const both = loadVerified(write('both.wasm', component), { keys: pem, detached: strange })
    await expect(both).rejects.toMatchObject({ code: 'SIGNER_UNTRUSTED' })
  })

  it('refuses what is revoked', async () => {
    const revoked = [trustedKey(key.publicKey, 'k').fingerprint]
    const attempt = loadVerified(write('x.wasm', component), { keys: pem, revoked })
    await expect(attempt).rejects.toMatchObject({ code: 'SIGNER_REVOKED' })
  })

  it.each<[string, () => Uint8Array, string]>([
    ['a changed file', () => flip(component), 'CONTENT_MODIFIED'],
    ['an unsigned one', () => detach(component).bytes, 'COMPONENT_UNSIGNED'],
    ['a stranger’s', () => sign(detach(component).bytes, generateKey()).bytes, 'SIGNER_UNTRUSTED'],
    ['a truncated one', () => component.subarray(0, -2), 'WASM_MALFORMED'],
  ])('refuses %s, with the words of a build and its address', async (_, file, code) => {
    const url = write('refused.wasm', file())
    const error = await loadVerified(url, { keys: pem }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Diagnostic)
    expect(error).toMatchObject({ code, file: url.href })
    expect(String(error)).toContain('hint: ')
  })

  it('compiles nothing that is no core module, and nothing that it has not verified', async () => {
    const asModule = { keys: pem, as: 'module' } as const
    const attempt = loadVerified(write('x.wasm', component), asModule)
    await expect(attempt).rejects.toMatchObject({ code: 'LAYER_MISMATCH' })
    const changed = loadVerified(write('core.wasm', flip(core)), asModule)
    await expect(changed).rejects.toMatchObject({ code: 'CONTENT_MODIFIED' })
  })

  it('says what cannot be had, and that no key is no key', async () => {
    const gone = loadVerified(`${origin}/gone.wasm`, { keys: pem })
    await expect(gone).rejects.toMatchObject({
      code: 'COMPONENT_UNREADABLE',
      message: expect.stringContaining('404'),
    })
    await expect(loadVerified(`${origin}/core.wasm`, { keys: [] })).rejects.toMatchObject({
      code: 'NO_TRUSTED_KEYS',
    })
    await expect(loadVerified(`${origin}/core.wasm`, { keys: 'nonsense' })).rejects.toMatchObject({
      code: 'KEY_UNREADABLE',
    })
  })
})
