/** The declaration of `signed-wasm.json`. The type, the check, the schema for editors and the README's tables are made from it. */

import { type JsonFault, readJson } from '../format/json.js'
import {
  byMember,
  choice,
  count,
  dictionary,
  type Fields,
  flag,
  list,
  object,
  oneOrMore,
  orObject,
  placed,
  type Shape,
  text,
  type TypeOf,
} from './declare.js'

/** The name of the file, wherever it lies. */
export const POLICY_FILE = 'signed-wasm.json'

/** How much of a file the lock holds, from most to least. */
export const LOCK_LEVELS = ['exact', 'shape', 'none'] as const

/** See {@link LOCK_LEVELS}. */
export type LockLevel = (typeof LOCK_LEVELS)[number]

const SIGNER_NAME = {
  pattern: /^[\w@.+-]{1,64}$/,
  must: 'up to 64 letters, digits and any of @ . _ + -',
}

/** The fields of a signer. */
export const SIGNER_FIELDS = {
  key: {
    shape: text({ must: 'a public key, or the path of its file from the folder of the policy' }),
    help: 'The public key: a file, counted from the folder of the policy, or the key itself.',
    isRequired: true,
  },
  until: {
    shape: text({
      pattern: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
      must: 'a day such as "2027-06-30"',
    }),
    help: 'The last day on which something that is signed with it may enter the lock. It changes no verdict on what is locked.',
  },
} as const satisfies Fields

/** The fields of a signer with an identity. */
export const IDENTITY_FIELDS = {
  issuer: {
    shape: text({ pattern: /^https:\/\/[^\s*]+$/, must: 'the https address of an issuer' }),
    help: 'Who knows the identity: `https://token.actions.githubusercontent.com`, `https://gitlab.com`, ...',
    isRequired: true,
  },
  identity: {
    shape: text({
      pattern: /^(?:[^\s*]+|[^\s*]+@refs\/tags\/\*)$/,
      must: 'what the certificate says, with a * at most at the end of @refs/tags/*',
    }),
    help: 'Who signs, as the certificate says it: the address of a workflow at a branch or tag; `...@refs/tags/*` is any one tag.',
    isRequired: true,
  },
  repository: {
    shape: text({ pattern: /^https:\/\/[^\s*]*[^\s*/]$/, must: 'the https address of a repository' }),
    help: 'The repository that has called the workflow. Without it, that of the identity.',
  },
} as const satisfies Fields

const FILES = {
  shape: oneOrMore(placed(text({ must: 'a pattern of files' }))),
  help: 'The files that the rule is for: `src/**` counts from the folder of the policy and enters no `node_modules`; `npm:<name>[/<glob>]` is what a package brings, and `<name>` may end in `/*` after a scope.',
  isRequired: true,
} as const

const EXCEPT = {
  shape: oneOrMore(placed(text({ must: 'a pattern of files' }))),
  help: 'Files that the rule is not for.',
} as const

/** The fields of a rule that names signers. */
export const RULE_FIELDS = {
  files: FILES,
  except: EXCEPT,
  signers: {
    shape: list(placed(text({ ...SIGNER_NAME, must: 'the name of a signer' })), 1),
    help: 'Who may sign, by the names above.',
    isRequired: true,
  },
  threshold: {
    shape: placed(count(1)),
    help: 'How many of them must have signed. 1 unless it is written.',
  },
  imports: {
    shape: list(placed(text({ must: 'the name of an import, or the beginning of names and *' }))),
    help: 'All that the file may import: `wasi:io/streams`, `wasi:clocks/*`; with a version, as in `wasi:io/streams@0.2`, only what is compatible with it. Anything unless it is written.',
  },
  lock: {
    shape: choice(...LOCK_LEVELS),
    help: 'What the lock holds: `exact` (the content), `shape` (no fewer signers, no more imports, no fewer exports) or `none`. `shape` for packages from a registry and `exact` for all else unless it is written.',
  },
} as const satisfies Fields

/** The fields of a rule that pins what nobody has signed. */
export const PIN_FIELDS = {
  files: FILES,
  except: EXCEPT,
  unsigned: {
    shape: text({ must: 'the reason why it is shipped unsigned' }),
    help: 'In the place of `signers`: pins every byte of a file that carries no signature, and says why.',
    isRequired: true,
  },
} as const satisfies Fields

const MODE = choice('strict', 'lenient', 'off')

/** The fields of the file. */
export const POLICY_FIELDS = {
  $schema: { shape: text(), help: 'For editors.' },
  signers: {
    shape: dictionary(
      SIGNER_NAME,
      byMember(
        'identity',
        object('a signer with an identity', IDENTITY_FIELDS),
        object('a signer with a key', SIGNER_FIELDS),
      ),
    ),
    help: 'Whom rules can name, by a name of your choice.',
    isRequired: true,
  },
  rules: {
    shape: list(
      placed(
        byMember(
          'unsigned',
          object('a rule with "unsigned"', PIN_FIELDS),
          object('a rule with "signers"', RULE_FIELDS),
        ),
      ),
    ),
    help: 'Every rule that names a file must hold, and a file that no rule names is refused.',
    isRequired: true,
  },
  denied: {
    shape: list(
      text({
        pattern: /^(?:sha256-[A-Za-z\d+/]{43}=|[\da-fA-F]{64})$/,
        must: 'a digest as sha256-<base64>, or a digest or fingerprint as 64 hexadecimal digits',
      }),
    ),
    help: 'Digests of contents and fingerprints of keys that are refused, whoever signed, in every mode.',
  },
  mode: {
    shape: orObject(
      MODE,
      object('an object of "build" and "serve"', {
        build: { shape: MODE, help: 'Of a build.' },
        serve: { shape: MODE, help: 'Of a dev server.' },
      }),
    ),
    help: 'As the option `mode`; of both, the stricter one counts.',
  },
  trustedRoot: {
    shape: text({ must: 'the path of a trusted root, from the folder of the policy' }),
    help: 'A trusted root of Sigstore in place of the one that comes with this package: a file, counted from the folder of the policy.',
  },
  detached: { shape: flag, help: 'Accept a signature in `<file>.sig`, as the option `detached`.' },
  cache: {
    shape: flag,
    help: '`false` keeps nothing of what jco makes, whatever the option `cache` says.',
  },
} as const satisfies Fields

/** What the file is. */
export const POLICY_SHAPE = object('a policy', POLICY_FIELDS)

/** Reads what the declaration alone says, which is what the schema says. @throws what `fault` makes */
export function readStructure(source: string, fault: JsonFault): TypeOf<typeof POLICY_SHAPE> {
  return POLICY_SHAPE.read(readJson(source, fault), fault)
}

/** The schema of the file, for editors. @see JSON Schema, draft-07 */
export function policySchema(): Record<string, unknown> {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `${POLICY_FILE} of unplugin-signed-wasm`,
    ...(POLICY_SHAPE as Shape<unknown>).schema,
  }
}
