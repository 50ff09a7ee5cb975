import type { Context } from 'koa'
import { LRUCache } from 'lru-cache'
import {
  type Engine,
  openSessions,
  RecordRefused,
  type Session,
  type Sessions,
  type Settings,
} from '../../../lib/index.js'
import { openEngine } from '../../../lib/internal.js'
import { silent } from '../kit/silent.js'
import { LAB_AGE, MOST_OF_A_KIND, newMember } from './sessions.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    /** The visitor's session in the trial of changing the engine. Not that of the site. */
    engineChange: { readonly id: string; readonly isChanged: boolean }
    /** How often the visitor has counted there. */
    counted: number
  }
}

/** What the page shows of the visitor's session. */
export interface Shown {
  readonly user: string | undefined
  readonly count: number
  readonly isChanged: boolean
  /** What each engine has of it, word for word. */
  readonly records: readonly { readonly engine: string; readonly text: string | undefined }[]
}

interface Opened {
  readonly old: Engine
  readonly fresh: Engine
  /** As the server was, and as it is with the new setting. */
  readonly before: Sessions
  readonly after: Sessions
}

/** Two engines in this process, and sessions of visitors that change from one to the other. They end with the process. */
export class EngineChange {
  readonly #settings: Settings
  readonly #clock: () => number
  readonly #begun: LRUCache<string, true>
  #opened: Promise<Opened> | undefined

  constructor(settings: Settings, clock: () => number) {
    this.#settings = settings
    this.#clock = clock
    this.#begun = new LRUCache({ max: MOST_OF_A_KIND, ttl: LAB_AGE * 1000 })
  }

  /** `undefined` where the visitor has none, or its time is over. */
  async shown(site: Session): Promise<Shown | undefined> {
    const mine = site.get('engineChange')
    if (mine === undefined) return undefined
    const { old, fresh, before, after } = await this.#open()
    const session = await (mine.isChanged ? after : before).open(mine.id)
    if (session.user === undefined) return undefined
    const textIn = async (engine: Engine) => ({
      engine: engine.name,
      text: (await engine.inspect?.(mine.id))?.text,
    })
    return {
      user: session.user,
      count: session.get('counted', 0),
      isChanged: mine.isChanged,
      records: [await textIn(old), await textIn(fresh)],
    }
  }

  async logIn(ctx: Context, site: Session): Promise<void> {
    const { before } = await this.#open()
    // The old engine forgets sessions that have moved, so they are counted here.
    this.#begun.purgeStale()
    if (this.#begun.size >= MOST_OF_A_KIND) ctx.throw(503, FULL, { expose: true })
    try {
      const session = await before.open()
      session.login(newMember())
      session.set('counted', 1)
      await session.save()
      const id = session.id ?? ''
      this.#begun.set(id, true)
      site.set('engineChange', { id, isChanged: false })
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error
      ctx.throw(503, FULL, { expose: true })
    }
  }

  async count(site: Session): Promise<void> {
    const mine = site.get('engineChange')
    if (mine === undefined) return
    const { before, after } = await this.#open()
    const session = await (mine.isChanged ? after : before).open(mine.id)
    if (session.user === undefined) return
    session.transform('counted', (counted = 0) => counted + 1)
    await session.save()
  }

  /** From now on this visitor's requests come to a server with the new setting. */
  change(site: Session): void {
    const mine = site.get('engineChange')
    if (mine !== undefined) site.set('engineChange', { ...mine, isChanged: true })
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#openEngines()
    return this.#opened
  }

  async #openEngines(): Promise<Opened> {
    const clock = this.#clock
    const own: Settings = {
      ...this.#settings,
      codec: 'json',
      keyPrefix: 'change',
      cacheMaxSessions: MOST_OF_A_KIND,
    }
    const tools = { clock, logger: silent }
    const old = await openEngine('cache', own, tools)
    const fresh = await openEngine('db', { ...own, databaseUrl: 'sqlite::memory:' }, tools)
    const common = { cookieAge: LAB_AGE, keyPrefix: 'change', clock, logger: silent }
    const before = await openSessions({ ...common, engine: old, cleanupInterval: 0 })
    // #region change
    const after = await openSessions({
      ...common,
      engine: fresh,
      moveFrom: { engine: old },
      cleanupInterval: 60,
    })
    // #endregion
    return { old, fresh, before, after }
  }
}

const FULL = 'Too many visitors are here now. Try again in a few minutes.'
