import assert from 'node:assert/strict'
import type { Context } from 'koa'
import type { Session } from '../../../src/lib/index.js'
import type { Answer } from '../../support/client.js'
import type { OpenSite, Site } from '../../support/site.js'
import { type Action, act, type Ending, type Learnt } from './actions.js'
import { Interrupted, type Request, type Rules, type Told, World } from './model.js'

/** What sequences are played under. */
export type Lifetimes = Omit<Rules, 'inCookie'>

/** One request: what it brings, what its handler does, and how that ends. */
export interface Script {
  readonly id: string | undefined
  /** Whether the handler asks for its session at all. */
  readonly ask?: boolean
  readonly actions: readonly Action[]
  readonly ending: Ending
  /** Waited for when the session has been opened, before anything is done to it. */
  readonly pause?: () => Promise<unknown>
}

/** What came of it. */
export interface Happened extends Learnt {
  readonly answer: Answer
}

/** The real thing: an app over HTTP whose handler does what a script says. */
export class Stage {
  readonly site: Site
  readonly #lifetimes: Lifetimes
  readonly #scripts: Map<string, (ctx: Context) => Promise<void>>
  #count = 0

  private constructor(
    site: Site,
    lifetimes: Lifetimes,
    scripts: Map<string, (ctx: Context) => Promise<void>>,
  ) {
    this.site = site
    this.#lifetimes = lifetimes
    this.#scripts = scripts
  }

  static async open(openSite: OpenSite, lifetimes: Lifetimes): Promise<Stage> {
    const scripts = new Map<string, (ctx: Context) => Promise<void>>()
    const handler = (ctx: Context) => scripts.get(String(ctx.query.n))?.(ctx)
    const site = await openSite({ '/': handler }, { ...lifetimes, cleanupInterval: 0 })
    return new Stage(site, lifetimes, scripts)
  }

  newWorld(): World {
    const { inCookie, bench } = this.site
    return new World({ ...this.#lifetimes, inCookie }, bench.now)
  }

  async play(script: Script): Promise<Happened> {
    const n = String(this.#count++)
    const learnt: Learnt = { saved: [], revoked: [], taken: [] }
    this.#scripts.set(n, async (ctx) => {
      if (script.ask !== false) await this.#handle(await ctx.session, script, learnt)
      if (script.ending === 'throw 500') throw new Error('the handler failed')
      if (script.ending === 'throw 409') ctx.throw(409)
      if (script.ending === 'status 500') ctx.status = 500
      ctx.body = 'ok'
    })
    const cookie = script.id === undefined ? {} : { cookie: `sessionid=${script.id}` }
    try {
      return { answer: await this.site.request(`/?n=${n}`, cookie), ...learnt }
    } finally {
      this.#scripts.delete(n)
    }
  }

  async #handle(session: Session, script: Script, learnt: Learnt): Promise<void> {
    const { sessions, bench } = this.site
    await script.pause?.()
    await act(session, sessions, script.actions, () => bench.now, learnt)
  }
}

/** The cookie that the browser was given. */
export function toldIn({ answer }: Happened): Told {
  const cookies = answer.cookies.filter(({ name }) => name === 'sessionid')
  assert.ok(cookies.length <= 1, 'S43: a response sets a cookie once')
  const [cookie] = cookies
  if (cookie === undefined) return 'nothing'
  const maxAge = cookie.attributes['max-age']
  if (cookie.value === '') return 'removal'
  return { id: cookie.value, maxAge: maxAge === undefined ? undefined : Number(maxAge) }
}

/** Lets the model do what the script says; answers what the browser must have been told. */
export function follow(request: Request, script: Script, happened: Happened): { status: number; told: Told } {
  const given = toldIn(happened)
  const nextIds = [...happened.saved, typeof given === 'object' ? given.id : undefined]
  let status: number = statuses[script.ending]
  let thrown = script.ending.startsWith('throw')
  let told: Told = 'nothing'
  const commit = (how: { failed?: boolean; explicit?: boolean }): void => {
    request.next = nextIds.shift()
    const more = request.commit(how)
    if (more !== 'nothing') told = more
  }
  try {
    for (const action of script.actions) {
      if (action.do !== 'save') request.act(action)
      else {
        commit({ explicit: true })
        assert.equal(request.id, request.next, 'the id after save()')
      }
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    told = 'nothing'
    status = 400
    thrown = true
  }
  if (script.ask === false && !request.isCommittedUnasked(status >= 500)) return { status, told }
  try {
    commit({ failed: status >= 500 })
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    told = 'nothing'
    if (!thrown) status = 400
  }
  return { status, told }
}

const statuses = { ok: 200, 'status 500': 500, 'throw 500': 500, 'throw 409': 409 } as const
