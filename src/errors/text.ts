/** Escaping: what stands in names that come out of files, or from people, must not act on a terminal. */

/** Escapes everything outside printable ASCII and caps the length: for names that come out of a file. */
export function printable(text: string, maxLength = 120): string {
  // Cut before and after: a name may be as long as a file, and escapes make it longer.
  const escaped = text.slice(0, maxLength + 1).replace(/[^\x20-\x7e]/gu, escapeCharacter)
  return escaped.length > maxLength ? `${escaped.slice(0, maxLength)}...` : escaped
}

/**
 * Escapes control, format (bidi, zero width) and unpaired surrogate characters, keeping letters of
 * every script: for paths and names that people chose.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escapeCharacter)
}

/** The first of the items, and in words how many more there are: for lists that come out of a file. */
export function firstOf(items: readonly string[], max: number): string[] {
  return items.length <= max ? [...items] : [...items.slice(0, max), `and ${items.length - max} more`]
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}
