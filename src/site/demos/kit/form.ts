import type { Context } from 'koa'
import { z } from 'zod'

/** A form as it was sent: checked, or what was typed with what is wrong about it. */
export type Form<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly typed: Typed; readonly problems: Problems }

/** What was typed, by field: to be shown again, so that nobody types it twice. */
export type Typed = Readonly<Record<string, string>>

/** What is wrong, by field, in a sentence each. */
export type Problems = Readonly<Record<string, string>>

/** Reads the form that `ctx` brought. Fields that the schema does not name are left out. */
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

/** A body may hold anything under a name: nothing, a list, an object. Only text was typed. */
function typedIn(ctx: Context, fields: readonly string[]): Typed {
  const { body } = ctx.request as { body?: unknown }
  const sent = new Map(Object.entries(typeof body === 'object' && body !== null ? body : {}))
  return Object.fromEntries(
    fields.map((field) => {
      const value = sent.get(field)
      return [field, typeof value === 'string' ? value : '']
    }),
  )
}

/** Longest texts that a demo takes: characters, as people count them. */
const LONGEST = 40

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** One line of text. `what` begins the sentences about it: "A name". */
export function line(what: string, longest = LONGEST) {
  return z
    .string()
    .trim()
    .min(1, `${what} is missing.`)
    .refine((text) => text.length <= longest * 12 && count(text) <= longest, {
      error: `${what} has at most ${longest} characters.`,
    })
    .refine((text) => !/\p{Cc}/u.test(text), { error: `${what} is one line of text.` })
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

function count(text: string): number {
  return [...characters.segment(text)].length
}
