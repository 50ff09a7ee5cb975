import { setTimeout } from 'node:timers/promises'
import { recordOn, type StoredRecord } from '../../src/hood/shelf.js'
import type { Page } from './page.js'
import { type Scene, type Stage, Unexpected } from './scene.js'
import type { OpenSite } from './site.js'
import { Visitor, type Wire } from './visitor.js'

/** What happens in a play, as it happens. */
export type Event =
  | { readonly kind: 'scene'; readonly slug: string; readonly title: string }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'exchange'; readonly wire: Wire; readonly record: StoredRecord | undefined }
  | { readonly kind: 'later'; readonly seconds: number }
  | { readonly kind: 'check'; readonly text: string; readonly ok: boolean; readonly instead?: string }

export interface PlayOptions {
  readonly site: OpenSite
  /** How long to let people read, between two things that happen: milliseconds. */
  readonly pace: number
  readonly tell: (event: Event) => void
}

/** Plays the scene with a new browser; true if everything did what the walkthrough says. */
export async function play(scene: Scene, { site, pace, tell }: PlayOptions): Promise<boolean> {
  const told = async (event: Event): Promise<void> => {
    tell(event)
    if (pace > 0) await setTimeout(pace)
  }
  const { cookieName } = site.settings
  const onWire = async (wire: Wire): Promise<void> => {
    const record = await recordOn({ cookieName, engine: site.sessions.engine }, wire)
    await told({ kind: 'exchange', wire, record })
  }
  const check: Stage['check'] = async (text, ok, instead) => {
    await told({ kind: 'check', text, ok, ...(instead !== undefined && { instead: String(instead) }) })
    if (!ok) throw new Unexpected(text)
  }
  const stage: Stage = {
    visitor: new Visitor(site.url, onWire),
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
      return check(
        `the page says: ${ok ? text : expected}`,
        ok,
        ok ? undefined : (text ?? 'nothing of the kind'),
      )
    },
  }
  await told({ kind: 'scene', slug: scene.slug, title: scene.title })
  try {
    await scene.play(stage)
    return true
  } catch (error) {
    if (!(error instanceof Unexpected)) tell({ kind: 'check', text: String(error), ok: false })
    return false
  }
}
