import { styleText } from 'node:util'

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

/** Colours where they are seen: on a terminal that has them, unless `NO_COLOR` is set. */
export const paint: Paint = (style, text) =>
  process.stdout.isTTY && process.stdout.hasColors() ? styleText(style, text) : text
