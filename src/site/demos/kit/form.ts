import type { Context } from 'koa'
import { z } from 'zod'

/** A form as it was sent: the checked values, or what was typed with what is wrong about it. */
export type Form<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly typed: Typed; readonly problems: Problems }

/** What was typed, by field. The form shows it again, so that nobody has to type it twice. */
export type Typed = Readonly<Record<string, string>>

/** What is wrong, by field, in one sentence each. */
export type Problems = Readonly<Record<string, string>>

/** Reads the form in the request's body. Fields that the schema does not name are left out. */
export function readForm<Shape extends z.ZodRawShape>(
  ctx: Context,
  schema: z.ZodObject<Shape>,
): Form<z.output<z.ZodObject<Shape>>> {
  const typed = typedIn(ctx, Object.keys(schema.shape))
  const result = schema.safeParse(typed)
  if (result.success) return { ok: true, value: result.data }
  const problems: Record<string, string> = {}
  for (const { path, message } of result.error.issues) problems[String(path[0])] ??= message
  return { ok: false, typed, problems }
}

/** What was typed, before it is checked. A body may hold a list or an object under a name: only text counts as typed. */
export function typedIn(ctx: Context, fields: readonly string[]): Typed {
  const { body } = ctx.request as { body?: unknown }
  const sent = new Map(Object.entries(typeof body === 'object' && body !== null ? body : {}))
  return Object.fromEntries(
    fields.map((field) => {
      const value = sent.get(field)
      return [field, typeof value === 'string' ? value : '']
    }),
  )
}

/** The longest text that a demo takes, in characters as people count them. */
const LONGEST_LINE = 40

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** One line of text. `what` begins the messages about it: "A name". */
export function line(what: string, longest = LONGEST_LINE) {
  return z
    .string()
    .trim()
    .min(1, `${what} is missing.`)
    .refine((text) => text.length <= longest * 12 && [...characters.segment(text)].length <= longest, {
      error: `${what} has at most ${longest} characters.`,
    })
    .refine((text) => !/\p{Cc}/u.test(text), { error: `${what} is one line of text.` })
}

/** The bytes of a text that is stored, as JSON writes it: a few dozen such texts fit one cookie of `signed_cookies`. */
const MOST_BYTES = 80

/** One line of text that is stored. Its bytes are counted too, because forty emoji can be a kilobyte. */
export function storedLine(what: string) {
  return line(what)
    .refine((text) => Buffer.byteLength(JSON.stringify(text)) - 2 <= MOST_BYTES, {
      error: `${what} has at most ${MOST_BYTES} bytes: an emoji takes four or more of them.`,
    })
    .refine((text) => !/\p{Cs}/u.test(text), { error: `${what} is text: half a character is not.` })
}

/** A whole number, written in digits. */
export function whole(what: string, min: number, max: number) {
  return z
    .string()
    .trim()
    .min(1, `${what} is missing.`)
    .regex(/^-?\d{1,15}$/, `${what} is a whole number, such as ${Math.max(min, 1)}.`)
    .transform(Number)
    .refine((number) => number >= min && number <= max, { error: `${what} is from ${min} to ${max}.` })
}

/** The largest count that a demo takes from a visitor. */
export const LARGEST_COUNT = 1_000_000_000

/** The count in a text that a visitor may have written; 0 for anything but a whole number up to the largest. */
export function countIn(text: string | undefined): number {
  const count = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : 0
  return count <= LARGEST_COUNT ? count : 0
}

const LONGEST_PASSWORD = 200

/** A password in a form. There are no accounts here, so it is neither compared nor stored. */
export const password = z
  .string()
  .min(1, 'A password is missing.')
  .max(LONGEST_PASSWORD, `A password has at most ${LONGEST_PASSWORD} characters.`)
