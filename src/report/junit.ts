/** Results as JUnit XML. */

import { escapeControls } from '../errors/text.js'
import { count, type FileResult } from './result.js'

export function formatJunit(results: readonly FileResult[]): string {
  const { refused } = count(results)
  const totals = `tests="${results.length}" failures="${refused}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `  <testsuite name="signed-wasm" ${totals} errors="0" skipped="0">`,
    ...results.map(formatTestCase),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')
}

function formatTestCase({ file, action, problem }: FileResult): string {
  const open = `    <testcase classname="signed-wasm" name="${toXml(file)}"`
  if (problem === undefined) return `${open}/>`
  const body = toXml(problem.message)
  const inner =
    action === 'refuse'
      ? `<failure type="${problem.code}" message="${toXml(problem.what)}">${body}</failure>`
      : `<system-err>${body}</system-err>`
  return `${open}>${inner}</testcase>`
}

const XML_ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

// Escaping controls first also removes the characters that XML 1.0 cannot hold.
function toXml(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => escapeControls(line).replace(/[&<>"']/g, (character) => XML_ESCAPES[character]!))
  return lines.join('\n')
}
