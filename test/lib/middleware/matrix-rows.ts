import { strict as assert } from 'node:assert'
import type { Context } from 'koa'
import type { JsonObject } from '../../../src/lib/codecs/record.js'
import type { EngineCall } from '../../support/intercept.js'
import { COOKIE_AGE } from '../../support/site.js'

/** The browser's cookie. `abc` is shorter than eight characters, `malformed` only not written like an id. */
export type Incoming = 'none' | 'abc' | 'malformed' | 'unknown' | 'expired' | 'superseded' | 'live'

/** `same`: the id that came; `new`: another one, and the old one is dead; `removal`: the browser is to forget it. */
export type Outgoing = 'none' | 'removal' | 'same' | 'new'

/** What is expected of one request. */
export interface Expected {
  readonly status: number
  readonly vary: 'Cookie' | undefined
  readonly cookie: Outgoing
  /** The engine's calls in order, separated by spaces. */
  readonly calls: string
  /** What is stored afterwards under the id that the browser then has. */
  readonly stored?: JsonObject
}

/** A live session begins as `{ a: 1 }`. */
export interface Row {
  readonly view: keyof typeof views
  readonly incoming: Incoming
  readonly expected: Expected
  /** What differs with SAVE_EVERY_REQUEST. */
  readonly whenSavingEvery: Partial<Expected>
}

/** What the views need besides the request: another request's doing. */
export type Elsewhere = () => Promise<unknown>
type View = (ctx: Context, endElsewhere: Elsewhere) => Promise<unknown>

/** What a handler does. */
export const views = {
  nothing: async () => {},
  read: async (ctx) => (await ctx.session).get('a'),
  set: async (ctx) => (await ctx.session).set('b', 2),
  'set an empty object': async (ctx) => (await ctx.session).set('b', {}),
  'pop the last key': async (ctx) => assert.equal((await ctx.session).pop('a'), 1),
  'pop a missing key': async (ctx) => assert.equal((await ctx.session).pop('missing', null), null),
  clear: async (ctx) => (await ctx.session).clear(),
  flush: async (ctx) => (await ctx.session).flush(),
  'flush, then set': async (ctx) => {
    const session = await ctx.session
    session.flush()
    session.set('b', 2)
  },
  cycleKey: async (ctx) => (await ctx.session).cycleKey(),
  'cycleKey and set': async (ctx) => {
    const session = await ctx.session
    session.cycleKey()
    session.set('b', 2)
  },
  'set and setExpiry(0)': async (ctx) => (await ctx.session).set('b', 2).setExpiry(0),
  'set and setExpiry(60)': async (ctx) => (await ctx.session).set('b', 2).setExpiry(60),
  'read, answer 500': async (ctx) => {
    ctx.status = 500
    return (await ctx.session).get('a')
  },
  'set, answer 500': async (ctx) => {
    ctx.status = 500
    return (await ctx.session).set('b', 2)
  },
  'cycleKey, answer 500': async (ctx) => {
    ctx.status = 500
    return (await ctx.session).cycleKey()
  },
  'flush, answer 500': async (ctx) => {
    ctx.status = 500
    return (await ctx.session).flush()
  },
  'read, throw': async (ctx) => {
    ;(await ctx.session).get('a')
    throw new Error('thrown by the view')
  },
  'set, throw': async (ctx) => {
    ;(await ctx.session).set('b', 2)
    throw new Error('thrown by the view')
  },
  'flush, throw': async (ctx) => {
    ;(await ctx.session).flush()
    throw new Error('thrown by the view')
  },
  'read, ended elsewhere': async (ctx, endElsewhere) => {
    ;(await ctx.session).get('a')
    await endElsewhere()
  },
  'set, ended elsewhere': async (ctx, endElsewhere) => {
    ;(await ctx.session).set('b', 2)
    await endElsewhere()
  },
  'cycleKey, ended elsewhere': async (ctx, endElsewhere) => {
    ;(await ctx.session).cycleKey()
    await endElsewhere()
  },
  'flush, ended elsewhere': async (ctx, endElsewhere) => {
    ;(await ctx.session).flush()
    await endElsewhere()
  },
} as const satisfies Record<string, View>

