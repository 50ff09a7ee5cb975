import type { Context } from 'koa'
import onHeaders from 'on-headers'
import { forbidSharedCaches, varyOn } from './response.js'
import type { IdCarrier, IdLines } from './session-cookie.js'

/** Headers that mean something else already, or that a page of another site can set. */
const TAKEN =
  /^(accept.*|authorization|cache-control|connection|content-.*|cookie2?|date|expect|forwarded|from|host|origin|proxy-.*|range|referer|sec-.*|set-cookie2?|te|trailer|transfer-encoding|upgrade.*|user-agent|vary|via|x-csrftoken|x-forwarded-.*)$/

/**
 * The header's name in small letters.
 *
 * @throws TypeError if it cannot carry an id.
 */
export function checkIdFrom(name: unknown): string | undefined {
  if (name === undefined) return undefined
  if (typeof name !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(name))
    throw new TypeError(
      `the option idFrom is the name of a header, such as 'X-Session-Id', not ${JSON.stringify(name)}`,
    )
  if (TAKEN.test(name.toLowerCase()))
    throw new TypeError(
      `the option idFrom cannot be '${name}', which means something else already: choose a name such as 'X-Session-Id'`,
    )
  return name.toLowerCase()
}

/** The id as a header of request and response, for clients that keep no cookies. */
export class SessionHeader implements IdCarrier {
  readonly #name: string

  /** `name`: in small letters. */
  constructor(name: string) {
    this.#name = name
  }

  /** Whether a request has the header, be it empty: then its cookies lead to no session. */
  isIn(headers: Context['req']['headers']): boolean {
    return headers[this.#name] !== undefined
  }

  sentIds(headers: Context['req']['headers']): readonly string[] {
    const value = headers[this.#name]
    return typeof value === 'string' && value !== '' ? [value] : []
  }

  given(ctx: Context): string | undefined {
    const value = ctx.res.getHeader(this.#name)
    return typeof value === 'string' ? value : undefined
  }

  linesFor(): IdLines {
    // Where the session has ended, the header is empty.
    return { set: (id) => id, remove: () => '' }
  }

  send(ctx: Context, value: string): void {
    const { res } = ctx
    if (res.headersSent) return
    res.setHeader(this.#name, value)
    forbidSharedCaches(res)
  }

  withdraw(ctx: Context): void {
    ctx.remove(this.#name)
  }

  /** Koa's error handler removes every header, and this one must not get lost. */
  keep(ctx: Context, value: string | undefined): void {
    const { res } = ctx
    if (res.headersSent) return
    const values = kept.get(ctx) ?? new Map<string, string | undefined>()
    kept.set(ctx, values)
    if (!values.has(this.#name))
      onHeaders(res, () => {
        const last = values.get(this.#name)
        if (last !== undefined) this.send(ctx, last)
        this.vary(ctx)
      })
    values.set(this.#name, value)
  }

  vary(ctx: Context): void {
    varyOn(ctx, 'Cookie')
    varyOn(ctx, this.#name)
  }

  clear(ctx: Context): void {
    this.withdraw(ctx)
  }
}

/** By context and by name, what a header has to be when the headers go out: two sessions can each have one of their own. */
const kept = new WeakMap<Context, Map<string, string | undefined>>()
