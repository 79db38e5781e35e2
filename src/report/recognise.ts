/** Tells reports of ours from other files. */

/** Whether a text is a report that was written here, in any format, and may be written anew. An empty file is nobody's. */
export function isOwnReport(text: string): boolean {
  if (text.trim() === '') return true
  if (text.startsWith('<?xml')) return /<testsuite name="signed-wasm"/.test(text)
  if (text.startsWith('{')) return isOwnJson(text)
  return /^\d+ files?: \d+ accepted, \d+ warned about, \d+ refused$/m.test(text)
}

function isOwnJson(text: string): boolean {
  try {
    const { tool, runs } = JSON.parse(text) as {
      tool?: { name?: unknown }
      runs?: { tool?: { driver?: { name?: unknown } } }[]
    }
    return tool?.name === 'signed-wasm' || runs?.[0]?.tool?.driver?.name === 'signed-wasm'
  } catch {
    return false
  }
}
