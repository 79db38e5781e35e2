/** Tells reports of ours from other files. */

/**
 * Whether a text is a report that was written here, in any format, and may be written anew. One that was joined with others', or
 * is quoted in a text, is not; an empty file is nobody's.
 */
export function isOwnReport(text: string): boolean {
  if (text.trim() === '') return true
  if (text.startsWith('<?xml'))
    return text.split('<testsuite ').length === 2 && text.includes('<testsuite name="signed-wasm"')
  if (text.startsWith('{')) return isOwnJson(text)
  return /(?:^|\n)\d+ files?: \d+ accepted, \d+ warned about, \d+ refused\n?$/.test(text)
}

function isOwnJson(text: string): boolean {
  try {
    const { tool, runs } = JSON.parse(text) as {
      tool?: { name?: unknown }
      runs?: { tool?: { driver?: { name?: unknown } } }[]
    }
    return (
      tool?.name === 'signed-wasm' || (runs?.length === 1 && runs[0]?.tool?.driver?.name === 'signed-wasm')
    )
  } catch {
    return false // no JSON, and so no report
  }
}
