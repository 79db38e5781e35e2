/** `signed-wasm init`: a policy to start from, of the keys and components that are here. */

import path from 'node:path'
import { findFiles } from '../../disk/find-files.js'
import { readKeyring } from '../../disk/keyring.js'
import { toSlashes } from '../../disk/paths.js'
import { findPolicy } from '../../disk/policy-folder.js'
import { sniffLayer } from '../../disk/read-file.js'
import { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import { encodeUtf8 } from '../../format/encoding.js'
import { POLICY_FILE } from '../../policy/policy-shape.js'
import { defineCommand, type Invocation, type Options } from '../define-command.js'
import { EXIT } from '../exit.js'
import { shownAt } from '../policy.js'

type Io = Invocation<Options>['io']

/** `signed-wasm init`. */
export const init = defineCommand({
  usage: '',
  options: {},
  examples: ['npx unplugin-signed-wasm init'],
  run({ io }) {
    const found = findPolicy(io.cwd)
    if (found !== undefined) throw problem('FILE_EXISTS', { file: shownAt(found, io) })
    const signers = signersHere(io)
    if (signers.size === 0) throw problem('NO_TRUSTED_KEYS', { looked: ['*.pub', 'keys/*.pub'] })
    const folders = foldersWithWasm(io)
    const policy = {
      $schema: './node_modules/unplugin-signed-wasm/src/schema/policy.json',
      signers: Object.fromEntries([...signers].map(([name, key]) => [name, { key }])),
      rules: folders.map((files) => ({ files, signers: [...signers.keys()] })),
    }
    io.write(POLICY_FILE, encodeUtf8(`${JSON.stringify(policy, undefined, 2)}\n`))
    io.out(
      `wrote ${POLICY_FILE}: ${describe(signers.size, 'signer')}, ${describe(folders.length, 'rule')}`,
      ...(folders.length === 0
        ? ['no .wasm file is here yet: add a rule for each folder that has some']
        : []),
      '',
      'in the configuration of your bundler, which finds the policy by itself:',
      '  signedWasm()',
      'in .gitignore, what only your machine needs:',
      '  *.key',
      '  .signed-wasm/',
      'then lock what is there, and let CI check it:',
      '  npx unplugin-signed-wasm lock --yes',
      '  npx unplugin-signed-wasm check',
    )
    return EXIT.ok
  },
})

const describe = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`

/** Public keys that lie where people keep them, by a name for each. */
function signersHere(io: Io): Map<string, string> {
  const files = ['*.pub', 'keys/*.pub'].flatMap((glob) => findFiles(glob, { root: io.cwd }).files)
  const keys = new Map<string, string>()
  const known = new Set<string>()
  for (const file of files) {
    const source = shownAt(file, io)
    const fingerprint = onlyKeyIn(source, io)
    if (fingerprint === undefined || known.has(fingerprint)) continue
    known.add(fingerprint)
    const name = path
      .basename(file, '.pub')
      .replace(/[^\w@.+-]/g, '-')
      .slice(0, 64)
    keys.set(keys.has(name) ? `${name.slice(0, 55)}-${fingerprint.slice(0, 8)}` : name, source)
  }
  return keys
}

/** A signer is one key; files that hold none, or several, are for whoever writes the policy. */
function onlyKeyIn(source: string, io: Io): string | undefined {
  try {
    const { keys } = readKeyring([source], { root: io.cwd, environment: {} })
    return keys.length === 1 ? keys[0]!.fingerprint : undefined
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    io.err(`left out: ${error.message.split('\n')[0]}`)
    return undefined
  }
}

/** Patterns of the folders at the top that have components; outputs of builds are no sources. */
function foldersWithWasm(io: Io): string[] {
  const { files } = findFiles('**/*.wasm', { root: io.cwd })
  const inside = files
    .filter((file) => sniffLayer(file) !== undefined)
    .map((file) => toSlashes(path.relative(io.cwd, file)))
  const tops = inside.map((file) => (file.includes('/') ? `${file.split('/')[0]}/**` : file))
  return [...new Set(tops)].filter((top) => !/^(?:dist|build|out|\.[^/]*)\//.test(top)).toSorted()
}
