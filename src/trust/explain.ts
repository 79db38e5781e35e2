/** From a verdict to the error that it amounts to, and keys in words. */

import type { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import { describeSigner, type Signer } from './statement.js'
import type { Verdict } from './verdict.js'

/** The Diagnostic that a verdict amounts to; `undefined` when it is `verified`. */
export function explain(verdict: Verdict, file: string, trusted: readonly Signer[]): Diagnostic | undefined {
  switch (verdict.status) {
    case 'verified':
      return undefined
    case 'unsigned':
      return problem('COMPONENT_UNSIGNED', {
        file,
        layer: verdict.layer,
        isByIdentity: trusted.length > 0 && trusted.every(({ kind }) => kind === 'identity'),
      })
    case 'untrusted': {
      const { keyIds, unknownAlgorithms } = verdict
      return problem('SIGNER_UNTRUSTED', {
        file,
        keyIds,
        unknownAlgorithms,
        trusted: trusted.map(describeSigner),
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
    case 'unchecked':
      return problem('VERIFICATION_OFF', {})
  }
}
