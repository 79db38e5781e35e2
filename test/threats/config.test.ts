/** THREATS rows 21, 22, 30 and 33: configuration, secrets, supply, network. */

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readKeyring } from '../../src/disk/keyring.js'
import { resolveOptions } from '../../src/plugin/options.js'
import { CODES } from '../../src/errors/catalogue.js'
import { Diagnostic } from '../../src/errors/diagnostic.js'
import { formatPublicKey, formatSecretKey, KEY_FORMATS } from '../../src/trust/keys/write.js'
import { generateKey } from '../../src/trust/keys/trusted-key.js'
import { parsePublicKeys } from '../../src/trust/keys/read.js'
import { build } from '../kit/bundlers.js'
import { fixture, inState, makeProject, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'

/** Every variable that somebody could think of. */
const VARIABLES = [
  'MODE',
  'KEYS',
  'STRICT',
  'VERIFY',
  'DISABLE',
  'SKIP',
  'OFF',
  'TRUSTED_KEYS',
  'PUBLIC_KEY',
  'INSECURE',
].flatMap((name) => [
  name,
  `SIGNED_WASM_${name}`,
  `UNPLUGIN_SIGNED_WASM_${name}`,
  `WASM_${name}`,
  `VITE_${name}`,
])

describe('THREAT 21: downgrade by environment or by a dependency', () => {
  it('no environment variable lowers the mode or adds a key', async () => {
    const stranger = Buffer.from(formatPublicKey(generateKey(), 'pem')).toString()
    const before = { ...process.env }
    try {
      for (const name of VARIABLES) process.env[name] = name.includes('KEY') ? stranger : 'off'
      process.env['TRUSTED_PUBLIC_KEY'] = stranger
      process.env['NODE_ENV'] = 'development'
      expect(resolveOptions({ keys: TRUSTED_PEM }).mode).toEqual({ build: 'strict', serve: 'strict' })
      expect(readKeyring([TRUSTED_PEM], { root: '.', environment: process.env }).keys).toHaveLength(1)
      const project = makeProject({
        'x.wasm': inState(fixture('hello'), 'unknown signer'),
        'main.js': `import './x.wasm'`,
      })
      await expect(
        build.rollup({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist' }),
      ).rejects.toThrow('SIGNER_UNTRUSTED')
    } finally {
      for (const name of Object.keys(process.env)) delete process.env[name]
      Object.assign(process.env, before)
    }
  })

  it('the sources look at the environment for what the config names and the command line is told, and nothing makes less be judged', () => {
    const looking = sources()
      .filter(({ text }) => text.includes('process.env'))
      .map(({ name }) => name)
    expect(looking.toSorted()).toEqual([
      // What Windows needs to start a process.
      'bindings/jco/process.ts',
      'cli/io.ts',
      // Where the user's own key is, by which entries of the cache are known again.
      'disk/user-key.ts',
      // SIGNED_WASM_DEBUG, which changes how much of an error is shown.
      'plugin/bundlers/adapter.ts',
      // WEBPACK_SERVE, where a folder is judged that is not otherwise.
      'plugin/bundlers/webpack-server.ts',
      // NODE_OPTIONS, for whether Node has core modules.
      'plugin/node/modules.ts',
      'plugin/option-policy.ts',
    ])
  })

  it('options are copied and frozen at the start', () => {
    const options = { mode: 'strict' as 'strict' | 'off', keys: [TRUSTED_PEM] }
    const resolved = resolveOptions(options)
    options.mode = 'off'
    options.keys.push('everyone')
    expect([resolved.mode.build, resolved.keys.length, Object.isFrozen(resolved)]).toEqual([
      'strict',
      1,
      true,
    ])
  })
})

describe('THREAT 22: a private key in the trust store', () => {
  it.each(KEY_FORMATS)('is refused in the format %s, and nothing of it is said', (format) => {
    const key = generateKey()
    const bytes = formatSecretKey(key, format)
    const inputs = [
      bytes,
      Buffer.from(bytes).toString('latin1'),
      Buffer.from(bytes).toString('hex'),
      Buffer.from(bytes).toString('base64'),
    ]
    const said = inputs.map((input) => {
      try {
        return parsePublicKeys(input, 'keys[0]') && 'accepted'
      } catch (error) {
        return String((error as Diagnostic).stack) + JSON.stringify(error)
      }
    })
    for (const text of said) {
      expect(text).toMatch(/KEY_SECRET|KEY_UNREADABLE/)
      for (const encoding of ['hex', 'base64', 'base64url'] as const)
        expect(text).not.toContain(Buffer.from(key.seed).toString(encoding).slice(2, 18))
    }
    expect(said[0]).toContain('KEY_SECRET')
  })
})

describe('THREAT 30: supply', () => {
  const manifest = JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
    devDependencies: Record<string, string>
    scripts: object
  }

  it('pins the transpiler exactly, and has few dependencies', () => {
    expect(manifest.devDependencies['@bytecodealliance/jco-transpile']).toMatch(/^\d+\.\d+\.\d+$/)
    expect(Object.keys(manifest.dependencies)).toHaveLength(5)
  })
})

describe('THREAT 33: keys from the network', () => {
  it('one command of the command line fetches, and the runtime fetches the component; nothing else does', () => {
    const fetching = sources().filter(({ text }) =>
      /\bfetch\(/.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')),
    )
    expect(fetching.map(({ name }) => name).toSorted()).toEqual([
      'cli/commands/keys.ts',
      'runtime/files.ts',
      'runtime/get.ts',
      'runtime/stream.ts',
    ])
  })
})

describe('error codes', () => {
  it('are many, unique and shouted', () => {
    expect(new Set(CODES).size).toBe(CODES.length)
    expect(CODES.every((code) => /^[A-Z][A-Z0-9_]+$/.test(code))).toBe(true)
  })
})

function sources(): { name: string; text: string }[] {
  const folder = path.join(REPOSITORY, 'src')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  return names.map((name) => ({
    name: name.replaceAll('\\', '/'),
    text: readFileSync(path.join(folder, name), 'utf8'),
  }))
}
