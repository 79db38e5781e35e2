/** One refusal or warning as a line of JSON, for audits and monitoring. */

import type { Diagnostic } from '../errors/diagnostic.js'
import type { Signer } from '../trust/statement.js'

/** What a line is about. */
export interface Incident {
  action: 'warn' | 'refuse'
  problem: Diagnostic
  /** The trusted keys that signed it, or parts of it. */
  signers?: readonly Signer[] | undefined
  /** SHA-256 of every byte, as hexadecimal, where there were bytes. */
  digest?: string | undefined
  /** SHA-256 of what the signatures cover, where that is known. */
  content?: string | undefined
}

/** @param time as ISO 8601 has it */
export function formatLogLine(
  { action, problem, signers = [], digest, content }: Incident,
  time: string,
): string {
  return JSON.stringify({
    time,
    action,
    code: problem.code,
    ...(problem.file !== undefined && { file: problem.file }),
    what: problem.what,
    ...(digest !== undefined && { sha256: digest }),
    ...(content !== undefined && { content }),
    signers: signers.map(describe),
  })
}

function describe(signer: Signer): object {
  const { name } = signer
  return signer.kind === 'key'
    ? { name, fingerprint: signer.fingerprint }
    : { name, issuer: signer.issuer, identity: signer.identity }
}
