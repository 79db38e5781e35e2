/** Results as SARIF. @see SARIF 2.1.0, OASIS standard */

import { escapeControls } from '../errors/text.js'
import type { FileResult, ReportContext } from './result.js'

/** @see SARIF 2.1.0, OASIS standard */
export function formatSarif(results: readonly FileResult[], { version }: ReportContext): string {
  const found = results.filter((result) => result.problem !== undefined)
  const rules = new Map(found.map(({ problem }) => [problem!.code, problem!]))
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'signed-wasm',
            semanticVersion: version(),
            rules: [...rules].map(([id, { hint }]) => ({ id, help: { text: hint } })),
          },
        },
        results: found.map(({ file, action, problem }) => ({
          ruleId: problem!.code,
          level: action === 'warn' ? 'warning' : 'error',
          message: { text: `${problem!.what}\nhint: ${problem!.hint}` },
          locations: [{ physicalLocation: { artifactLocation: { uri: toUri(file) } } }],
        })),
      },
    ],
  }
  return JSON.stringify(log, null, 2)
}

function toUri(file: string): string {
  const path = escapeControls(file).replaceAll('\\', '/')
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return /^[a-z]:/i.test(path) ? `file:///${encoded.replace('%3A', ':')}` : encoded
}
