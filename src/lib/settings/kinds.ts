/** The typed value, or what is wrong with it; the problem follows the setting's name: "is not a whole number". */
export type Checked<T> = { readonly value: T } | { readonly problem: string }

/** Which values a setting may have. */
export interface Kind<T> {
  /** Checks a typed value, as files and code give it. */
  readonly check: (value: unknown) => Checked<T>
  /** Reads the text of an environment variable. What it cannot read it leaves as text, for `check` to refuse. */
  readonly read: (text: string) => unknown
  /** What would be right, after "Give": "true or false". */
  readonly right: string
  /** Where there are only a few right texts: those, to find the one that was meant. */
  readonly choices?: readonly string[]
  /** What an empty text, or `null` in a file or in code, stands for. Without it, they are wrong. */
  readonly empty?: { readonly value: T }
  /**
   * What people may see of a value: all of it, or of a URL its scheme, hosts, ports and database, or of a path what is
   * beneath the working directory. Without it, nothing: what nobody has declared harmless may be a secret.
   */
  readonly shown?: 'value' | 'address' | 'path'
}

/** What a kind answers for a wrong value. */
export const problem = (problem: string): { readonly problem: string } => ({ problem })
/** For kinds whose values are texts. */
export const asItIs = (text: string): unknown => text

/** `true` or `false`; in the environment also `1` and `0`. */
export const flag: Kind<boolean> = {
  check: (value) => (typeof value === 'boolean' ? { value } : problem('is neither true nor false')),
  read(text) {
    if (/^(true|1)$/i.test(text)) return true
    return /^(false|0)$/i.test(text) ? false : text
  },
  right: 'true or false',
  shown: 'value',
}

interface Range {
  readonly min: number
  readonly max: number
  /** What is counted, and the range: "whole seconds from 1 to 60". */
  readonly right: string
}

export function wholeNumber({ min, max, right }: Range): Kind<number> {
  return {
    check(value) {
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) return problem('is not a whole number')
      if (value < min) return problem(`is less than ${min}`)
      return value > max ? problem(`is more than ${max}`) : { value }
    },
    // Decimal digits only: `0x1e`, `3e1`, ` 30` and `030` mean different numbers to different readers.
    read: (text) => (/^-?(0|[1-9]\d*)$/.test(text) ? Number(text) : text),
    right,
    shown: 'value',
  }
}

/** A share of a whole: from 0 to less than 1. */
export const share: Kind<number> = {
  check(value) {
    if (typeof value !== 'number' || Number.isNaN(value)) return problem('is not a number')
    if (value < 0) return problem('is less than 0')
    return value < 1 ? { value } : problem('is not less than 1')
  },
  read: (text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : text),
  right: 'a share from 0 to less than 1, such as 0.2',
  shown: 'value',
}

/** One of these words. */
export function choice<const T extends string>(choices: readonly T[]): Kind<T> {
  return {
    check(value) {
      const found = choices.find((one) => one === value)
      return found === undefined ? problem('is none of the choices') : { value: found }
    },
    read: asItIs,
    right: either(choices),
    choices,
    shown: 'value',
  }
}

/** As `choice`, written in capitals or not. */
export function choiceInAnyCase<const T extends string>(choices: readonly T[]): Kind<T> {
  const exact = choice(choices)
  const meant = (value: unknown): unknown =>
    choices.find((one) => typeof value === 'string' && one.toLowerCase() === value.toLowerCase())
  return { ...exact, check: (value) => exact.check(meant(value)) }
}

interface Text {
  readonly right: string
  readonly pattern?: RegExp
  /** What is wrong with a text that does not match. */
  readonly problem?: string
  readonly shown?: Exclude<Kind<string>['shown'], undefined>
}

/** Text that matches the pattern. It is not shown to anybody unless `shown` says so. */
export function text({
  right,
  pattern = /^[^\0]+$/,
  problem: mismatch = 'is not usable',
  shown,
}: Text): Kind<string> {
  return {
    check(value) {
      if (typeof value !== 'string') return problem('is not text')
      return pattern.test(value) ? { value } : problem(mismatch)
    },
    read: asItIs,
    right,
    ...(shown && { shown }),
  }
}

/** Several texts; in the environment with commas between them. */
export const texts: Kind<readonly string[]> = {
  check(value) {
    if (!Array.isArray(value)) return problem('is not a list of texts')
    if (!value.every((item) => typeof item === 'string')) return problem('holds something that is not text')
    return value.includes('') ? problem('holds an empty text') : { value: Object.freeze([...value]) }
  },
  read: (list) => list.split(',').map((item) => item.trim()),
  right: 'a list of texts; in the environment, with commas between them',
  empty: { value: Object.freeze([]) },
}

/** The same values, or none: `undefined`. */
export function optional<T>(kind: Kind<T>): Kind<T | undefined> {
  const none = { value: undefined }
  return { ...kind, check: (value) => (value === undefined ? none : kind.check(value)), empty: none }
}

/** The kinds for an application's own settings. */
export const kinds = {
  /** True or false. */
  flag,
  /** A whole number within a range. */
  wholeNumber,
  /** A number from 0 to less than 1. */
  share,
  /** One of some texts. */
  choice,
  /** A text of a certain form. */
  text,
  /** A list of texts; in the environment with commas between them. */
  texts,
  /** A value of another kind, or none. */
  optional,
}

/** "a, b or c". */
export function either(choices: readonly string[]): string {
  return choices.join(', ').replace(/, ([^,]*)$/, ' or $1')
}