const LIVE = { a: 1 }
const SET = { b: 2 }
const BOTH = { a: 1, b: 2 }
/** With SAVE_EVERY_REQUEST a live session that was not changed lives on for longer, and its cookie too. */
const TOUCHED = { vary: 'Cookie', cookie: 'same', calls: 'load touch' } as const

/** The matrix (Django G.1, with what differs on purpose), one request a line. */
export const rows: readonly Row[] = [
  row('nothing', 'none', 200, '-', 'none', ''),
  row('nothing', 'abc', 200, 'Cookie', 'removal', ''),
  row('nothing', 'malformed', 200, '-', 'none', ''),
  row('nothing', 'unknown', 200, '-', 'none', '', undefined, { calls: 'load' }),
  row('nothing', 'expired', 200, '-', 'none', '', undefined, { calls: 'load' }),
  row('nothing', 'superseded', 200, '-', 'none', '', undefined, { calls: 'load' }),
  row('nothing', 'live', 200, '-', 'none', '', LIVE, TOUCHED),
  row('read', 'none', 200, 'Cookie', 'none', ''),
  row('read', 'abc', 200, 'Cookie', 'removal', ''),
  row('read', 'malformed', 200, 'Cookie', 'removal', ''),
  row('read', 'unknown', 200, 'Cookie', 'removal', 'load'),
  row('read', 'expired', 200, 'Cookie', 'removal', 'load'),
  row('read', 'superseded', 200, 'Cookie', 'none', 'load'),
  row('read', 'live', 200, 'Cookie', 'none', 'load', LIVE, TOUCHED),
  row('set', 'none', 200, 'Cookie', 'new', 'create', SET),
  row('set', 'abc', 200, 'Cookie', 'new', 'create', SET),
  row('set', 'malformed', 200, 'Cookie', 'new', 'create', SET),
  row('set', 'unknown', 200, 'Cookie', 'new', 'load create', SET),
  row('set', 'expired', 200, 'Cookie', 'new', 'load create', SET),
  row('set', 'superseded', 400, '-', 'none', 'load'),
  row('set', 'live', 200, 'Cookie', 'same', 'load update', BOTH),
  row('set an empty object', 'none', 200, 'Cookie', 'new', 'create', { b: {} }),
  row('pop the last key', 'live', 200, 'Cookie', 'same', 'load update', {}),
  row('pop a missing key', 'none', 200, 'Cookie', 'none', ''),
  row('pop a missing key', 'live', 200, 'Cookie', 'none', 'load', LIVE, TOUCHED),
  row('clear', 'none', 200, 'Cookie', 'none', ''),
  row('clear', 'unknown', 200, 'Cookie', 'removal', 'load'),
  row('clear', 'live', 200, 'Cookie', 'same', 'load update', {}),
  row('flush', 'none', 200, 'Cookie', 'none', ''),
  row('flush', 'unknown', 200, 'Cookie', 'removal', 'load'),
  row('flush', 'superseded', 400, '-', 'none', 'load'),
  row('flush', 'live', 200, 'Cookie', 'removal', 'load delete'),
  row('flush, then set', 'none', 200, 'Cookie', 'new', 'create', SET),
  row('flush, then set', 'unknown', 200, 'Cookie', 'new', 'load create', SET),
  row('flush, then set', 'live', 200, 'Cookie', 'new', 'load rotate', SET),
  row('cycleKey', 'none', 200, 'Cookie', 'new', 'create', {}),
  row('cycleKey', 'unknown', 200, 'Cookie', 'new', 'load create', {}),
  row('cycleKey', 'superseded', 400, '-', 'none', 'load'),
  row('cycleKey', 'live', 200, 'Cookie', 'new', 'load rotate', LIVE),
  row('cycleKey and set', 'live', 200, 'Cookie', 'new', 'load rotate', BOTH),
  row('set and setExpiry(0)', 'none', 200, 'Cookie', 'new', 'create', SET),
  row('set and setExpiry(60)', 'none', 200, 'Cookie', 'new', 'create', SET),
  row('read, answer 500', 'unknown', 500, 'Cookie', 'removal', 'load'),
  row('read, answer 500', 'superseded', 500, 'Cookie', 'none', 'load'),
  row('read, answer 500', 'live', 500, 'Cookie', 'none', 'load', LIVE),
  row('set, answer 500', 'none', 500, 'Cookie', 'none', ''),
  row('set, answer 500', 'superseded', 500, 'Cookie', 'none', 'load'),
  row('set, answer 500', 'live', 500, 'Cookie', 'none', 'load', LIVE),
  row('cycleKey, answer 500', 'none', 500, 'Cookie', 'none', ''),
  row('cycleKey, answer 500', 'live', 500, 'Cookie', 'none', 'load', LIVE),
  row('flush, answer 500', 'live', 500, 'Cookie', 'removal', 'load delete'),
  row('read, throw', 'unknown', 500, 'Cookie', 'removal', 'load'),
  row('read, throw', 'live', 500, 'Cookie', 'none', 'load', LIVE),
  row('set, throw', 'none', 500, 'Cookie', 'none', ''),
  row('set, throw', 'live', 500, 'Cookie', 'none', 'load', LIVE),
  row('flush, throw', 'live', 500, 'Cookie', 'removal', 'load delete'),
  row('read, ended elsewhere', 'live', 200, 'Cookie', 'none', 'load', undefined, { calls: 'load touch' }),
  row('set, ended elsewhere', 'live', 400, '-', 'none', 'load update'),
  row('cycleKey, ended elsewhere', 'live', 400, '-', 'none', 'load rotate'),
  row('flush, ended elsewhere', 'live', 200, 'Cookie', 'none', 'load delete'),
]

