import { z } from 'zod'

/** What values a setting may have, and how they are told. */
export interface Kind<T> {
  /** Judges the typed value. Its messages follow the setting's name: "is not a whole number". */
  readonly schema: z.ZodType<T>
  /** What the text of an environment variable stands for. What it cannot read it leaves as text, for `schema` to refuse. */
  readonly read: (text: string) => unknown
  /** What would be right, after "Give": "true or false". */
  readonly right: string
  /** Where there are only a few right texts, to find the one that was meant. */
  readonly choices?: readonly string[]
}

const asItIs = (text: string): unknown => text

export const flag: Kind<boolean> = {
  schema: z.boolean({ error: 'is neither true nor false' }),
  read(text) {
    if (/^(true|1)$/i.test(text)) return true
    return /^(false|0)$/i.test(text) ? false : text
  },
  right: 'true or false',
}

interface Range {
  readonly min: number
  readonly max: number
  /** What is counted and how far: "whole seconds from 1 to 60". */
  readonly right: string
}

export function wholeNumber({ min, max, right }: Range): Kind<number> {
  return {
    schema: z
      .int({ error: 'is not a whole number' })
      .min(min, { error: `is less than ${min}` })
      .max(max, { error: `is more than ${max}` }),
    // Decimal digits alone: `0x1e`, `3e1`, ` 30` and `030` mean different numbers to different readers.
    read: (text) => (/^-?(0|[1-9]\d*)$/.test(text) ? Number(text) : text),
    right,
  }
}

/** A share of a whole: from 0 to less than 1. */
export const share: Kind<number> = {
  schema: z
    .number({ error: 'is not a number' })
    .min(0, { error: 'is less than 0' })
    .lt(1, { error: 'is not less than 1' }),
  read: (text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : text),
  right: 'a share from 0 to less than 1, such as 0.2',
}

export function choice<const T extends string>(choices: readonly T[]): Kind<T> {
  return {
    schema: z.enum(choices, { error: 'is none of the choices' }),
    read: asItIs,
    right: either(choices),
    choices,
  }
}

/** Text of which `schema`, or else `pattern`, has to approve. */
export function text(options: { right: string; pattern?: RegExp; problem?: string }): Kind<string> {
  const { right, pattern = /^[^\0]+$/, problem = 'is not usable' } = options
  return {
    schema: z.string({ error: 'is not text' }).regex(pattern, { error: problem }),
    read: asItIs,
    right,
  }
}

/** Several texts; in the environment with commas between them. */
export const texts: Kind<readonly string[]> = {
  schema: z.array(
    z.string({ error: 'holds something that is not text' }).min(1, { error: 'holds an empty text' }),
    {
      error: 'is not a list of texts',
    },
  ),
  read: (list) => list.split(',').map((item) => item.trim()),
  right: 'a list of texts; in the environment, with commas between them',
}

/** The same values, or none. */
export function optional<T>(kind: Kind<T>): Kind<T | undefined> {
  return { ...kind, schema: kind.schema.optional() }
}

/** "a, b or c". */
export function either(choices: readonly string[]): string {
  return choices.join(', ').replace(/, ([^,]*)$/, ' or $1')
}
