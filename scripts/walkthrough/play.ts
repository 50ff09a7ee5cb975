import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { walkthroughs } from '../../src/site/demos/walkthroughs.js'
import { recordOn, type StoredRecord } from '../../src/site/inspector/stored-record.js'
import { JarBrowser, type Wire } from './jar-browser.js'
import type { Page } from './page.js'
import { type Scene, type Stage, Unexpected } from './scene.js'
import type { OpenSite } from './site.js'
import { Visitor } from './visitor.js'

/** What happens in a play, as it happens. */
export type Event =
  | { readonly kind: 'scene'; readonly slug: string; readonly title: string }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'exchange'; readonly wire: Wire; readonly records: readonly StoredRecord[] }
  | { readonly kind: 'later'; readonly seconds: number }
  | { readonly kind: 'check'; readonly text: string; readonly ok: boolean; readonly instead?: string }

export interface PlayOptions {
  readonly site: OpenSite
  /** How long to let people read, between two things that happen: milliseconds. */
  readonly pace: number
  readonly tell: (event: Event) => void
  /** Ends the play early. */
  readonly signal?: AbortSignal
}

/**
 * Plays the scene with a new browser; true if everything did what the walkthrough says.
 *
 * @throws The signal's reason, once it has been given.
 */
export async function play(scene: Scene, options: PlayOptions): Promise<boolean> {
  const { tell, signal } = options
  const title = walkthroughs.find(({ slug }) => slug === scene.slug)?.title ?? scene.slug
  tell({ kind: 'scene', slug: scene.slug, title })
  try {
    await scene.play(stageFor(options))
    return true
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof Unexpected)) tell({ kind: 'check', text: String(error), ok: false })
    return false
  }
}

function stageFor({ site, pace, tell, signal }: PlayOptions): Stage {
  const given = new Map<string, string>()
  let records: readonly StoredRecord[] = []

  const told = async (event: Event): Promise<void> => {
    signal?.throwIfAborted()
    tell(event)
    if (pace > 0) await setTimeout(pace, undefined, { ...(signal && { signal }) })
  }
  const onWire = async (wire: Wire): Promise<void> => {
    for (const line of wire.setCookie) given.set(line.slice(0, line.indexOf('=')), line)
    // The store may be what has failed.
    const failed = wire.status >= 500
    const found = failed ? [] : await Promise.all(site.shelves.map((shelf) => recordOn(shelf, wire)))
    records = found.filter((record) => record !== undefined)
    await told({ kind: 'exchange', wire, records })
    // Whatever the scene wants to see on the page: there is none.
    if (failed) await check(`${wire.method} ${wire.path} is answered`, false, wire.status)
  }
  const check: Stage['check'] = async (text, ok, instead) => {
    await told({
      kind: 'check',
      text,
      ok,
      ...(!ok && instead !== undefined && { instead: String(instead) }),
    })
    if (!ok) throw new Unexpected(text)
  }
  const other: Stage['other'] = (
    browser = new JarBrowser({ base: site.url, clock: () => site.now, onWire }),
  ) => new Visitor(browser)

  return {
    visitor: other(),
    other,
    cookieName: site.settings.cookieName,
    revocable: site.sessions.engine.capabilities.revocable,
    say: (text) => told({ kind: 'say', text }),
    async later(seconds) {
      site.now += seconds * 1000
      await told({ kind: 'later', seconds })
    },
    check,
    reads(page: Page, selector, expected) {
      const text = page.text(selector)
      const ok = typeof expected === 'string' ? text === expected : expected.test(text ?? '')
      return check(`the page says: ${ok ? text : expected}`, ok, text ?? 'nothing of the kind')
    },
    holds(key, expected) {
      const value = records
        .map(({ data }) => (JSON.parse(data) as Record<string, unknown>)[key])
        .find((one) => one !== undefined)
      const text = expected === undefined ? `nothing under ${key}` : `${key} ${JSON.stringify(expected)}`
      return check(
        `the session has ${text}`,
        isDeepStrictEqual(value, expected),
        JSON.stringify(value) ?? 'nothing',
      )
    },
    given(cookie) {
      const line = given.get(cookie)
      if (line === undefined) throw new Error(`no answer has given the cookie ${cookie}`)
      return line
    },
  }
}
