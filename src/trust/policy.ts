/** From a verdict to a decision: one table of mode and status. */

import { type Diagnostic, problem } from '../errors.js'
import type { TrustedKey } from './keys.js'
import { describeSigner, type Verdict } from './verify.js'

/** How strict a build is. `off` opens no key and verifies nothing. */
export type Mode = 'strict' | 'lenient' | 'off'

/** What happens to a file. `problem` says why, on `warn` and `refuse`. */
export type Decision = { action: 'accept' } | { action: 'warn' | 'refuse'; problem: Diagnostic }

const ACTIONS: Record<Exclude<Mode, 'off'>, Record<Verdict['status'], Decision['action']>> = {
  strict: {
    verified: 'accept',
    partial: 'refuse',
    unsigned: 'refuse',
    untrusted: 'refuse',
    modified: 'refuse',
    invalid: 'refuse',
    denied: 'refuse',
    malformed: 'refuse',
  },
  lenient: {
    verified: 'accept',
    partial: 'warn',
    unsigned: 'warn',
    untrusted: 'warn',
    modified: 'warn',
    invalid: 'warn',
    denied: 'refuse',
    malformed: 'refuse',
  },
}

/**
 * Decides what a verdict means. Where a partial check was asked for, one that suffices is accepted.
 * @param file display path, for the message
 * @param keys the keys that were trusted, so that the message can name them
 */
export function decide(
  verdict: Verdict,
  { mode, file, keys }: { mode: Exclude<Mode, 'off'>; file: string; keys: readonly TrustedKey[] },
): Decision {
  const action = verdict.status === 'partial' && verdict.sufficient ? 'accept' : ACTIONS[mode][verdict.status]
  if (action === 'accept') return { action }
  return { action, problem: explain(verdict, file, keys)! }
}

/** The Diagnostic that a verdict amounts to; `undefined` when it is `verified`. */
export function explain(verdict: Verdict, file: string, keys: readonly TrustedKey[]): Diagnostic | undefined {
  switch (verdict.status) {
    case 'verified':
      return undefined
    case 'unsigned':
      return problem('COMPONENT_UNSIGNED', { file })
    case 'untrusted': {
      const { keyIds, unknownAlgorithms } = verdict
      return problem('SIGNER_UNTRUSTED', {
        file,
        keyIds,
        unknownAlgorithms,
        trusted: some(keys.map(describeKey)),
      })
    }
    case 'modified':
      return problem('CONTENT_MODIFIED', { file, signers: verdict.signers.map(describeSigner) })
    case 'partial': {
      const unsigned = verdict.parts.filter(({ signed }) => !signed)
      const unsignedBytes = unsigned.reduce((sum, { start, end }) => sum + end - start, 0)
      return problem('SIGNATURE_PARTIAL', {
        file,
        signers: verdict.signers.map(describeSigner),
        unsignedBytes,
      })
    }
    case 'invalid':
    case 'malformed':
    case 'denied':
      return verdict.problem.at(file)
  }
}

/** A key in words: what a person compares with a signature's key id or with another record of the key. */
export function describeKey({ name, keyId, fingerprint }: TrustedKey): string {
  return `${name} (fingerprint ${fingerprint.slice(0, 16)}, key id ${keyId})`
}

function some(items: readonly string[]): string[] {
  return items.length <= 5 ? [...items] : [...items.slice(0, 5), `and ${items.length - 5} more`]
}
