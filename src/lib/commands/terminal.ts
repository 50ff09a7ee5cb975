import { styleText } from 'node:util'

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

/** Colours, if the stream is a terminal that has them, and `NO_COLOR` is not set. */
export const paintOn = (stream: NodeJS.WriteStream): Paint => {
  const colours = stream.isTTY && stream.hasColors()
  return (style, text) => (colours ? styleText(style, text) : text)
}

export const paint = paintOn(process.stdout)

/** One line that changes, on a terminal; without a text it is gone. */
export function tell(text = ''): void {
  if (process.stdout.isTTY) process.stdout.write(text === '' ? '\r\x1b[K' : `\r\x1b[K  ${text}`)
}

/**
 * Characters that move a terminal's cursor, change what it shows, or turn the direction of writing. A visitor chooses what
 * a device is called.
 */
const CONTROLS = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** Somebody else's text, on one line and harmless on a terminal. */
export function harmless(text: string): string {
  return text.replace(CONTROLS, '\uFFFD')
}

/** One value for a program, on one line; it too may be printed on a terminal. */
export function json(value: unknown): string {
  const escaped = (character: string): string =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join('')
  return `${JSON.stringify(value).replace(CONTROLS, escaped)}\n`
}

/** Rows below each other, with columns as wide as their longest text. The last one is not padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((text, at) => Math.max(most[at] ?? 0, text.length)),
    [],
  )
  return rows.map((row) => `  ${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join('   ')}`.trimEnd())
}
