/** Results as JUnit XML. */

import type { Diagnostic } from '../errors/diagnostic.js'
import { escapeControls } from '../errors/text.js'
import { count, type FileResult, type ReportContext } from './result.js'

export function formatJunit(results: readonly FileResult[], { failures = [] }: ReportContext): string {
  const { refused } = count(results)
  const seconds = results.reduce((sum, result) => sum + (result.seconds ?? 0), 0)
  const tests = results.length + failures.length
  const totals = `tests="${tests}" failures="${refused}" errors="${failures.length}" time="${toTime(seconds)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `  <testsuite name="signed-wasm" ${totals} skipped="0">`,
    ...failures.map((failure) => formatCase('the run', 0, describe('error', failure))),
    ...results.map(formatResult),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')
}

function formatResult({ file, action, problem, seconds = 0 }: FileResult): string {
  if (problem === undefined) return formatCase(file, seconds, undefined)
  const isRefused = action === 'refuse'
  const warning = `<system-err>${toXml(problem.message)}</system-err>`
  return formatCase(file, seconds, isRefused ? describe('failure', problem) : warning)
}

function formatCase(name: string, seconds: number, inner: string | undefined): string {
  const open = `    <testcase classname="signed-wasm" name="${toXml(escapeControls(name))}" time="${toTime(seconds)}"`
  return inner === undefined ? `${open}/>` : `${open}>${inner}</testcase>`
}

function describe(element: 'failure' | 'error', { code, what, message }: Diagnostic): string {
  return `<${element} type="${code}" message="${toXml(what)}">${toXml(message)}</${element}>`
}

/** Seconds. */
const toTime = (seconds: number) => (seconds === 0 ? '0' : seconds.toFixed(3))

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
