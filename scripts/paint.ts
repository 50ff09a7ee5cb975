import { styleText } from 'node:util'

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

/** Colours, if the stream is a terminal that has them, and `NO_COLOR` is not set. */
export const paintOn = (stream: NodeJS.WriteStream): Paint => {
  const colours = stream.isTTY && stream.hasColors()
  return (style, text) => (colours ? styleText(style, text) : text)
}

export const paint = paintOn(process.stdout)
