/** `signed-wasm matrix`: which of several keys signed which parts of a file. */

import { judge } from '../../policy/judge.js'
import { createPolicy } from '../../policy/policy.js'
import { describeSigner } from '../../trust/statement.js'
import type { Part, Verdict } from '../../trust/verdict.js'
import { defineCommand } from '../define-command.js'
import { EXIT } from '../exit.js'
import { DETACHED, INPUT, inputFile, readSubject, SIGNATURE_FILE, SPLIT } from '../input.js'
import { TRUSTED_KEYS, trustedKeys } from '../key-options.js'

/** `signed-wasm matrix`; exit code 0 when at least one key signed the whole file, or all that was asked for. */
export const matrix = defineCommand({
  usage: '<file> --key <name>.pub [--key ...]',
  options: { ...INPUT, ...TRUSTED_KEYS, ...SPLIT, ...SIGNATURE_FILE, ...DETACHED },
  examples: ['npx unplugin-signed-wasm matrix hello.wasm --key keys'],
  run(invocation) {
    const { io } = invocation
    const { keys } = trustedKeys(invocation)
    const file = inputFile(invocation)
    const subject = readSubject(file, invocation)
    const judgements = keys.map((key) => ({ key, ...judge(subject, createPolicy({ signers: [key] })) }))
    io.out(file)
    for (const { key, verdict } of judgements)
      io.out(`  ${describeCoverage(verdict).padEnd(18)} ${describeSigner(key)}`)
    return judgements.some(({ action }) => action === 'accept') ? EXIT.ok : EXIT.refused
  },
})

function describeCoverage(verdict: Verdict): string {
  if (verdict.status === 'verified') return 'whole file'
  return verdict.status === 'partial' ? `parts ${describeParts(verdict.parts)}` : 'nothing'
}

function describeParts(parts: readonly Part[]): string {
  const signed = parts.flatMap((part, index) => (part.signed ? [index + 1] : []))
  return `${signed.join(', ')} of ${parts.length}`
}
