/** Results for programs. Its schema is `schema/verify-result.json`. */

import type { Diagnostic } from '../errors/diagnostic.js'
import { escapeControls } from '../errors/text.js'
import type { Signer } from '../trust/statement.js'
import { count, type FileResult, type ReportContext } from './result.js'

/** Version of the JSON report, raised when a field changes its meaning. Its schema is `schema/verify-result.json`. */
const JSON_VERSION = 2

export function formatJson(
  results: readonly FileResult[],
  { version, failures = [] }: ReportContext,
): string {
  const report = {
    version: JSON_VERSION,
    tool: { name: 'signed-wasm', version: version() },
    summary: count(results),
    results: results.map(({ file, action, status, signers, digest, problem }) => ({
      file: escapeControls(file),
      action,
      status,
      signers: signers.map(describe),
      ...(digest === undefined ? {} : { digest }),
      ...(problem === undefined ? {} : { error: describeProblem(problem) }),
    })),
    ...(failures.length > 0 && { errors: failures.map(describeProblem) }),
  }
  return JSON.stringify(report, null, 2)
}

const describeProblem = ({ code, what, hint }: Diagnostic) => ({ code, what, hint })

function describe(signer: Signer): Record<string, string> {
  switch (signer.kind) {
    case 'key': {
      const { kind, name, keyId, fingerprint } = signer
      return { kind, name, keyId, fingerprint }
    }
    case 'identity':
      return Object.fromEntries(Object.entries(signer).filter(([, value]) => value !== undefined))
  }
}
