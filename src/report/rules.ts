/** What errors mean in general, for reports whose readers look them up by code. */

import type { Code } from '../errors/catalogue.js'

/** A meaning in one sentence, and what to do about it. Neither names a file. */
export interface Rule {
  means: string
  help: string
}

const AGAIN = 'Get the file again from its publisher; if you built it yourself, sign it again.'
const SIGN = 'Sign the whole file with a key that is trusted, or ask its publisher to.'
const LOOK = 'Check the path, its permissions, and that it is the file you mean.'
const KEYS = 'Check which keys are named, and where they are looked for.'

/** The meanings of what a check of files reports; others are told by their code. */
const RULES: Partial<Record<Code, Rule>> = {
  COMPONENT_UNSIGNED: { means: 'The file carries no signature.', help: SIGN },
  SIGNER_UNTRUSTED: {
    means: 'The file is signed, and by none of the trusted keys.',
    help: 'Trust the key of its publisher if you know it to be theirs; otherwise do not ship the file.',
  },
  CONTENT_MODIFIED: { means: 'A trusted key has signed other content than the file has now.', help: AGAIN },
  SIGNATURE_PARTIAL: { means: 'A trusted key has signed only parts of the file.', help: SIGN },
  SIGNATURE_INVALID: { means: 'The signature data of the file is damaged.', help: AGAIN },
  SIGNATURE_KEYLESS: {
    means: 'The signature names an identity in the place of a key, which is not verified here.',
    help: SIGN,
  },
  SIGNER_REVOKED: {
    means: 'The file is signed by a key that is revoked.',
    help: 'Use a file that is signed by a key which is still trusted.',
  },
  FILE_REVOKED: { means: 'The content of the file is revoked.', help: 'Use another release of the file.' },
  WASM_MALFORMED: {
    means: 'The file is no WebAssembly binary that can be read.',
    help: 'Check that the file is complete and is what its name says.',
  },
  FEATURE_UNKNOWN: {
    means: 'The file uses a feature that this version does not know.',
    help: 'Update unplugin-signed-wasm, or have the file built without that feature.',
  },
  FILE_UNREADABLE: { means: 'The file cannot be read.', help: LOOK },
  FILE_TOO_LARGE: {
    means: 'The file is larger than what is read.',
    help: 'Raise the limit with --max-bytes if the file is meant to be this large.',
  },
  FILE_NOT_REGULAR: { means: 'The path leads to no regular file.', help: LOOK },
  FILE_OUTSIDE: {
    means: 'A link in the repository leads to a file outside of it, which is not looked at unasked.',
    help: 'Name the file by its own path if it is meant, or take the link away.',
  },
  NOTHING_MATCHED: {
    means: 'A pattern matched no file, so that nothing was checked for it.',
    help: 'Check the pattern, and quote it, so that the shell leaves it as it is.',
  },
  NO_TRUSTED_KEYS: { means: 'No trusted key was found, so that nothing was checked.', help: KEYS },
  KEY_NOT_FOUND: { means: 'A trusted key was not found, so that nothing was checked.', help: KEYS },
  KEY_UNREADABLE: { means: 'A trusted key cannot be read, so that nothing was checked.', help: KEYS },
  KEY_ENV_UNSET: {
    means: 'The variable of a trusted key is not set, so that nothing was checked.',
    help: KEYS,
  },
  KEY_SECRET: {
    means: 'A secret key stands where a public key belongs, so that nothing was checked.',
    help: 'Use the public half, and keep the secret half out of the project.',
  },
  KEY_WEAK: { means: 'A trusted key is no safe one, so that nothing was checked.', help: 'Make a new key.' },
  COMMAND_MISUSED: {
    means: 'The command was called in a wrong way, so that nothing was checked.',
    help: 'See npx unplugin-signed-wasm --help.',
  },
}

/** What a code means. */
export function ruleOf(code: Code): Rule {
  return RULES[code] ?? { means: `${titleOf(code)}.`, help: 'See "Troubleshooting" in the README.' }
}

/** A code as a title: `Component unsigned`. */
export function titleOf(code: Code): string {
  const words = code.replaceAll('_', ' ').toLowerCase()
  return words[0]!.toUpperCase() + words.slice(1)
}
