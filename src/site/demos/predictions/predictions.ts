import { parseCookie, stringifySetCookie } from 'cookie'
import type { Context } from 'koa'
import { OWN_PREFIX } from '../../inspector/cookies.js'
import { type Answer, type Question, questions, type Shown } from './questions.js'

/** The field of a form, and of an address, that holds a question's name and an answer's value: `log-in.changes`. */
const FIELD = 'prediction'
/** The inspector leaves it out, since it is no part of any demo. */
const COOKIE = `${OWN_PREFIX}prediction`
/** For how long a prediction waits for the page that tells what came of it: seconds. */
const AGE = 60
/** Characters of the question's own field that are kept. */
const LONGEST = 40

interface Said {
  readonly name: string
  readonly question: Question
  readonly answer: Answer
  /** What was typed in the question's field. */
  readonly typed: string
}

/** What the page after a step says about the prediction. */
export interface Predicted {
  /** The question's name: a page does not ask what it has just answered. */
  readonly question: string
  /** What was typed in the question's own field: of two forms with one question, the one that was sent. */
  readonly typed: string
  readonly said: string
  readonly did: string
  readonly isRight: boolean
}

/** Keeps the prediction of a form for the page to which the response redirects. */
export function rememberPrediction(ctx: Context): void {
  const said = inFields(fieldsOf(ctx))
  if (said === undefined || !ctx.response.get('Location')) return
  setCookie(ctx, said, AGE)
}

/** What a page says about the prediction that was sent with its step; undefined without one. */
export function predictionOn(ctx: Context, page: Shown): Predicted | undefined {
  const now = inFields(fieldsOf(ctx)) ?? inFields(new URLSearchParams(ctx.querystring))
  const said = now ?? parseCookie(ctx.req.headers.cookie ?? '')[COOKIE]
  const predicted = said && predictedBy(said, page)
  if (!predicted) return undefined
  // It is told once.
  if (now === undefined) setCookie(ctx, '', 0)
  return predicted
}

interface Fields {
  get(name: string): unknown
}

function fieldsOf(ctx: Context): Fields {
  const { body } = ctx.request as { body?: unknown }
  return new Map(Object.entries(typeof body === 'object' && body !== null ? body : {}))
}

/** `<question>.<answer> <typed>`, as the cookie keeps it; undefined without a prediction. */
function inFields(fields: Fields): string | undefined {
  const said = fields.get(FIELD)
  if (typeof said !== 'string') return undefined
  const { question } = parsed(said) ?? {}
  const typed = question?.field === undefined ? '' : fields.get(question.field)
  return question && `${said} ${typeof typed === 'string' ? typed.slice(0, LONGEST) : ''}`
}

/** Whoever has the browser can have written it: it names a question and an answer of ours, or counts as nothing. */
function parsed(text: string): Said | undefined {
  const [, name = '', value, typed = ''] = /^([\w-]{1,40})\.([\w-]{1,20})(?: (.*))?$/su.exec(text) ?? []
  const question = questions.get(name)
  const answer = question?.answers.find((one) => one.value === value)
  return question && answer && { name, question, answer, typed }
}

function predictedBy(text: string, page: Shown): Predicted | undefined {
  const said = parsed(text)
  if (said === undefined) return undefined
  const { name, question, typed, answer } = said
  const value = question.outcome(page, typed)
  const did = question.answers.find((one) => one.value === value)
  return did && { question: name, typed, said: answer.text, did: did.text, isRight: did === answer }
}

/** An empty one for the whole site is removed: the page that tells is not always the one that was redirected to. */
function setCookie(ctx: Context, value: string, maxAge: number): void {
  const attributes = { path: '/', maxAge, httpOnly: true, secure: ctx.secure, sameSite: 'lax' } as const
  ctx.append('Set-Cookie', stringifySetCookie({ name: COOKIE, value, ...attributes }))
}
