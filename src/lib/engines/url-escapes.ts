/**
 * The character that has to be escaped in the user or the password of a server's URL; `undefined` if there is none. The
 * characters / ? and # end that part of a URL, so a password that holds one either makes a URL that cannot be parsed, or
 * moves the rest to where no @ belongs.
 */
export function characterToEscape(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || /@/.test(url.pathname + url.hash) || /^\?[^=]*@/.test(url.search)) {
    const [, character] = /^[a-z+]+:\/\/[^/?#]*([/?#]).*@/s.exec(text) ?? []
    if (character !== undefined) return character
  }
  const [, access = ''] = /^[a-z+]+:\/\/([^/?#]*)@/.exec(text) ?? []
  return canBeDecoded(access) ? undefined : '%'
}

/** The same for a list of servers with commas between them, in which a comma has to be escaped too. */
export function characterToEscapeInList(text: string): string | undefined {
  for (const server of text.split(/,(?=\s*[a-z+]+:\/\/)/)) {
    const trimmed = server.trim()
    if (/^[a-z+]+:\/\/[^@/?#,]*,[^/?#]*@/.test(trimmed)) return ','
    const character = characterToEscape(trimmed)
    if (character !== undefined) return character
  }
  return undefined
}

/** What to do about it, after "… cannot be parsed: ". */
export function escapeRemedy(character: string): string {
  return `in its user or password write ${character} as ${encodeURIComponent(character)}`
}

function canBeDecoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
