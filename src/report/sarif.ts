/** Results as SARIF. @see SARIF 2.1.0, OASIS standard; GitHub, "SARIF support for code scanning" */

import type { Diagnostic } from '../errors/diagnostic.js'
import { escapeControls } from '../errors/text.js'
import { encodeUtf8, toHex } from '../format/encoding.js'
import { sha256 } from '../trust/crypto/rule.js'
import type { FileResult, ReportContext } from './result.js'
import { ruleOf, titleOf } from './rules.js'

const HOME = 'https://www.npmjs.com/package/unplugin-signed-wasm'

export function formatSarif(
  results: readonly FileResult[],
  { version, failures = [], pathOf = (file) => file }: ReportContext,
): string {
  const found = results.flatMap((result) =>
    result.problem === undefined
      ? []
      : [{ ...result, problem: result.problem.at(pathOf(result.file)), uri: toUri(pathOf(result.file)) }],
  )
  const codes = [...new Set([...failures, ...found.map(({ problem }) => problem)].map(({ code }) => code))]
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'signed-wasm',
            semanticVersion: version(),
            informationUri: HOME,
            rules: codes.map(describeRule),
          },
        },
        invocations: [
          {
            executionSuccessful: failures.length === 0,
            ...(failures.length > 0 && { toolExecutionNotifications: failures.map(notify) }),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: found.map(({ action, problem, uri }) => ({
          ruleId: problem.code,
          ruleIndex: codes.indexOf(problem.code),
          level: action === 'warn' ? 'warning' : 'error',
          message: { text: tell(problem) },
          locations: [locate(problem.place, uri, pathOf)],
          partialFingerprints: { primaryLocationLineHash: fingerprint(problem, uri) },
        })),
      },
    ],
  }
  return JSON.stringify(log, null, 2)
}

/** The whole file: a binary has no lines, and readers ask for one. */
const REGION = { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 } as const

/** The line of a policy or lock that somebody has to look at, or the file. */
function locate(place: Diagnostic['place'], file: string, pathOf: (file: string) => string) {
  const uri = place === undefined ? file : toUri(pathOf(place.file))
  const region =
    place === undefined
      ? REGION
      : {
          ...REGION,
          startLine: place.line,
          startColumn: place.column,
          endLine: place.line,
          endColumn: place.column + 1,
        }
  return { physicalLocation: { artifactLocation: { uri, uriBaseId: '%SRCROOT%' }, region } }
}

function describeRule(id: Diagnostic['code']) {
  const { means, help } = ruleOf(id)
  return {
    id,
    name: titleOf(id).replace(/ (.)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: titleOf(id) },
    fullDescription: { text: means },
    help: { text: help },
    helpUri: `${HOME}#troubleshooting`,
    defaultConfiguration: { level: 'error' },
    properties: { tags: ['security', 'supply-chain', 'webassembly'] },
  }
}

function notify(failure: Diagnostic) {
  return { level: 'error', descriptor: { id: failure.code }, message: { text: tell(failure) } }
}

const tell = ({ what, hint }: Diagnostic) => `${what}\nhint: ${hint}`

/** Stays the same while a file has the same problem, whatever its content. */
function fingerprint({ code }: Diagnostic, uri: string): string {
  return `${toHex(sha256(encodeUtf8(`${code} ${uri}`))).slice(0, 16)}:1`
}

function toUri(file: string): string {
  const path = escapeControls(file).replaceAll('\\', '/')
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return /^[a-z]:/i.test(path) ? `file:///${encoded.replace('%3A', ':')}` : encoded
}
