import { randomBytes } from 'node:crypto'
import type { Context, Middleware } from 'koa'
import {
  type EngineTools,
  type Logger,
  openSessions,
  RecordRefused,
  type Session,
  type Sessions,
  type Settings,
} from '../../../lib/index.js'
import { openEngine } from '../../../lib/internal.js'
import { observe } from '../../inspector/recording.js'
import type { InspectedSessions } from '../../inspector/stored-record.js'

declare module 'koa' {
  interface ExtendableContext {
    /** The session that a lab attacks. Not that of the site. */
    readonly lab: Promise<Session>
    /** What the attacker of this visitor's lab has collected. */
    readonly attacker: Promise<Session>
    /** A session in a cookie that its visitor can read. */
    readonly signed: Promise<Session>
    /** A session in a cookie that its visitor cannot read. */
    readonly sealed: Promise<Session>
  }
}

/** How long the sessions of the labs live: seconds. */
export const LAB_AGE = 900
/** Sessions of one kind that are held at a time. */
export const MOST_OF_A_KIND = 2000

/** One kind of the labs' sessions, and the name of its cookie. */
export interface LabSessions {
  readonly sessions: Sessions
  readonly cookieName: string
}

/**
 * The sessions of the attack labs, apart from those of the site. Two kinds are in this process's memory, two in cookies.
 * So whatever a lab does with an id or a cookie, it leads to no session of the site.
 */
export interface Labs {
  readonly lab: LabSessions
  readonly attacker: LabSessions
  readonly signed: LabSessions
  readonly sealed: LabSessions
  /** The kinds whose records the inspector shows. */
  readonly inspected: readonly InspectedSessions[]
}

/** Opens the sessions of the labs. They end with the process. */
export async function openLabs(
  settings: Settings,
  { clock, logger }: { readonly clock: () => number; readonly logger: Logger },
): Promise<Labs> {
  // That they are in memory, or cannot be revoked, is the purpose here.
  const quiet: Logger = { warn: () => {}, error: (details, message) => logger.error(details, message) }
  const open = async (property: string, engine: 'cache' | 'signed_cookies', own: Partial<Settings> = {}) => {
    const cookieName = `${settings.cookieName}-${property}`
    const all = {
      ...settings,
      moveFrom: undefined,
      cookieName,
      cookieAge: Math.min(LAB_AGE, settings.cookieAge),
      cacheMaxSessions: MOST_OF_A_KIND,
      codec: 'json',
      keyPrefix: property,
      revocationStore: 'none',
      maxSessionsPerUser: 0,
      // A lab sets these cookies by hand too, and it has to be the same cookie then.
      cookiePath: '/',
      cookieDomain: undefined,
      cookiePartitioned: false,
      expireAtBrowserClose: true,
      saveEveryRequest: false,
      ...own,
    } as const
    const sessions = await openSessions({
      ...all,
      property,
      engine: async (tools: EngineTools) => observe(await openEngine(engine, all, tools)),
      renewAfter: undefined,
      clock,
      logger: quiet,
    })
    return { sessions, cookieName }
  }
  const lab = await open('lab', 'cache')
  const signed = await open('signed', 'signed_cookies', { cookieCodec: 'signed' })
  const sealed = await open('sealed', 'signed_cookies', { cookieCodec: 'sealed' })
  return {
    lab,
    attacker: await open('attacker', 'cache'),
    signed,
    sealed,
    inspected: [lab, signed, sealed].map(({ sessions: { engine }, cookieName }) => ({ cookieName, engine })),
  }
}

/** Gives a lab its sessions: `ctx.lab`, for example. Too many visitors at once are answered 503. */
export function using(...kinds: readonly LabSessions[]): Middleware[] {
  return [refuseWhenFull, ...kinds.map(({ sessions }) => sessions.middleware())]
}

async function refuseWhenFull(ctx: Context, next: () => Promise<void>): Promise<void> {
  try {
    await next()
  } catch (error) {
    if (!(error instanceof RecordRefused)) throw error
    ctx.throw(503, 'Too many visitors are in the labs now. Try again in a few minutes.', { expose: true })
  }
}

/** Ends the session that is attacked, and what its attacker has collected. */
export async function endBoth(ctx: Context): Promise<void> {
  const [session, notebook] = await Promise.all([ctx.lab, ctx.attacker])
  session.flush()
  notebook.flush()
}

/** A user whom nobody else can be: a lab never asks for a name. */
export function newMember(): string {
  return `member-${randomBytes(6).toString('hex')}`
}
