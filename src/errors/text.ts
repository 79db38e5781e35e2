/** Escaping: what stands in names that come out of files, or from people, must not act on a terminal. */

/** Escapes everything outside printable ASCII and caps the length: for names that come out of a file. */
export function printable(text: string, maxLength = 120): string {
  // Cut before and after: a name may be as long as a file, and escapes make it longer.
  const escaped = withoutMarkers(text.slice(0, maxLength + 1).replace(/[^\x20-\x7e]/gu, escapeCharacter))
  return escaped.length > maxLength ? `${escaped.slice(0, maxLength)}...` : escaped
}

/**
 * Escapes control, format (bidi, zero width) and unpaired surrogate characters and those that are none, keeping letters of
 * every script: for paths and names that people chose. What CI systems take for a command wherever it stands in a line of
 * their log is escaped as well.
 * @see Unicode, "Noncharacters"; XML 1.0, production 2; GitHub's runner, `##[`, and Azure Pipelines, `##vso[`
 */
export function escapeControls(text: string): string {
  return withoutMarkers(
    text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu, escapeCharacter),
  )
}

const withoutMarkers = (text: string) => text.replace(/##(?=[a-z]*\[)/gi, '#\\u{23}')

/** A line that begins with no command of GitHub Actions. @see GitHub, "Workflow commands" */
export function withoutLogCommands(line: string): string {
  return line.replace(/^(\s*):(?=:)/, '$1\\u{3a}')
}

/** A text as one word of a shell, which names a file and no option. @see POSIX.1-2024, Shell Command Language, 2.2.2 */
export function shellWord(text: string): string {
  const path = text.startsWith('-') ? `./${text}` : text
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}

/** The first of the items, and in words how many more there are: for lists that come out of a file. */
export function firstOf(items: readonly string[], max: number): string[] {
  return items.length <= max ? [...items] : [...items.slice(0, max), `and ${items.length - max} more`]
}

/** Names of interfaces with those of one package as one: `wasi:filesystem/{preopens,types}@0.2`. */
export function groupNames(names: readonly string[]): string[] {
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const [, owner, member, version = ''] = /^([^\s/@]+:[^\s/@]+)\/([^\s/@]+)(@\S+)?$/.exec(name) ?? []
    const key = owner === undefined ? name : `${owner}/\0${version}`
    groups.set(key, [...(groups.get(key) ?? []), member ?? name])
  }
  return [...groups].map(([key, members]) => {
    const [start, version] = key.split('\0') as [string, string | undefined]
    if (version === undefined) return start
    return `${start}${members.length === 1 ? members[0] : `{${members.join(',')}}`}${version}`
  })
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}
