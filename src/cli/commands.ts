/** The table of commands, and their other names. */

import type { Command } from './define-command.js'

/** A line of the table. */
export interface Entry {
  summary: string
  /** Loaded only when it is called for: starting fast is half of being pleasant. */
  load: () => Promise<Command>
}

/** Every command, by name, in the order of the overview. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  keygen: {
    summary: 'make a key pair',
    load: async () => (await import('./commands/keygen.js')).keygen,
  },
  'public-key': {
    summary: 'write the public half of a key, or show its fingerprint',
    load: async () => (await import('./commands/public-key.js')).publicKey,
  },
  sign: {
    summary: 'add a signature to components or core modules',
    load: async () => (await import('./commands/sign.js')).sign,
  },
  verify: {
    summary: 'check that a trusted key signed each file, as it is',
    load: async () => (await import('./commands/verify.js')).verify,
  },
  init: {
    summary: 'write a policy to start from, of the keys and components that are here',
    load: async () => (await import('./commands/init.js')).init,
  },
  check: {
    summary: 'check all that the rules of signed-wasm.json name, and its lock',
    load: async () => (await import('./commands/check.js')).check,
  },
  lock: {
    summary: 'show what has changed, and write it into the lock',
    load: async () => (await import('./commands/lock.js')).lock,
  },
  explain: {
    summary: 'say which rules name a file, what they want, and what holds',
    load: async () => (await import('./commands/explain.js')).explain,
  },
  types: {
    summary: 'write TypeScript declarations for components, after verifying them',
    load: async () => (await import('./commands/types.js')).types,
  },
  inspect: {
    summary: 'show sections, signatures, key ids, imports and exports; judges nothing',
    load: async () => (await import('./commands/inspect.js')).inspect,
  },
  'trusted-root': {
    summary: 'show which logs and authorities of Sigstore are trusted, and since when',
    load: async () => (await import('./commands/trusted-root.js')).trustedRoot,
  },
  split: {
    summary: 'add delimiters, so that some custom sections can be left out of a check',
    load: async () => (await import('./commands/parts.js')).split,
  },
  detach: {
    summary: 'take the signature off, into a file of its own',
    load: async () => (await import('./commands/parts.js')).detach,
  },
  attach: {
    summary: 'embed a detached signature',
    load: async () => (await import('./commands/parts.js')).attach,
  },
  matrix: {
    summary: 'tell which of several keys signed which parts of a file',
    load: async () => (await import('./commands/matrix.js')).matrix,
  },
  keys: {
    summary: "download an account's public keys into a file, to be reviewed",
    load: async () => (await import('./commands/keys.js')).keys,
  },
}

/** Other names, as wsc and wasmsign2 have them. Accepted, but not in the overview. */
export const ALIASES: Readonly<Record<string, Entry>> = {
  'generate-key': {
    summary: 'make a key pair in the raw format',
    load: async () => (await import('./commands/keygen.js')).generateKeyAlias,
  },
  'export-public-key': {
    summary: 'write the public half of a secret key in the raw format',
    load: async () => (await import('./commands/public-key.js')).exportPublicKeyAlias,
  },
  show: COMMANDS['inspect']!,
  verify_matrix: COMMANDS['matrix']!,
  'verify-matrix': COMMANDS['matrix']!,
}