/**
 * The same row where the cookie holds the session (Django's matrix has the like): every cookie that is sent is a new
 * one, and nobody elsewhere can end a session.
 */
export function inCookie(row: Row): Row {
  const view = row.view.replace(', ended elsewhere', '')
  const undisturbed = rows.find((one) => one.view === view && one.incoming === row.incoming) ?? row
  const renewed = <Part extends Partial<Expected>>(part: Part): Part =>
    part.cookie === 'same' ? { ...part, cookie: 'new' } : part
  return {
    ...row,
    expected: renewed(undisturbed.expected),
    whenSavingEvery: renewed(undisturbed.whenSavingEvery),
  }
}

/** How long session and cookie live after a view: seconds. */
export function lifeAfter(view: Row['view']): { record: number; maxAge: string | undefined } {
  if (view === 'set and setExpiry(0)') return { record: COOKIE_AGE, maxAge: undefined }
  if (view === 'set and setExpiry(60)') return { record: 60, maxAge: '60' }
  return { record: COOKIE_AGE, maxAge: String(COOKIE_AGE) }
}

/** The calls of a row, as the spy records them. */
export function callsOf(calls: string): EngineCall[] {
  return calls === '' ? [] : (calls.split(' ') as EngineCall[])
}

function row(
  view: Row['view'],
  incoming: Incoming,
  status: number,
  vary: 'Cookie' | '-',
  cookie: Outgoing,
  calls: string,
  stored?: JsonObject,
  whenSavingEvery: Partial<Expected> = {},
): Row {
  const expected = { status, vary: vary === '-' ? undefined : vary, cookie, calls }
  return { view, incoming, expected: stored ? { ...expected, stored } : expected, whenSavingEvery }
}
